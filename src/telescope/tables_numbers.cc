// SPDX-License-Identifier: Apache-2.0
#include "telescope/tables_numbers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

#include "telescope/known_numbers.h"
#include "telescope/numbers_where.h"
#include "telescope/source_counts.h"

namespace yagura::telescope {
namespace {

constexpr Duration day = Duration::days(1);
constexpr Duration hour = Duration::hours(1);
constexpr Duration window = Duration::minutes(5);

Timestamp ceiling(Timestamp time, Duration step) {
  const Timestamp down = time.floor(step);
  return down == time ? down : down + step;
}

// Whole buckets of the period's hosts level in which anything was seen.
uint64_t buckets_with_data(const ObservedTimes& observed, const Period& period) {
  const Level level = hosts_level(period);
  for (const Tile& tile : tiles_of(period))
    if (tile.level == level) return observed.within(level, tile.period).size();
  return 0;
}

// Leaves the classes that are wanted. Without a row of its own `any` becomes their sum, whose hosts
// nobody knows.
void keep_classes(ClassTotals& totals, const std::optional<PacketClass>& wanted) {
  std::erase_if(totals.classes,
                [&](const ClassVolume& entry) { return !lets_through(wanted, entry.class_); });
  if (totals.find(PacketClass::any) != nullptr || totals.classes.empty()) return;
  ClassVolume any;
  for (const ClassVolume& entry : totals.classes)
    if (entry.class_ != PacketClass::scans) any.volume.packets += entry.volume.packets;
  totals.classes.insert(totals.classes.begin(), any);
}

// Packets per class, and hosts in the buckets of the level that hosts are counted per.
struct ClassSums {
  std::array<Volume, class_count> volumes;
  std::array<int64_t, class_count> host_sums{};

