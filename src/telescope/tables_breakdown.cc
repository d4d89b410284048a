// SPDX-License-Identifier: Apache-2.0
#include "telescope/tables_breakdown.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "telescope/numbers_where.h"
#include "telescope/source_counts.h"

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

bool is_by_port(RankBy by) {
  return by == RankBy::port || by == RankBy::tcp_port || by == RankBy::udp_port;
}

// Whether the plain numbers answer.
bool can_use_numbers(const BreakdownQuestion& question) {
  const auto slice = slice_of(question.filter);
  if (!slice) return false;
  return question.filter.is_plain() || question.by == RankBy::packet_class ||
         is_own_dimension(question.by, *slice);
}

Where rows_of(const BreakdownQuestion& question, const Breakdown& shape) {
  Where where;
  where.add(fmt::format("level = '{}'", name_of(shape.level)));
  where.add("time >= " + where.bind_seconds(question.period.from.floor(level_length(shape.level))));
  where.add("time < " + where.bind_seconds(question.period.until));
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
  const PacketClass class_ = question.filter.class_.value_or(usual_class(question.by));
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

// The place of a step among those that were observed.
std::optional<size_t> place_of(const BreakdownSteps& steps, Timestamp time) {
  const auto at = std::lower_bound(steps.times.begin(), steps.times.end(), time);
  if (at == steps.times.end() || *at != time) return {};
  return static_cast<size_t>(at - steps.times.begin());
}

using LinePlaces = std::map<std::pair<Dimension, uint32_t>, size_t>;
LinePlaces places_of(const std::vector<Ranked>& lines) {
  LinePlaces places;
  for (size_t i = 0; i < lines.size(); ++i) places[{lines[i].dimension, lines[i].value}] = i;
  return places;
}

Result<BreakdownSteps> observed_steps(store::Connection& connection,
                                      const BreakdownQuestion& question, const Breakdown& shape) {
  BreakdownSteps steps;
  Where where = rows_of(question, shape);
  where.add("dimension = 'total' AND class = 'any'");
  // What a survey filter leaves nothing of was observed all the same.
  TRY(const store::Block block, ask(connection, where, shape.step, "value"));
  for (size_t row = 0; row < block.rows; ++row) steps.times.push_back(start_at(block, row));
  steps.values.assign(shape.lines.size(), std::vector<int64_t>(steps.times.size(), 0));
  return steps;
}

// The packets of what the lines are a part of, by step.
Result<std::vector<int64_t>> whole_of(store::Connection& connection,
                                      const BreakdownQuestion& question, const Breakdown& shape,
                                      const BreakdownSteps& steps) {
  Where where = rows_of(question, shape);
  where.add_class(whole_class(question));
  add_slice(where, *slice_of(question.filter));
  add_basic_classes(where, {});
  add_survey(where, question.filter.survey);
  TRY(const store::Block block, ask(connection, where, shape.step, "toUInt32(0)"));
  std::vector<int64_t> whole(steps.times.size(), 0);
  for (size_t row = 0; row < block.rows; ++row)
    if (const auto place = place_of(steps, start_at(block, row)))
      whole[*place] += block["total"].signed_at(row);
  return whole;
}

Result<void> fill_from_numbers(store::Connection& connection, const BreakdownQuestion& question,
                               const Breakdown& shape, BreakdownSteps& steps) {
  Where where = rows_of(question, shape);
  std::vector<std::string> values;
  for (const Ranked& ranked : shape.lines) values.push_back(where.bind(ranked.value));
  if (question.by == RankBy::packet_class) {
    add_slice(where, *slice_of(question.filter));
    add_basic_classes(where, question.filter.class_);
  } else {
    where.add(
        ranked_condition(question.by, question.filter.class_.value_or(usual_class(question.by))));
  }
  add_survey(where, question.filter.survey);
  where.add(fmt::format("{} IN ({})", ranked_value(question.by), fmt::join(values, ", ")));
  TRY(const store::Block block, ask(connection, where, shape.step, ranked_value(question.by)));
  const LinePlaces places = places_of(shape.lines);
  const bool hosts = question.measure == RankOrder::hosts;
  for (size_t row = 0; row < block.rows; ++row) {
    const auto line = places.find({static_cast<Dimension>(block["dimension"].unsigned_at(row)),
                                   static_cast<uint32_t>(block["line_value"].unsigned_at(row))});
    const auto place = place_of(steps, start_at(block, row));
    // With TCP and UDP ports together a value may lead in one of them only.
    if (line == places.end() || !place) continue;
    steps.values[line->second][*place] = block[hosts ? "peak" : "total"].signed_at(row);
  }
  // A filter by what the lines are leaves nothing beside them.
  if (!has_rest(question) || (question.by != RankBy::packet_class && !question.filter.is_plain()))
    return {};
  TRY(steps.rest, whole_of(connection, question, shape, steps));
  for (const auto& values_of_line : steps.values)
    for (size_t i = 0; i < steps.rest.size(); ++i) steps.rest[i] -= values_of_line[i];
  return {};
}

CountQuestion count_question(const BreakdownQuestion& question, Level level) {
  CountQuestion counts;
  counts.by = question.by;
  counts.period = question.period;
  counts.filter = question.filter;
  if (!counts.filter.class_) counts.filter.class_ = usual_class(question.by);
  counts.level = level;
  return counts;
}

Result<void> fill_from_sources(store::Connection& connection, const BreakdownQuestion& question,
                               const Breakdown& shape, BreakdownSteps& steps) {
  TRY(const auto counts,
      count_leaders(connection, count_question(question, shape.level), shape.step, shape.lines));
  const LinePlaces places = places_of(shape.lines);
  const bool hosts = question.measure == RankOrder::hosts, rest = has_rest(question);
  if (rest) steps.rest.assign(steps.times.size(), 0);
  for (const SourceCount& count : counts) {
    const auto place = place_of(steps, count.time);
    if (!place) continue;
    const auto line = places.find({count.dimension, count.value});
    if (line != places.end()) {
      steps.values[line->second][*place] = hosts ? count.hosts : count.packets;
    } else if (rest) {
      steps.rest[*place] += count.packets;
    }
  }
  return {};
}

Result<BreakdownSteps> fill(store::Connection& connection, const BreakdownQuestion& question,
                            const Breakdown& shape) {
  TRY(BreakdownSteps steps, observed_steps(connection, question, shape));
  if (shape.lines.empty() || steps.times.empty()) return steps;
  TRY_VOID(can_use_numbers(question) ? fill_from_numbers(connection, question, shape, steps)
                                     : fill_from_sources(connection, question, shape, steps));
  const bool nothing =
      std::all_of(steps.rest.begin(), steps.rest.end(), [](int64_t n) { return n == 0; });
  if (nothing) steps.rest.clear();
  return steps;
}

Result<std::vector<Ranked>> leaders_of(store::Connection& connection,
                                       const BreakdownQuestion& question, Level level) {
  if (!can_use_numbers(question)) {
    TRY(const uint64_t buckets, seen_buckets(connection, question.period, level));
    return leading(connection, count_question(question, level), question.measure, question.top,
                   buckets);
  }
  RankQuestion leaders;
  leaders.by = question.by;
  leaders.period = question.period;
  leaders.filter = question.filter;
  leaders.order = question.measure;
  leaders.limit = question.top;
  leaders.compare = false;
  TRY(Ranking ranks, ranking(connection, leaders));
  return std::move(ranks.rows);
}

}  // namespace

Result<void> check(const BreakdownQuestion& question) {
  if (is_by_port(question.by) && question.filter.class_ == PacketClass::any)
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

Result<std::optional<std::string>> refusal_of(store::Connection& connection,
                                              const BreakdownQuestion& question) {
  if (can_use_numbers(question)) return std::optional<std::string>();
  Breakdown shape;
  choose_steps(question, shape);
  TRY(auto refusal, refusal_of(connection, question.period, shape.level));
  if (refusal || !question.compare) return refusal;
  return refusal_of(connection, period_before(question.period), shape.level);
}

Result<Breakdown> breakdown(store::Connection& connection, const BreakdownQuestion& question) {
  Breakdown result;
  choose_steps(question, result);
  TRY(result.lines, leaders_of(connection, question, result.level));
  TRY(result.steps, fill(connection, question, result));
  if (!question.compare) return result;
  BreakdownQuestion before = question;
  before.period = period_before(question.period);
  TRY(result.before, fill(connection, before, result));
  return result;
}

}  // namespace yagura::telescope
