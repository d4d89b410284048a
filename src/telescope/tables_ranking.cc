// SPDX-License-Identifier: Apache-2.0
//
// Rankings. What the plain numbers hold is answered from sheets; a filter across dimensions ("ports
// of Japanese hosts") or the exact union of hosts is counted from the daily rows of every source.
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "telescope/known_numbers.h"
#include "telescope/numbers_where.h"
#include "telescope/rows.h"
#include "telescope/value_sums.h"

namespace yagura::telescope {
namespace {

PacketClass class_of(const RankQuestion& question) {
  return question.filter.class_.value_or(usual_class(question.by));
}

bool can_use_numbers(const RankQuestion& question) {
  const auto slice = slice_of(question.filter);
  if (question.exact_hosts || !slice) return false;
  // A port of "any" class is a sum over classes, in which hosts would count twice.
  if (is_by_port(question.by) && class_of(question) == PacketClass::any) return false;
  return question.filter.is_plain() || question.by == RankBy::packet_class ||
         is_own_dimension(question.by, *slice);
}

// --- from the numbers ---

// Whether the filter lets the value be ranked: it may be by what is ranked.
bool is_listed(const RankQuestion& question, Dimension dimension, uint32_t value) {
  if (!is_ranked(dimension, value)) return false;
  if (question.filter.is_plain()) return true;
  const NumbersSlice slice = *slice_of(question.filter);
  const auto& dimensions = slice.dimensions;
  return slice.value == value &&
         std::find(dimensions.begin(), dimensions.end(), dimension) != dimensions.end();
}

// What values are ranked by is added up over these.
std::vector<Tile> ranked_tiles(const RankQuestion& question) {
  std::vector<Tile> tiles = tiles_of(question.period);
  if (question.order == RankOrder::hosts)
    std::erase_if(tiles, [level = hosts_level(question.period)](const Tile& tile) {
      return tile.level != level;
    });
  return tiles;
}

// Everything that a ranking needs, read at the same time.
Result<void> read_ahead(store::Connection& connection, const RankQuestion& question,
                        KnownNumbers& known, bool compared) {
  std::vector<KnownNumbers::Ahead> wanted;
  const Survey survey = question.filter.survey;
  const Level of_hosts = hosts_level(question.period);
  for (const SheetKind& kind : ranked_kinds(question.by, class_of(question)))
    for (const Tile& tile : tiles_of(question.period))
      wanted.push_back(
          {{tile.level, kind, survey, RankOrder::packets, tile.level == of_hosts}, tile.period});
  if (question.filter.is_plain())
    for (const Tile& tile : tiles_of(question.period))
      wanted.push_back({{tile.level, {}, survey}, tile.period});  // for class_totals
  if (compared)
    for (const SheetKind& kind : ranked_kinds(question.by, class_of(question)))
      for (const Tile& tile : tiles_of(period_before(question.period)))
        wanted.push_back({{tile.level, kind, survey}, tile.period});
  return known.read_ahead(connection, wanted);
}

// What leads needs less: what it is ranked by.
Result<void> read_ahead_of_leaders(store::Connection& connection, const RankQuestion& question,
                                   KnownNumbers& known) {
  std::vector<KnownNumbers::Ahead> wanted;
  for (const SheetKind& kind : ranked_kinds(question.by, class_of(question)))
    for (const Tile& tile : ranked_tiles(question))
      wanted.push_back({{tile.level, kind, question.filter.survey, question.order}, tile.period});
  return known.read_ahead(connection, wanted);
}

Result<void> add_sums(store::Connection& connection, const RankQuestion& question,
                      KnownNumbers& known, const SheetKind& kind, ValueSums& sums) {
  std::vector<int64_t> by_index;
  for (const Tile& tile : ranked_tiles(question)) {
    TRY(const auto sheets,
        known.sheets(connection, {tile.level, kind, question.filter.survey, question.order},
                     tile.period));
    for (const Sheet& sheet : sheets) {
      by_index.resize(std::max(by_index.size(), sheet.end()));
      sheet.add_to(by_index);
    }
  }
  const auto values = known.index().values(kind.dimension, by_index.size());
  for (size_t i = 0; i < by_index.size(); ++i)
    if (by_index[i] > 0 && is_listed(question, kind.dimension, values[i]))
      sums.push_back({kind.dimension, values[i], by_index[i]});
  return {};
}

// A ranked value and its place in the sheets of its dimension.
struct Placed {
  Ranked* row = nullptr;
  size_t index = 0;
  int64_t host_sum = 0;
  int64_t packets_before = 0;
};

void add_hosts(const Sheet& sheet, std::vector<Placed>& places) {
  for (Placed& place : places) {
    Volume& volume = place.row->volume;
    const int64_t hosts = sheet.at(place.index);
    place.host_sum += hosts;
    if (hosts <= volume.peak_hosts) continue;
    volume.peak_hosts = hosts;
    volume.peak_time = sheet.time;
  }
}

// Packets and hosts of the ranked values of a dimension, and the change to the period before.
Result<void> add_volumes(store::Connection& connection, const RankQuestion& question,
                         KnownNumbers& known, const SheetKind& kind, const ClassTotals& totals,
                         bool compared, std::vector<Placed> places) {
  const Survey survey = question.filter.survey;
  for (const Tile& tile : tiles_of(question.period)) {
    TRY(const auto packets, known.sheets(connection, {tile.level, kind, survey}, tile.period));
    for (const Sheet& sheet : packets)
      for (Placed& place : places) place.row->volume.packets += sheet.at(place.index);
    if (tile.level != totals.hosts_level) continue;
    TRY(const auto hosts,
        known.sheets(connection, {tile.level, kind, survey, RankOrder::hosts}, tile.period));
    for (const Sheet& sheet : hosts) add_hosts(sheet, places);
  }
  if (compared)
    for (const Tile& tile : tiles_of(period_before(question.period))) {
      TRY(const auto sheets, known.sheets(connection, {tile.level, kind, survey}, tile.period));
      for (const Sheet& sheet : sheets)
        for (Placed& place : places) place.packets_before += sheet.at(place.index);
    }
  for (const Placed& place : places) {
    Volume& volume = place.row->volume;
    if (totals.buckets > 0)
      volume.mean_hosts = static_cast<double>(place.host_sum) / static_cast<double>(totals.buckets);
    if (place.packets_before > 0)
      place.row->change =
          static_cast<double>(volume.packets) / static_cast<double>(place.packets_before) - 1;
  }
  return {};
}

// Whether the period before has data from its begin on.
Result<bool> is_compared(store::Connection& connection, const RankQuestion& question,
                         KnownNumbers& known) {
  if (!question.compare) return false;
  TRY(const auto data, data_period(connection, &known));
  return data && period_before(question.period).from >= data->days.from;
}

// The classes themselves, from their totals.
Result<std::vector<Ranked>> ranked_classes(store::Connection& connection,
                                           const RankQuestion& question, KnownNumbers& known) {
  TRY(const ClassTotals totals, class_totals(connection, question.period, question.filter, &known));
  std::vector<Ranked> rows;
  for (const ClassVolume& entry : totals.classes) {
    if (entry.class_ == PacketClass::any || entry.class_ == PacketClass::scans) continue;
    Ranked ranked;
    ranked.value = static_cast<uint32_t>(entry.class_);
    ranked.volume = entry.volume;
    rows.push_back(ranked);
  }
  const auto measure = [&](const Ranked& row) {
    return question.order == RankOrder::hosts ? row.volume.mean_hosts
                                              : static_cast<double>(row.volume.packets);
  };
  std::erase_if(rows, [&](const Ranked& row) { return measure(row) <= 0; });
  std::stable_sort(rows.begin(), rows.end(),
                   [&](const Ranked& a, const Ranked& b) { return measure(a) > measure(b); });
  rows.erase(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(
                                              std::min<uint64_t>(question.offset, rows.size())));
  rows.resize(std::min<uint64_t>(question.limit, rows.size()));
  return rows;
}

Result<void> compare_classes(store::Connection& connection, const RankQuestion& question,
                             KnownNumbers& known, std::vector<Ranked>& rows) {
  TRY(const ClassTotals before,
      class_totals(connection, period_before(question.period), question.filter, &known));
  for (Ranked& row : rows)
    if (const Volume* volume = before.find(static_cast<PacketClass>(row.value)))
      row.change =
          static_cast<double>(row.volume.packets) / static_cast<double>(volume->packets) - 1;
  return {};
}

Result<std::vector<Ranked>> leaders_of_numbers(store::Connection& connection,
                                               const RankQuestion& question, KnownNumbers& known) {
  if (question.by == RankBy::packet_class) return ranked_classes(connection, question, known);
  ValueSums sums;
  for (const SheetKind& kind : ranked_kinds(question.by, class_of(question)))
    TRY_VOID(add_sums(connection, question, known, kind, sums));
  std::vector<Ranked> rows;
  for (const ValueSum& sum : leading(std::move(sums), question.offset, question.limit)) {
    Ranked ranked;
    ranked.dimension = sum.dimension;
    ranked.value = sum.value;
    rows.push_back(ranked);
  }
  return rows;
}

Result<Ranking> rank_by_numbers(store::Connection& connection, const RankQuestion& question,
                                KnownNumbers& known) {
  Ranking result;
  result.period = question.period;
  Filter filter = question.filter;
  filter.class_ = class_of(question);
  TRY(const bool compared, is_compared(connection, question, known));
  if (question.by != RankBy::packet_class)
    TRY_VOID(read_ahead(connection, question, known, compared));
  TRY(const ClassTotals totals, class_totals(connection, question.period, filter, &known));
  result.hosts_level = totals.hosts_level;
  if (const Volume* all = totals.find(PacketClass::any)) result.total_packets = all->packets;
  TRY(result.rows, leaders_of_numbers(connection, question, known));
  if (question.by == RankBy::packet_class) {
    if (compared) TRY_VOID(compare_classes(connection, question, known, result.rows));
    return result;
  }
  for (const SheetKind& kind : ranked_kinds(question.by, class_of(question))) {
    std::vector<Placed> places;
    for (Ranked& row : result.rows)
      if (row.dimension == kind.dimension)
        places.push_back({&row, known.index().find(kind.dimension, row.value)});
    TRY_VOID(add_volumes(connection, question, known, kind, totals, compared, std::move(places)));
  }
  return result;
}

// --- from the daily rows of every source ---

Result<Ranking> rank_by_sources(store::Connection& connection, const RankQuestion& question) {
  Ranking result;
  result.period = whole_days(question.period);
  result.exact = true;
  Filter filter = question.filter;
  filter.class_ = class_of(question);
  Where where;
  where.add("day >= " + where.bind_day(result.period.from));
  where.add("day < " + where.bind_day(result.period.until));
  where.add_source_day_filter(filter);
  TRY(const store::Block all,
      connection.query(fmt::format("SELECT sum({}) AS total FROM source_day {}",
                                   filtered_packets(filter), where.sql()),
                       where.parameters()));
  result.total_packets = static_cast<int64_t>(all["total"].unsigned_at(0));

  const bool by_port = is_by_port(question.by);
  add_ranked_rows(where, question.by);
  if (by_port && filter.port) where.add("port_pair.1 = " + where.bind(filter.port->port));
  // First every source once per value, then the sources of each value: both steps can spill.
  TRY(const store::Block block,
      connection.query(
          fmt::format("SELECT rank_dimension, rank_value, sum(p) AS total, count() AS sources FROM "
                      "(SELECT source, {0} AS rank_dimension, toUInt32({1}) AS rank_value, "
                      "sum({2}) AS p FROM source_day {3} {4} "
                      "GROUP BY source, rank_dimension, rank_value) "
                      "GROUP BY rank_dimension, rank_value "
                      "ORDER BY {5} DESC, total DESC, rank_dimension, rank_value "
                      "LIMIT {6} OFFSET {7}{8}",
                      source_dimension(question.by), source_value(question.by),
                      by_port ? "port_pair.2" : filtered_packets(filter),
                      by_port ? "ARRAY JOIN arrayZip(ports, port_packets) AS port_pair" : "",
                      where.sql(), question.order == RankOrder::hosts ? "sources" : "total",
                      question.limit, question.offset, spill_settings),
          where.parameters()));
  for (size_t row = 0; row < block.rows; ++row) {
    Ranked ranked;
    ranked.dimension = static_cast<Dimension>(block["rank_dimension"].unsigned_at(row));
    ranked.value = static_cast<uint32_t>(block["rank_value"].unsigned_at(row));
    ranked.volume.packets = static_cast<int64_t>(block["total"].unsigned_at(row));
    ranked.exact_hosts = block["sources"].unsigned_at(row);
    result.rows.push_back(ranked);
  }
  return result;
}

}  // namespace

Result<std::vector<Ranked>> leaders(store::Connection& connection, const RankQuestion& question,
                                    KnownNumbers* known) {
  KnownNumbers own;
  if (known == nullptr) known = &own;
  if (question.by != RankBy::packet_class)
    TRY_VOID(read_ahead_of_leaders(connection, question, *known));
  return leaders_of_numbers(connection, question, *known);
}

Result<Ranking> ranking(store::Connection& connection, const RankQuestion& question,
                        KnownNumbers* known) {
  KnownNumbers own;
  if (known == nullptr) known = &own;
  TRY(Ranking result, can_use_numbers(question) ? rank_by_numbers(connection, question, *known)
                                                : rank_by_sources(connection, question));
  if (result.total_packets > 0)
    for (Ranked& row : result.rows)
      row.share =
          static_cast<double>(row.volume.packets) / static_cast<double>(result.total_packets);
  return result;
}

}  // namespace yagura::telescope