  void add(size_t class_, int64_t packets) { volumes[class_].packets += packets; }
  void add_hosts(size_t class_, Timestamp time, int64_t hosts) {
    host_sums[class_] += hosts;
    if (hosts <= volumes[class_].peak_hosts) return;
    volumes[class_].peak_hosts = hosts;
    volumes[class_].peak_time = time;
  }
  // Those with packets.
  std::vector<ClassVolume> classes(uint64_t buckets) {
    std::vector<ClassVolume> found;
    for (size_t c = 0; c < volumes.size(); ++c) {
      if (volumes[c].packets <= 0) continue;
      if (buckets > 0)
        volumes[c].mean_hosts = static_cast<double>(host_sums[c]) / static_cast<double>(buckets);
      found.push_back({static_cast<PacketClass>(c), volumes[c]});
    }
    return found;
  }
};

Result<ClassSums> sums_of_all(store::Connection& connection, const Period& period, Survey survey,
                              KnownNumbers& known) {
  ClassSums sums;
  const Level of_hosts = hosts_level(period);
  for (const Tile& tile : tiles_of(period)) {
    TRY(const auto packets, known.sheets(connection, {tile.level, {}, survey}, tile.period));
    for (const Sheet& sheet : packets)
      for (size_t c = 0; c < class_count; ++c) sums.add(c, sheet.at(c));
    if (tile.level != of_hosts) continue;
    TRY(const auto hosts,
        known.sheets(connection, {tile.level, {}, survey, RankOrder::hosts}, tile.period));
    for (const Sheet& sheet : hosts)
      for (size_t c = 0; c < class_count; ++c) sums.add_hosts(c, sheet.time, sheet.at(c));
  }
  return sums;
}

Result<ClassSums> sums_of_slice(store::Connection& connection, const Period& period,
                                const NumbersSlice& slice, const Filter& filter,
                                KnownNumbers& known) {
  ClassSums sums;
  const Level of_hosts = hosts_level(period);
  TRY(const auto observed, known.observed(connection));
  for (const Tile& tile : tiles_of(period))
    for (const Dimension dimension : slice.dimensions) {
      const auto read = [&](RankOrder measure) {
        return known.histories(connection, {tile.level, {dimension, PacketClass::any}, measure},
                               std::span(&slice.value, 1), tile.period);
      };
      TRY(const auto packets, read(RankOrder::packets));
      std::vector<History> hosts;
      if (tile.level == of_hosts) {
        TRY(hosts, read(RankOrder::hosts));
      }
      for (const Timestamp time : observed->within(tile.level, tile.period))
        for (size_t c = 0; c < class_count; ++c) {
          const auto class_ = static_cast<PacketClass>(c);
          // Of a port only UDP has a sum over classes: there are none then.
          if (filter.port && (class_ == PacketClass::any || class_ == PacketClass::scans)) continue;
          sums.add(c, packets.front().at(filter.survey, class_, time));
          if (!hosts.empty())
            sums.add_hosts(c, time, hosts.front().at(filter.survey, class_, time));
        }
    }
  return sums;
}

Result<ClassTotals> totals_of_slice(store::Connection& connection, const Period& period,
                                    const NumbersSlice& slice, const Filter& filter,
                                    KnownNumbers& known) {
  ClassTotals totals;
  totals.hosts_level = hosts_level(period);
  TRY(const auto observed, known.observed(connection));
  totals.buckets = buckets_with_data(*observed, period);
  const bool all = slice.dimensions.front() == Dimension::total;
  TRY(ClassSums sums, all ? sums_of_all(connection, period, filter.survey, known)
                          : sums_of_slice(connection, period, slice, filter, known));
  totals.classes = sums.classes(totals.buckets);
  keep_classes(totals, filter.class_);
  return totals;
}

Result<ClassTotals> totals_of_sources(store::Connection& connection, const Period& period,
                                      const Filter& filter, KnownNumbers& known) {
  CountQuestion question;
  question.period = period;
  question.filter = filter;
  question.level = aligned_level(period);
  TRY(const auto counts, count_by_class(connection, question));
  ClassTotals totals;
  totals.hosts_level = question.level;
  TRY(const auto observed, known.observed(connection));
  totals.buckets = observed->within(question.level, period).size();
  ClassSums sums;
  for (const SourceCount& count : counts) {
    sums.add(count.value, count.packets);
    sums.add_hosts(count.value, count.time, count.hosts);
  }
  totals.classes = sums.classes(totals.buckets);
  return totals;
}

void add_survey(Where& where, Survey survey) {
  if (survey == Survey::without) where.add("organisation = 0");
  if (survey == Survey::only) where.add("organisation > 0");
}

}  // namespace

std::vector<Tile> tiles_of(const Period& period) {
  if (period.until <= period.from) return {};
  const Period whole = {period.from.floor(window), ceiling(period.until, window)};
  // Each level takes what of the rest it can cover whole; the next finer one gets both edges.
  struct Edge {
    Level level;
    Duration length;
  };
  constexpr std::array<Edge, 2> coarse = {{{Level::day, day}, {Level::hour, hour}}};
  std::vector<Tile> before, after;
  Period middle = whole;
  const auto cut = [&](const auto& self, const Period& rest, size_t i) -> std::vector<Tile> {
    if (rest.until <= rest.from) return {};
    if (i == coarse.size()) return {{Level::five_minutes, rest}};
    const Period covered = {ceiling(rest.from, coarse[i].length),
                            rest.until.floor(coarse[i].length)};
    if (covered.until <= covered.from) return self(self, rest, i + 1);
    std::vector<Tile> tiles = self(self, {rest.from, covered.from}, i + 1);
    tiles.push_back({coarse[i].level, covered});
    const std::vector<Tile> tail = self(self, {covered.until, rest.until}, i + 1);
    tiles.insert(tiles.end(), tail.begin(), tail.end());
    return tiles;
  };
  return cut(cut, middle, 0);
}

Level hosts_level(const Period& period) {
  Level longest = Level::five_minutes;
  for (const Tile& tile : tiles_of(period)) longest = std::max(longest, tile.level);
  return longest;
}

Level aligned_level(const Period& period) {
  for (const Level level : {Level::day, Level::hour}) {
    const Duration length = level_length(level);
    if (period.from.floor(length) == period.from && period.until.floor(length) == period.until)
      return level;
  }
  return Level::five_minutes;
}

Duration level_length(Level level) {
  switch (level) {
    case Level::five_minutes:
      return window;
    case Level::hour:
      return hour;
    case Level::day:
      break;
  }
  return day;
}

std::string_view level_word(Level level) {
  switch (level) {
    case Level::five_minutes:
      return "5 minutes";
    case Level::hour:
      return "hour";
    case Level::day:
      break;
  }
  return "day";
}

const Volume* ClassTotals::find(PacketClass class_) const {
  for (const ClassVolume& entry : classes)
    if (entry.class_ == class_) return &entry.volume;
  return nullptr;
}

Result<ClassTotals> class_totals(store::Connection& connection, const Period& period, Survey survey,
                                 Dimension dimension, uint32_t value) {
  Filter filter;
  filter.survey = survey;
  KnownNumbers own;
  return totals_of_slice(connection, period, {{dimension}, value}, filter, own);
}

Result<ClassTotals> class_totals(store::Connection& connection, const Period& period,
                                 const Filter& filter, KnownNumbers* known) {
  KnownNumbers own;
  if (known == nullptr) known = &own;
  const auto slice = slice_of(filter);
  return slice ? totals_of_slice(connection, period, *slice, filter, *known)
               : totals_of_sources(connection, period, filter, *known);
}

Result<Series> series(store::Connection& connection, const Period& period, Survey survey,
                      int most_points, std::optional<Level> level) {
  Series result;
  const double seconds = period.length().as_seconds();
  const auto points = [&](Level l) { return seconds / level_length(l).as_seconds(); };
  // The finest level that needs no summing up, else days.
  result.level = Level::day;
  if (points(Level::hour) <= 1.5 * most_points) result.level = Level::hour;
  if (points(Level::five_minutes) <= 1.5 * most_points) result.level = Level::five_minutes;
  if (level) result.level = *level;
  const auto steps = std::max<int64_t>(
      1, static_cast<int64_t>(points(result.level) / (1.5 * most_points) + 0.999));
  result.step = {level_length(result.level).nanoseconds * steps};

  Where where;
  where.add(fmt::format("level = '{}'", name_of(result.level)));
  where.add("dimension = 'total'");
  where.add("time >= " + where.bind_seconds(period.from.floor(level_length(result.level))));
  where.add("time < " + where.bind_seconds(period.until));
  add_survey(where, survey);
  const std::string step = where.bind(static_cast<uint64_t>(result.step.as_seconds()));
  TRY(const store::Block block,
      connection.query(
          fmt::format("SELECT toUInt32(intDiv(toUInt32(time), {0}) * {0}) AS start, class, "
                      "sum(p) AS packets, max(h) AS peak_hosts FROM (SELECT time, class, "
                      "sum(packets) AS p, sum(hosts) AS h FROM numbers {1} GROUP BY time, class) "
                      "GROUP BY start, class ORDER BY start, class",
                      step, where.sql()),
          where.parameters()));
  result.points.reserve(block.rows);
  for (size_t row = 0; row < block.rows; ++row)
    result.points.push_back(
        {Timestamp::from_seconds(static_cast<int64_t>(block["start"].unsigned_at(row))),
         static_cast<PacketClass>(block["class"].unsigned_at(row)), block["packets"].signed_at(row),
         block["peak_hosts"].signed_at(row)});
  return result;
}

Result<std::vector<YearVolume>> years(store::Connection& connection,
                                      const DarkAddresses& dark_addresses) {
  TRY(const store::Block block,
      connection.query("SELECT toYear(time) AS year, sum(packets) AS total, "
                       "sumIf(packets, organisation > 0) AS survey_total, "
                       "uniqExact(time) AS days FROM numbers "
                       "WHERE level = 'day' AND dimension = 'total' AND class = 'any' "
                       "GROUP BY year ORDER BY year"));
  std::vector<YearVolume> result;
  for (size_t row = 0; row < block.rows; ++row) {
    YearVolume year;
    year.year = static_cast<int>(block["year"].unsigned_at(row));
    year.packets = block["total"].signed_at(row);
    year.survey_packets = block["survey_total"].signed_at(row);
    year.days = block["days"].unsigned_at(row);
    year.dark_addresses = dark_addresses({start_of_year(year.year), start_of_year(year.year + 1)});
    result.push_back(year);
  }
  return result;
}

}  // namespace yagura::telescope
