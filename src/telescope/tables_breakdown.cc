// SPDX-License-Identifier: Apache-2.0
#include "telescope/tables_breakdown.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "telescope/numbers_where.h"

namespace yagura::telescope {
namespace {

// Level and length of the steps.
void choose_steps(const BreakdownQuestion& question, Breakdown& result) {
  const double seconds = question.period.length().as_seconds();
  const auto steps = [&](Level level) { return seconds / level_length(level).as_seconds(); };
  result.level = Level::day;
  for (const Level finer : {Level::hour, Level::five_minutes})
    if (steps(finer) <= question.most_steps) result.level = finer;
  if (question.level) {  // as asked for, however many they are
    result.level = *question.level;
    result.step = level_length(result.level);
    return;
  }
  const auto levels_a_step =
      std::max<int64_t>(1, static_cast<int64_t>(steps(result.level) / question.most_steps + 0.999));
  result.step = {level_length(result.level).nanoseconds * levels_a_step};
}

Where rows_of(const BreakdownQuestion& question, const Breakdown& result) {
  Where where;
  where.add(fmt::format("level = '{}'", name_of(result.level)));
  where.add("time >= " +
            where.bind_seconds(question.period.from.floor(level_length(result.level))));
  where.add("time < " + where.bind_seconds(question.period.until));
  add_survey(where, question.survey);
  return where;
}

// Sums of packets and peaks of hosts per step and value.
Result<store::Block> ask(store::Connection& connection, Where where, Duration step,
                         std::string_view value) {
  const std::string seconds = where.bind(static_cast<uint64_t>(step.as_seconds()));
  return connection.query(
      fmt::format("SELECT toUInt32(intDiv(toUInt32(time), {0}) * {0}) AS start, dimension, "
                  "line_value, sum(p) AS total, max(h) AS peak FROM "
                  "(SELECT time, dimension, {1} AS line_value, sum(packets) AS p, sum(hosts) AS h "
                  "FROM numbers {2} GROUP BY time, dimension, line_value) "
                  "GROUP BY start, dimension, line_value ORDER BY start, dimension, line_value",
                  seconds, value, where.sql()),
      where.parameters());
}

Timestamp start_at(const store::Block& block, size_t row) {
  return Timestamp::from_seconds(static_cast<int64_t>(block["start"].unsigned_at(row)));
}

// The class whose packets the lines are a part of.
PacketClass whole_class(const BreakdownQuestion& question) {
  const PacketClass class_ = question.class_.value_or(usual_class(question.by));
  const bool syns = class_ == PacketClass::scans && question.by == RankBy::tcp_port;
  return syns ? PacketClass::scan_tcp : class_;
}

bool has_rest(const BreakdownQuestion& question) {
  if (question.measure == RankOrder::hosts) return false;
  const bool scans = whole_class(question) == PacketClass::scans;
  switch (question.by) {
    case RankBy::tool:
    case RankBy::organisation:
      return false;
    case RankBy::port:  // pings are scans without a port
    case RankBy::udp_port:
      return !scans;
    default:
      return true;
  }
}

Result<void> fill_steps(store::Connection& connection, const BreakdownQuestion& question,
                        Breakdown& result, std::vector<int64_t>& whole) {
  Where where = rows_of(question, result);
  where.add("dimension = 'total'");
  const PacketClass class_ = whole_class(question);
  where.add(fmt::format("class IN ('any', '{}')", class_names[static_cast<size_t>(class_)]));
  TRY(const store::Block block, ask(connection, where, result.step, "toUInt32(toInt8(class))"));
  for (size_t row = 0; row < block.rows; ++row) {
    const Timestamp start = start_at(block, row);
    if (result.times.empty() || result.times.back() != start) {
      result.times.push_back(start);
      whole.push_back(0);
    }
    if (block["line_value"].unsigned_at(row) == static_cast<uint64_t>(class_))
      whole.back() = block["total"].signed_at(row);
  }
  return {};
}

Result<void> fill_lines(store::Connection& connection, const BreakdownQuestion& question,
                        Breakdown& result) {
  std::map<std::pair<Dimension, uint32_t>, BreakdownLine*> lines;
  Where where = rows_of(question, result);
  std::vector<std::string> values;
  for (BreakdownLine& line : result.lines) {
    line.values.assign(result.times.size(), 0);
    lines[{line.ranked.dimension, line.ranked.value}] = &line;
    values.push_back(where.bind(line.ranked.value));
  }
  const PacketClass class_ = question.class_.value_or(usual_class(question.by));
  where.add(ranked_condition(question.by, class_));
  where.add(fmt::format("{} IN ({})", ranked_value(question.by), fmt::join(values, ", ")));
  TRY(const store::Block block, ask(connection, where, result.step, ranked_value(question.by)));
  const bool hosts = question.measure == RankOrder::hosts;
  for (size_t row = 0; row < block.rows; ++row) {
    const auto line = lines.find({static_cast<Dimension>(block["dimension"].unsigned_at(row)),
                                  static_cast<uint32_t>(block["line_value"].unsigned_at(row))});
    const auto time =
        std::lower_bound(result.times.begin(), result.times.end(), start_at(block, row));
    // With TCP and UDP ports together a value may lead in one of them only.
    if (line == lines.end() || time == result.times.end()) continue;
    line->second->values[static_cast<size_t>(time - result.times.begin())] =
        block[hosts ? "peak" : "total"].signed_at(row);
  }
  return {};
}

}  // namespace

Result<void> check(const BreakdownQuestion& question) {
  const bool by_port = question.by == RankBy::port || question.by == RankBy::tcp_port ||
                       question.by == RankBy::udp_port;
  if (by_port && question.class_ == PacketClass::any)
    return failure("ports are counted per class: ask for one of them, not for any");
  Breakdown result;
  choose_steps(question, result);
  const double steps = question.period.length().as_seconds() / result.step.as_seconds() + 1;
  if (steps * static_cast<double>(question.top) > most_cells_of_breakdown)
    return failure(
        fmt::format("{:.0f} steps of {} lines are more than the {} values of one "
                    "answer; ask for longer steps, fewer lines or a shorter period",
                    steps, question.top, most_cells_of_breakdown));
  return {};
}

Result<Breakdown> breakdown(store::Connection& connection, const BreakdownQuestion& question) {
  Breakdown result;
  choose_steps(question, result);
  RankQuestion leaders;
  leaders.by = question.by;
  leaders.period = question.period;
  leaders.filter.class_ = question.by == RankBy::packet_class ? std::nullopt : question.class_;
  leaders.filter.survey = question.survey;
  leaders.order = question.measure;
  leaders.limit = question.top;
  leaders.compare = false;
  TRY(const Ranking ranks, ranking(connection, leaders));
  for (const Ranked& ranked : ranks.rows) result.lines.push_back({ranked, {}});
  std::vector<int64_t> whole;
  TRY_VOID(fill_steps(connection, question, result, whole));
  if (!result.lines.empty()) TRY_VOID(fill_lines(connection, question, result));
  if (!has_rest(question)) return result;
  for (const BreakdownLine& line : result.lines)
    for (size_t i = 0; i < whole.size(); ++i) whole[i] -= line.values[i];
  const bool nothing = std::all_of(whole.begin(), whole.end(), [](int64_t n) { return n == 0; });
  if (!nothing) result.rest = std::move(whole);
  return result;
}

}  // namespace yagura::telescope
