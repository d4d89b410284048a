// SPDX-License-Identifier: Apache-2.0
#include "telescope/source_counts.h"

#include <fmt/format.h>

#include <vector>

#include "telescope/numbers_where.h"

namespace yagura::telescope {
namespace {

bool asks_by_port(RankBy by) {
  return by == RankBy::port || by == RankBy::tcp_port || by == RankBy::udp_port;
}

// Whether what is ranked stands in the daily rows only.
bool asks_by_who(RankBy by) {
  return by == RankBy::country || by == RankBy::asn || by == RankBy::tool ||
         by == RankBy::organisation;
}

// The table that knows the level, and how it says what all questions need.
struct Ground {
  std::string table;
  std::string bucket;  // seconds since the epoch, as an expression
};
Ground ground_of(Level level) {
  switch (level) {
    case Level::five_minutes:
      return {"activity", "toUInt32(window)"};
    case Level::hour:
      return {"activity", "toUInt32(toStartOfHour(window))"};
    case Level::day:
      break;
  }
  return {"source_day", "toUInt32(day) * 86400"};
}

Period whole_buckets(const Period& period, Level level) {
  const Duration length = level_length(level);
  const Timestamp until = period.until.floor(length);
  return {period.from.floor(length), until == period.until ? until : until + length};
}

Where where_of(const CountQuestion& question) {
  Where where;
  const Period period = whole_buckets(question.period, question.level);
  if (question.level == Level::day) {
    where.add("day >= " + where.bind_day(period.from));
    where.add("day < " + where.bind_day(period.until));
    where.add_source_day_filter(question.filter);
  } else {
    where.add("window >= " + where.bind_seconds(period.from));
    where.add("window < " + where.bind_seconds(period.until));
    where.add_activity_filter(question.filter, period);
  }
  add_ranked_rows(where, question.by);
  return where;
}

// The 5-minute rows learn from the daily ones who a source is.
std::string who_join(Where& where, const CountQuestion& question) {
  const Period days = whole_days(question.period);
  const std::string from = where.bind_day(days.from);
  return fmt::format(
      "INNER JOIN (SELECT day AS who_day, source AS who_source, any(country) AS country, "
      "any(asn) AS asn, any(tool) AS tool, any(organisation) AS organisation FROM source_day "
      "WHERE day >= {} AND day < {} GROUP BY who_day, who_source) AS who "
      "ON toDate(window) = who_day AND source = who_source",
      from, where.bind_day(days.until));
}

struct Query {
  std::string sql;
  Where where;
};

// Every source once per bucket and value, then the sources of each: both steps can spill.
Query counts_query(const CountQuestion& question, std::string_view value) {
  Query query;
  query.where = where_of(question);
  const Ground ground = ground_of(question.level);
  const bool by_port = asks_by_port(question.by);
  std::string from = ground.table;
  if (by_port) from += " ARRAY JOIN arrayZip(ports, port_packets) AS port_pair";
  if (asks_by_who(question.by) && question.level != Level::day)
    from += " " + who_join(query.where, question);
  if (by_port && question.filter.port)
    query.where.add("port_pair.1 = " + query.where.bind(question.filter.port->port));
  query.sql = fmt::format(
      "SELECT bucket, dimension, line_value, sum(p) AS packets, count() AS hosts FROM "
      "(SELECT {} AS bucket, source, {} AS dimension, toUInt32({}) AS line_value, sum({}) AS p "
      "FROM {} {} GROUP BY bucket, source, dimension, line_value) "
      "GROUP BY bucket, dimension, line_value",
      ground.bucket, source_dimension(question.by), value,
      by_port ? "port_pair.2" : filtered_packets(question.filter), from, query.where.sql());
  return query;
}

SourceCount count_at(const store::Block& block, size_t row) {
  SourceCount count;
  count.time = Timestamp::from_seconds(static_cast<int64_t>(block["start"].unsigned_at(row)));
  count.dimension = static_cast<Dimension>(block["dimension"].unsigned_at(row));
  count.value = static_cast<uint32_t>(block["line_value"].unsigned_at(row));
  count.packets = static_cast<int64_t>(block["total"].unsigned_at(row));
  count.hosts = static_cast<int64_t>(block["peak"].unsigned_at(row));
  return count;
}

std::vector<SourceCount> counts_in(const store::Block& block) {
  std::vector<SourceCount> counts;
  counts.reserve(block.rows);
  for (size_t row = 0; row < block.rows; ++row) counts.push_back(count_at(block, row));
  return counts;
}

}  // namespace

Result<std::optional<std::string>> refusal_of(store::Connection& connection, const Period& period,
                                              Level level) {
  using Refusal = std::optional<std::string>;
  if (level == Level::day) return Refusal();
  const Period hours = whole_buckets(period, Level::hour);
  if (hours.length() > longest_fine_period + Duration::hours(1))
    return Refusal(
        fmt::format("filters that are combined are counted from the 5-minute rows, at most {:.0f} "
                    "days at once; ask for whole days (step=day) or a shorter period",
                    longest_fine_period.as_seconds() / 86'400));
  Where where;
  const std::string from = where.bind_seconds(hours.from);
  const std::string until = where.bind_seconds(hours.until);
  TRY(const store::Block block,
      connection.query(
          fmt::format("SELECT count() AS missing, toUInt32(min(time)) AS first, "
                      "toUInt32(max(time)) AS last FROM (SELECT time FROM numbers WHERE level = "
                      "'hour' AND dimension = 'total' AND class = 'any' AND time >= {0} AND time < "
                      "{1} GROUP BY time HAVING sum(packets) > 0) WHERE time NOT IN (SELECT "
                      "toStartOfHour(window) AS hour FROM activity WHERE window >= {0} AND window "
                      "< {1} GROUP BY hour)",
                      from, until),
          where.parameters()));
  if (block["missing"].unsigned_at(0) == 0) return Refusal();
  const auto hour = [&](std::string_view name) {
    return format_time(Timestamp::from_seconds(static_cast<int64_t>(block[name].unsigned_at(0))));
  };
  return Refusal(
      fmt::format("filters that are combined need the 5-minute rows, and those of {} hours, from "
                  "{} to {}, are no longer kept; ask for whole days (step=day) or a later period",
                  block["missing"].unsigned_at(0), hour("first"), hour("last")));
}

Result<std::vector<SourceCount>> count_by_class(store::Connection& connection,
                                                const CountQuestion& question) {
  CountQuestion by_class = question;
  by_class.by = RankBy::packet_class;
  const Query query = counts_query(
      by_class, fmt::format("arrayJoin(if({}, [toInt8(class), 0, 10], [toInt8(class), 0]))",
                            class_condition(PacketClass::scans)));
  TRY(const store::Block block,
      connection.query(fmt::format("SELECT bucket AS start, dimension, line_value, packets AS "
                                   "total, hosts AS peak FROM ({}) ORDER BY start, line_value{}",
                                   query.sql, spill_settings),
                       query.where.parameters()));
  return counts_in(block);
}

Result<std::vector<Ranked>> leading(store::Connection& connection, const CountQuestion& question,
                                    RankOrder order, uint64_t limit, uint64_t buckets) {
  const Query query = counts_query(question, source_value(question.by));
  TRY(const store::Block block,
      connection.query(
          fmt::format("SELECT argMax(bucket, hosts) AS start, dimension, line_value, sum(packets) "
                      "AS total, max(hosts) AS peak, sum(hosts) AS host_sum FROM ({}) "
                      "GROUP BY dimension, line_value "
                      "ORDER BY {} DESC, total DESC, dimension, line_value LIMIT {}{}",
                      query.sql, order == RankOrder::hosts ? "host_sum" : "total", limit,
                      spill_settings),
          query.where.parameters()));
  std::vector<Ranked> leaders;
  for (size_t row = 0; row < block.rows; ++row) {
    const SourceCount count = count_at(block, row);
    Ranked ranked;
    ranked.dimension = count.dimension;
    ranked.value = count.value;
    ranked.volume.packets = count.packets;
    ranked.volume.peak_hosts = count.hosts;
    ranked.volume.peak_time = count.time;
    if (buckets > 0)
      ranked.volume.mean_hosts =
          static_cast<double>(block["host_sum"].unsigned_at(row)) / static_cast<double>(buckets);
    leaders.push_back(ranked);
  }
  return leaders;
}

Result<std::vector<SourceCount>> count_leaders(store::Connection& connection,
                                               const CountQuestion& question, Duration step,
                                               const std::vector<Ranked>& leaders) {
  Query query = counts_query(question, source_value(question.by));
  std::vector<std::string> keys = {"(0, 0)"};  // so that the list is never empty
  for (const Ranked& ranked : leaders)
    keys.push_back(fmt::format("({}, {})", static_cast<int>(ranked.dimension), ranked.value));
  const std::string seconds = query.where.bind(static_cast<uint64_t>(step.as_seconds()));
  TRY(const store::Block block,
      connection.query(
          fmt::format("SELECT toUInt32(intDiv(bucket, {0}) * {0}) AS start, "
                      "tupleElement(line, 1) AS dimension, tupleElement(line, 2) AS line_value, "
                      "sum(packets) AS total, max(hosts) AS peak FROM "
                      "(SELECT bucket, packets, hosts, if((dimension, line_value) IN ({1}), "
                      "(dimension, line_value), (toUInt8({2}), toUInt32(0))) AS line FROM ({3})) "
                      "GROUP BY start, line ORDER BY start, line{4}",
                      seconds, fmt::join(keys, ", "), static_cast<int>(Dimension::total), query.sql,
                      spill_settings),
          query.where.parameters()));
  return counts_in(block);
}

}  // namespace yagura::telescope
