// SPDX-License-Identifier: Apache-2.0
//
// Judges stored activity as if the members had been registered then, so that a new member sees its
// past at once.
//
// A stored row no longer says to which dark addresses its packets went, but which sensor saw them:
// they count as sent to the member's own dark space if the whole of that sensor's is the member's.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "state/database.h"
#include "store/engine.h"
#include "warning/episode.h"
#include "warning/member_space.h"

namespace yagura::warning {

struct SensorDark {
  uint16_t sensor = 0;
  std::vector<Prefix> prefixes;  // all that it observed at any time, what was excluded among it
};
Result<std::vector<SensorDark>> sensor_darks(state::Database& database);

struct HistoryQuestion {
  Timestamp from, until;
  Duration silence = Duration::days(1);  // that ends an episode; an hour at least
  MemberId member = 0;                   // of this member alone; 0 = of all
};

// More addresses than this with something to tell are refused: about 1 GB.
inline constexpr size_t most_addresses = 1'000'000;

// The episodes in the period, by member, the latest first. Needs memory for every address of a
// member that was seen.
Result<std::vector<Episode>> judge_history(store::Connection& connection, const MemberSpace& space,
                                           std::span<const SensorDark> sensors,
                                           const HistoryQuestion& question);

}  // namespace yagura::warning
