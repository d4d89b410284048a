// SPDX-License-Identifier: Apache-2.0
//
// A series over time broken down by what a ranking ranks: the ports, countries, tools … that lead
// over the period, each as a line, and the rest of the packets as one more.
//
// From the numbers where they know the filter, else from rows of sources (source_counts.h).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "telescope/tables_numbers.h"

namespace yagura::telescope {

struct BreakdownQuestion {
  RankBy by = RankBy::packet_class;
  Period period;
  Filter filter;  // without a class, as in a ranking: `scans`
  RankOrder measure = RankOrder::packets;
  std::optional<Level> level;  // without one the finest that needs no more than `most_steps`
  uint64_t top = 8;            // lines
  int most_steps = 400;
  bool compare = false;  // with the period before
};
inline constexpr uint64_t most_lines_of_breakdown = 20;
// Steps times lines of one answer.
inline constexpr size_t most_cells_of_breakdown = 10'000;

struct BreakdownSteps {
  std::vector<Timestamp> times;  // starts of the steps in which anything was observed, rising
  // Of each line, by step: packets, or the peak of the hosts in its buckets.
  std::vector<std::vector<int64_t>> values;
  // Packets of everything else, by step. Empty for hosts, which do not add up, for organisations
  // and tools, whose rest is no part of the question, and where nothing else is.
  std::vector<int64_t> rest;
};
struct Breakdown {
  Level level = Level::day;
  Duration step;              // a multiple of the level's length
  std::vector<Ranked> lines;  // what leads over the whole period, first first
  BreakdownSteps steps;
  std::optional<BreakdownSteps> before;  // the same lines in the period before
};
// Fails where the question is no good: more than most_cells_of_breakdown, or ports of any class,
// whose hosts would count twice.
Result<void> check(const BreakdownQuestion& question);
// Why the store cannot answer a good question any more; nothing if it can.
Result<std::optional<std::string>> refusal_of(store::Connection& connection,
                                              const BreakdownQuestion& question);
// Of a question that passes.
// `known` as in ranking().
Result<Breakdown> breakdown(store::Connection& connection, const BreakdownQuestion& question,
                            KnownNumbers* known = nullptr);

}  // namespace yagura::telescope
