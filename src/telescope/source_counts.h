// SPDX-License-Identifier: Apache-2.0
//
// Packets and hosts over time, counted from the rows of every source: what the plain numbers, which
// know one dimension at a time, cannot answer ("TCP port 23 from Japan without survey scanners").
//
// Days come from the daily rows, which are kept for years; anything finer from the 5-minute rows,
// which are kept for weeks, at most `longest_fine_period` at once. Groups spill to disk, so memory
// is bounded by the connection's limits; time is, too: beyond them a question fails. A Connection
// belongs to one thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "telescope/tables_numbers.h"

namespace yagura::telescope {

inline constexpr Duration longest_fine_period = Duration::days(31);

struct CountQuestion {
  RankBy by = RankBy::packet_class;
  Period period;  // moved outwards to whole buckets
  Filter filter;
  Level level = Level::day;  // of the buckets in which hosts are counted
};

// Why rows of sources cannot answer for this period at this level, as a person reads it, with what
// to ask instead; nothing if they can.
Result<std::optional<std::string>> refusal_of(store::Connection& connection, const Period& period,
                                              Level level);

struct SourceCount {
  Timestamp time;  // start of the bucket or step
  Dimension dimension = Dimension::total;
  uint32_t value = 0;
  int64_t packets = 0;
  int64_t hosts = 0;
};
// Per bucket and class, with `any` and `scans` as classes of their own; in order of time and class.
Result<std::vector<SourceCount>> count_by_class(store::Connection& connection,
                                                const CountQuestion& question);
// What leads over the whole period: packets, and the mean over `buckets` and peak of hosts.
Result<std::vector<Ranked>> leading(store::Connection& connection, const CountQuestion& question,
                                    RankOrder order, uint64_t limit, uint64_t buckets);
// Per step, a multiple of the level's length: packets and the peak of the buckets' hosts of each
// leader, and the packets of everything else as dimension `total`. In order of time.
Result<std::vector<SourceCount>> count_leaders(store::Connection& connection,
                                               const CountQuestion& question, Duration step,
                                               const std::vector<Ranked>& leaders);

}  // namespace yagura::telescope
