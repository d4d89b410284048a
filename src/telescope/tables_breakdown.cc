// SPDX-License-Identifier: Apache-2.0
#include "telescope/tables_breakdown.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "telescope/known_numbers.h"
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

// Whether the plain numbers answer.
bool can_use_numbers(const BreakdownQuestion& question) {
  const auto slice = slice_of(question.filter);
  if (!slice) return false;
  return question.filter.is_plain() || question.by == RankBy::packet_class ||
         is_own_dimension(question.by, *slice);
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

// What a survey filter leaves nothing of was observed all the same.
BreakdownSteps observed_steps(const ObservedTimes& observed, const BreakdownQuestion& question,
                              const Breakdown& shape) {
  BreakdownSteps steps;
  for (const Timestamp time : observed.within(shape.level, question.period)) {
    const Timestamp start = time.floor(shape.step);
    if (steps.times.empty() || steps.times.back() != start) steps.times.push_back(start);
  }
  steps.values.assign(shape.lines.size(), std::vector<int64_t>(steps.times.size(), 0));
  return steps;
}

// A step of a line takes what one of its buckets has.
void put(RankOrder measure, int64_t amount, int64_t& of_step) {
  of_step = measure == RankOrder::hosts ? std::max(of_step, amount) : of_step + amount;
}

// The lines of a dimension.
std::vector<size_t> lines_of(Dimension dimension, const Breakdown& shape) {
  std::vector<size_t> lines;
  for (size_t i = 0; i < shape.lines.size(); ++i)
    if (shape.lines[i].dimension == dimension) lines.push_back(i);
  return lines;
}

// Lines that are read at the same time as the others. In few parts, since each costs the engine 3
// ms of planning whatever it reads (measured).
std::vector<std::vector<size_t>> parted(const std::vector<size_t>& lines) {
  constexpr size_t most = 10;
  const size_t parts = (lines.size() + most - 1) / most;
  std::vector<std::vector<size_t>> parted(parts);
  for (size_t i = 0; i < lines.size(); ++i) parted[i % parts].push_back(lines[i]);
  return parted;
}

Result<void> fill_from_sheets(store::Connection& connection, const BreakdownQuestion& question,
                              const Breakdown& shape, const SheetKind& kind, KnownNumbers& known,
                              BreakdownSteps& steps) {
  TRY(const auto sheets,
      known.sheets(connection, {shape.level, kind, question.filter.survey, question.measure},
                   question.period));
  std::vector<std::pair<size_t, size_t>> lines;  // and index in the sheets
  for (const size_t line : lines_of(kind.dimension, shape))
    lines.emplace_back(line, known.index().find(kind.dimension, shape.lines[line].value));
  for (const Sheet& sheet : sheets) {
    const auto place = place_of(steps, sheet.time.floor(shape.step));
    if (!place) continue;
    for (const auto& [line, index] : lines)
      put(question.measure, sheet.at(index), steps.values[line][*place]);
  }
  return {};
}

Result<void> fill_from_histories(store::Connection& connection, const BreakdownQuestion& question,
                                 const Breakdown& shape, const SheetKind& kind,
                                 std::span<const size_t> lines, KnownNumbers& known,
                                 BreakdownSteps& steps) {
  std::vector<uint32_t> values;
  for (const size_t line : lines) values.push_back(shape.lines[line].value);
  TRY(const auto observed, known.observed(connection));
  TRY(const auto histories,
      known.histories(connection, {shape.level, kind, question.measure}, values, question.period));
  for (const Timestamp time : observed->within(shape.level, question.period)) {
    const auto place = place_of(steps, time.floor(shape.step));
    if (!place) continue;
    for (size_t i = 0; i < lines.size(); ++i)
      put(question.measure, histories[i].at(question.filter.survey, kind.class_, time),
          steps.values[lines[i]][*place]);
  }
  return {};
}

// The histories of what the filter is by.
Result<std::vector<History>> histories_of_slice(store::Connection& connection,
                                                const BreakdownQuestion& question, Level level,
                                                RankOrder measure, KnownNumbers& known) {
  const NumbersSlice slice = *slice_of(question.filter);
  std::vector<History> histories;
  for (const Dimension dimension : slice.dimensions) {
    TRY(auto of_dimension,
        known.histories(connection, {level, {dimension, PacketClass::any}, measure},
                        std::span(&slice.value, 1), question.period));
    std::move(of_dimension.begin(), of_dimension.end(), std::back_inserter(histories));
  }
  return histories;
}

// Lines are the classes of what the filter is by.
Result<void> fill_with_classes(store::Connection& connection, const BreakdownQuestion& question,
                               const Breakdown& shape, KnownNumbers& known, BreakdownSteps& steps) {
  TRY(const auto observed, known.observed(connection));
  TRY(const auto histories,
      histories_of_slice(connection, question, shape.level, question.measure, known));
  for (const Timestamp time : observed->within(shape.level, question.period)) {
    const auto place = place_of(steps, time.floor(shape.step));
    for (size_t line = 0; place && line < shape.lines.size(); ++line) {
      const auto class_ = static_cast<PacketClass>(shape.lines[line].value);
      int64_t amount = 0;  // a class of a port is of one protocol
      for (const History& history : histories)
        amount += history.at(question.filter.survey, class_, time);
      put(question.measure, amount, steps.values[line][*place]);
    }
  }
  return {};
}

// Whether the rest is wanted: a filter by what the lines are leaves nothing beside them.
bool has_rest_of_numbers(const BreakdownQuestion& question) {
  return has_rest(question) && (question.by == RankBy::packet_class || question.filter.is_plain());
}

Result<void> fill_lines(store::Connection& connection, const BreakdownQuestion& question,
                        const Breakdown& shape, KnownNumbers& known, BreakdownSteps& steps) {
  if (question.by == RankBy::packet_class)
    return question.filter.is_plain()
               ? fill_from_sheets(connection, question, shape, {}, known, steps)
               : fill_with_classes(connection, question, shape, known, steps);
  const PacketClass class_ = question.filter.class_.value_or(usual_class(question.by));
  std::vector<store::Readers::Job> jobs;  // each fills lines of its own
  for (const SheetKind& kind : ranked_kinds(question.by, class_)) {
    // The sheets of days are known, since what leads comes from them. Hours and 5 minutes are many,
    // and each has many values.
    if (shape.level == Level::day) {
      TRY_VOID(fill_from_sheets(connection, question, shape, kind, known, steps));
      continue;
    }
    for (const std::vector<size_t>& lines : parted(lines_of(kind.dimension, shape)))
      jobs.emplace_back([&, kind, lines](store::Connection& own) {
        return fill_from_histories(own, question, shape, kind, lines, known, steps);
      });
  }
  if (has_rest_of_numbers(question))
    jobs.emplace_back([&](store::Connection& own) -> Result<void> {  // for whole_of
      TRY_VOID(known.sheets(own, {shape.level, {}, question.filter.survey}, question.period));
      return {};
    });
  return known.run(connection, jobs);
}

// The packets of what the lines are a part of, by step: in the classes that add up to it, of
// everything or of what the filter is by.
Result<std::vector<int64_t>> whole_of(store::Connection& connection,
                                      const BreakdownQuestion& question, const Breakdown& shape,
                                      const BreakdownSteps& steps, KnownNumbers& known) {
  const Survey survey = question.filter.survey;
  std::vector<PacketClass> classes;
  for (int c = 0; c < class_count; ++c)
    if (const auto class_ = static_cast<PacketClass>(c);
        class_ != PacketClass::any && class_ != PacketClass::scans &&
        lets_through(whole_class(question), class_))
      classes.push_back(class_);
  std::vector<int64_t> whole(steps.times.size(), 0);
  if (question.filter.is_plain()) {
    TRY(const auto sheets, known.sheets(connection, {shape.level, {}, survey}, question.period));
    for (const Sheet& sheet : sheets)
      if (const auto place = place_of(steps, sheet.time.floor(shape.step)))
        for (const PacketClass class_ : classes)
          whole[*place] += sheet.at(static_cast<size_t>(class_));
    return whole;
  }
  TRY(const auto observed, known.observed(connection));
  TRY(const auto histories,
      histories_of_slice(connection, question, shape.level, RankOrder::packets, known));
  for (const Timestamp time : observed->within(shape.level, question.period))
    if (const auto place = place_of(steps, time.floor(shape.step)))
      for (const PacketClass class_ : classes)
        for (const History& history : histories) whole[*place] += history.at(survey, class_, time);
  return whole;
}

Result<void> fill_from_numbers(store::Connection& connection, const BreakdownQuestion& question,
                               const Breakdown& shape, KnownNumbers& known, BreakdownSteps& steps) {
  TRY_VOID(fill_lines(connection, question, shape, known, steps));
  if (!has_rest_of_numbers(question)) return {};
  TRY(steps.rest, whole_of(connection, question, shape, steps, known));
  for (const auto& values_of_line : steps.values)
    for (size_t i = 0; i < steps.rest.size(); ++i) steps.rest[i] -= values_of_line[i];
  return {};
}

using LinePlaces = std::map<std::pair<Dimension, uint32_t>, size_t>;
LinePlaces places_of(const std::vector<Ranked>& lines) {
  LinePlaces places;
  for (size_t i = 0; i < lines.size(); ++i) places[{lines[i].dimension, lines[i].value}] = i;
  return places;
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
                            const Breakdown& shape, KnownNumbers& known) {
  TRY(const auto observed, known.observed(connection));
  BreakdownSteps steps = observed_steps(*observed, question, shape);
  if (shape.lines.empty() || steps.times.empty()) return steps;
  TRY_VOID(can_use_numbers(question) ? fill_from_numbers(connection, question, shape, known, steps)
                                     : fill_from_sources(connection, question, shape, steps));
  const bool nothing =
      std::all_of(steps.rest.begin(), steps.rest.end(), [](int64_t n) { return n == 0; });
  if (nothing) steps.rest.clear();
  return steps;
}

Result<std::vector<Ranked>> leaders_of(store::Connection& connection,
                                       const BreakdownQuestion& question, Level level,
                                       KnownNumbers& known) {
  if (!can_use_numbers(question)) {
    TRY(const auto observed, known.observed(connection));
    return leading(connection, count_question(question, level), question.measure, question.top,
                   observed->within(level, question.period).size());
  }
  RankQuestion ranked;
  ranked.by = question.by;
  ranked.period = question.period;
  ranked.filter = question.filter;
  ranked.order = question.measure;
  ranked.limit = question.top;
  return leaders(connection, ranked, &known);
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

Result<Breakdown> breakdown(store::Connection& connection, const BreakdownQuestion& question,
                            KnownNumbers* known) {
  KnownNumbers own;
  if (known == nullptr) known = &own;
  Breakdown result;
  choose_steps(question, result);
  TRY(result.lines, leaders_of(connection, question, result.level, *known));
  TRY(result.steps, fill(connection, question, result, *known));
  if (!question.compare) return result;
  BreakdownQuestion before = question;
  before.period = period_before(question.period);
  TRY(result.before, fill(connection, before, result, *known));
  return result;
}

}  // namespace yagura::telescope
