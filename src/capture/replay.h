// SPDX-License-Identifier: Apache-2.0
//
// A replay: recorded packets as if they came now.
//
// A source around another one. Event time moves to now: a packet's time is the time at which the
// replay began, plus what lies between it and the first packet, divided by the speed. It is handed
// out when that time has come by the clock, and not before; a gap that would last longer than
// `longest_gap` is shortened to it, since nobody waits for the next packet of last year. At no
// speed at all, packets are handed out as fast as they are asked for, with the time they were.
//
// The clock is passed in, so that a test need not wait. Not thread-safe.
#pragma once

#include <functional>
#include <memory>

#include "capture/source.h"

namespace yagura::capture {

struct ReplayOptions {
  double speed = 1;  // event time per time; 0 = as fast as possible
  Duration longest_gap = Duration::seconds(5);
  std::function<Timestamp()> clock;  // the wall clock
};

class ReplaySource final : public PacketSource {
 public:
  ReplaySource(std::unique_ptr<PacketSource> recorded, ReplayOptions options);

  // An empty batch is a pause: nothing is due before due().
  Result<void> next(PacketBatch& batch) override;
  bool finished() const override { return recorded_->finished() && position_ == waiting_.size(); }
  std::vector<InputSummary> summaries() const override { return recorded_->summaries(); }
  uint64_t bytes_done() const override { return recorded_->bytes_done(); }
  uint64_t bytes_total() const override { return recorded_->bytes_total(); }

  // When the next packet is due, as far as that is known.
  Timestamp due() const { return due_; }

 private:
  void schedule();

  std::unique_ptr<PacketSource> recorded_;
  ReplayOptions options_;
  PacketBatch waiting_;  // as recorded
  size_t position_ = 0;  // in it, of the next packet
  bool begun_ = false;
  Timestamp recorded_time_;  // of the last packet handed out, as recorded
  Timestamp replayed_time_;  // and as handed out
  Timestamp due_{};
};

}  // namespace yagura::capture
