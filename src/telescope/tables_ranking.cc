// SPDX-License-Identifier: Apache-2.0
//
// Rankings. What the plain numbers hold is answered from them; a filter across dimensions ("ports
// of Japanese hosts") or the exact union of hosts is counted from the daily rows of every source.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

#include "telescope/numbers_where.h"

namespace yagura::telescope {
namespace {

using Key = std::pair<Dimension, uint32_t>;

PacketClass class_of(const RankQuestion& question) {
  return question.filter.class_.value_or(usual_class(question.by));
}

bool is_ranked_by_port(RankBy by) {
  return by == RankBy::port || by == RankBy::tcp_port || by == RankBy::udp_port;
}

bool can_use_numbers(const RankQuestion& question) {
  const auto slice = slice_of(question.filter);
  if (question.exact_hosts || !slice) return false;
  // A port of "any" class is a sum over classes, in which hosts would count twice.
  if (is_ranked_by_port(question.by) && class_of(question) == PacketClass::any) return false;
  return question.filter.is_plain() || question.by == RankBy::packet_class ||
         is_own_dimension(question.by, *slice);
}

// The rows of the numbers that make up the ranking.
void add_ranked(Where& where, const RankQuestion& question) {
  const NumbersSlice slice = *slice_of(question.filter);
  if (question.by == RankBy::packet_class) {
    add_slice(where, slice);
    add_basic_classes(where, question.filter.class_);
  } else {
    where.add(ranked_condition(question.by, class_of(question)));
    if (!question.filter.is_plain()) add_slice(where, slice);
  }
  add_survey(where, question.filter.survey);
}

// --- from the numbers ---

// Only the rows of what has been ranked: most values of a dimension are in no answer.
void add_listed(Where& where, const RankQuestion& question, const Ranking& ranking) {
  std::vector<uint32_t> values;
  for (const Ranked& row : ranking.rows) values.push_back(row.value);
  where.add(fmt::format("{} IN ({})", ranked_value(question.by), fmt::join(values, ", ")));
}

Result<std::map<Key, int64_t>> packets_in(store::Connection& connection,
                                          const RankQuestion& question, const Ranking& ranking,
                                          const Period& period) {
  Where where;
  add_tiles(where, period);
  add_ranked(where, question);
  add_listed(where, question, ranking);
  TRY(const store::Block block,
      connection.query(fmt::format("SELECT dimension, {} AS rank_value, sum(packets) AS total "
                                   "FROM numbers {} GROUP BY dimension, rank_value",
                                   ranked_value(question.by), where.sql()),
                       where.parameters()));
  std::map<Key, int64_t> packets;
  for (size_t row = 0; row < block.rows; ++row)
    packets[{static_cast<Dimension>(block["dimension"].unsigned_at(row)),
             static_cast<uint32_t>(block["rank_value"].unsigned_at(row))}] =
        block["total"].signed_at(row);
  return packets;
}

Result<void> add_changes(store::Connection& connection, const RankQuestion& question,
                         Ranking& ranking) {
  if (ranking.rows.empty()) return {};
  const Period before = period_before(question.period);
  TRY(const std::optional<Period> data, data_period(connection));
  if (!data || before.from < data->from) return {};
  TRY(const auto packets, packets_in(connection, question, ranking, before));
  for (Ranked& row : ranking.rows) {
    const auto it = packets.find({row.dimension, row.value});
    if (it != packets.end() && it->second > 0)
      row.change = static_cast<double>(row.volume.packets) / static_cast<double>(it->second) - 1;
  }
  return {};
}

// The hosts of each listed value: their mean over `buckets` of the level, and the bucket in which
// most were seen.
Result<void> add_hosts(store::Connection& connection, const RankQuestion& question,
                       uint64_t buckets, Ranking& ranking) {
  if (ranking.rows.empty()) return {};
  Where where;
  add_tiles(where, question.period);
  where.add(fmt::format("level = '{}'", name_of(ranking.hosts_level)));
  add_ranked(where, question);
  add_listed(where, question, ranking);
  TRY(const store::Block block,
      connection.query(
          fmt::format("SELECT dimension, rank_value, sum(h) AS host_sum, max(h) AS peak, "
                      "argMax(time, h) AS peak_time FROM (SELECT dimension, {} AS rank_value, "
                      "time, sum(hosts) AS h "
                      "FROM numbers {} GROUP BY dimension, rank_value, time) "
                      "GROUP BY dimension, rank_value",
                      ranked_value(question.by), where.sql()),
          where.parameters()));
  std::map<Key, Ranked*> rows;
  for (Ranked& row : ranking.rows) rows[{row.dimension, row.value}] = &row;
  for (size_t row = 0; row < block.rows; ++row) {
    const auto it = rows.find({static_cast<Dimension>(block["dimension"].unsigned_at(row)),
                               static_cast<uint32_t>(block["rank_value"].unsigned_at(row))});
    if (it == rows.end()) continue;  // with TCP and UDP together it may be listed as one of them
    Volume& volume = it->second->volume;
    if (buckets > 0)
      volume.mean_hosts =
          static_cast<double>(block["host_sum"].signed_at(row)) / static_cast<double>(buckets);
    volume.peak_hosts = block["peak"].signed_at(row);
    volume.peak_time =
        Timestamp::from_seconds(static_cast<int64_t>(block["peak_time"].unsigned_at(row)));
  }
  return {};
}

// All values are summed up once, without a group for every bucket: those are only needed for the
// hosts of the few values that are listed.
Result<Ranking> rank_by_numbers(store::Connection& connection, const RankQuestion& question) {
  Ranking result;
  result.period = question.period;
  Filter filter = question.filter;
  filter.class_ = class_of(question);
  TRY(const ClassTotals totals, class_totals(connection, question.period, filter));
  result.hosts_level = totals.hosts_level;
  if (const Volume* all = totals.find(PacketClass::any)) result.total_packets = all->packets;

  Where where;
  add_tiles(where, question.period);
  add_ranked(where, question);
  const bool by_hosts = question.order == RankOrder::hosts;
  const std::string hosts =
      fmt::format(", sumIf(hosts, level = '{}') AS host_sum", name_of(totals.hosts_level));
  TRY(const store::Block block,
      connection.query(
          fmt::format("SELECT dimension, {} AS rank_value, sum(packets) AS total{} FROM numbers {} "
                      "GROUP BY dimension, rank_value HAVING total > 0 "
                      "ORDER BY {} DESC, total DESC, dimension, rank_value LIMIT {} OFFSET {}",
                      ranked_value(question.by), by_hosts ? hosts : "", where.sql(),
                      by_hosts ? "host_sum" : "total", question.limit, question.offset),
          where.parameters()));
  for (size_t row = 0; row < block.rows; ++row) {
    Ranked ranked;
    ranked.dimension = static_cast<Dimension>(block["dimension"].unsigned_at(row));
    ranked.value = static_cast<uint32_t>(block["rank_value"].unsigned_at(row));
    ranked.volume.packets = block["total"].signed_at(row);
    result.rows.push_back(ranked);
  }
  TRY_VOID(add_hosts(connection, question, totals.buckets, result));
  if (question.compare) TRY_VOID(add_changes(connection, question, result));
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

  const bool by_port = is_ranked_by_port(question.by);
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

Result<Ranking> ranking(store::Connection& connection, const RankQuestion& question) {
  TRY(Ranking result, can_use_numbers(question) ? rank_by_numbers(connection, question)
                                                : rank_by_sources(connection, question));
  if (result.total_packets > 0)
    for (Ranked& row : result.rows)
      row.share =
          static_cast<double>(row.volume.packets) / static_cast<double>(result.total_packets);
  return result;
}

}  // namespace yagura::telescope
