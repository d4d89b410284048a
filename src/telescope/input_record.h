// SPDX-License-Identifier: Apache-2.0
//
// What the ledger is told of an input: its content, and when it was observing. Not thread-safe.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "capture/source.h"
#include "state/ledger.h"

namespace yagura::telescope {

// Gaps in an input longer than this are gaps in its sensor's coverage: a telescope of a /24 hears a
// packet every few seconds at the least.
inline constexpr Duration coverage_gap = Duration::minutes(10);

// When a sensor's frames came, with gaps.
class CoverageRecorder {
 public:
  void add(Timestamp time) {
    if (stretches_.empty() || stretches_.back().until + coverage_gap < time)
      stretches_.push_back({0, time, time});
    stretches_.back().until = std::max(stretches_.back().until, time);
  }
  // The stretches since the last call. The last of them goes on: what follows it closely joins it.
  std::vector<state::Coverage> take(uint16_t sensor) {
    for (auto& stretch : stretches_) stretch.sensor = sensor;
    std::vector<state::Coverage> taken = std::exchange(stretches_, {});
    if (!taken.empty()) stretches_.push_back({sensor, taken.back().until, taken.back().until});
    return taken;
  }

 private:
  std::vector<state::Coverage> stretches_;
};

inline state::InputRecord input_record(const capture::InputSummary& summary, uint16_t sensor) {
  state::InputRecord record;
  record.sensor = sensor;
  record.name = summary.name;
  record.content_hash = summary.content_hash;
  if (summary.first) record.first = *summary.first;
  if (summary.last) record.last = *summary.last;
  record.frames = summary.counts.frames;
  return record;
}

}  // namespace yagura::telescope
