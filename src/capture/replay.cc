// SPDX-License-Identifier: Apache-2.0
#include "capture/replay.h"

#include <algorithm>
#include <utility>

namespace yagura::capture {

ReplaySource::ReplaySource(std::unique_ptr<PacketSource> recorded, ReplayOptions options)
    : recorded_(std::move(recorded)), options_(std::move(options)) {
  CHECK(options_.clock && options_.speed >= 0);
  waiting_.reserve(batch_capacity);
}

// Finds when the packet at `position_` is due.
void ReplaySource::schedule() {
  const Timestamp recorded = waiting_[position_].time;
  if (options_.speed == 0) {
    // The wall clock may be set back; event time does not go back.
    due_ = std::max(replayed_time_, options_.clock());
    return;
  }
  const double gap = static_cast<double>((recorded - recorded_time_).nanoseconds) / options_.speed;
  const auto longest = static_cast<double>(options_.longest_gap.nanoseconds);
  due_ = replayed_time_ + Duration{static_cast<int64_t>(std::min(gap, longest))};
}

Result<void> ReplaySource::next(PacketBatch& batch) {
  batch.clear();
  if (position_ == waiting_.size()) {
    position_ = 0;
    waiting_.clear();
    if (recorded_->finished()) return {};
    TRY_VOID(recorded_->next(waiting_));
    if (waiting_.empty()) return {};
  }
  const Timestamp now = options_.clock();
  if (!begun_) {
    begun_ = true;
    recorded_time_ = waiting_[position_].time;
    replayed_time_ = now;
  }
  for (; position_ < waiting_.size(); ++position_) {
    schedule();
    if (options_.speed != 0 && due_ > now) return {};
    recorded_time_ = waiting_[position_].time;
    replayed_time_ = due_;
    batch.push_back(waiting_[position_]);
    batch.back().time = due_;
  }
  return {};
}

}  // namespace yagura::capture
