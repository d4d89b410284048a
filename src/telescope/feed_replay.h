// SPDX-License-Identifier: Apache-2.0
//
// The feed of recorded captures, replayed as if their packets came now (capture/replay.h).
//
// The captures of the sensor are merged by time. Repeated, they are first read once at full speed,
// each moved so that it ends just before now: the views have a past. Then they are replayed over
// and over, with the same times between them. The ledger is not told of what is replayed: the same
// content comes again. Not thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "capture/replay.h"
#include "telescope/feed.h"

namespace yagura::telescope {

struct ReplayFeedOptions {
  std::vector<capture::InputSpecification> inputs;  // scanned, with the sensor's index 0
  capture::DecodeOptions decode;
  double speed = 1;  // 0 = as fast as possible
  bool repeat = false;
  std::function<Timestamp()> clock;  // the wall clock
};

class ReplayFeed final : public Feed {
 public:
  ReplayFeed(Telescope& telescope, state::Sensor sensor, FeedWatchers watchers,
             ReplayFeedOptions options);

  Result<bool> step(Clocks now) override;
  Result<void> checkpoint() override { return ingest_.checkpoint(); }
  Result<void> show_open() override { return ingest_.show_open(); }
  Result<void> follow_registry() override { return ingest_.follow_registry(); }
  Result<void> finish() override;
  Timestamp idle_until(Clocks now) const override;
  const FeedStatus& status() const override { return status_; }

 private:
  Result<void> begin(Clocks now);
  Result<void> open_round();
  Result<bool> end_round();
  Result<bool> fail(const std::string& why);

  FeedIngest ingest_;
  ReplayFeedOptions options_;
  FeedStatus status_;
  std::unique_ptr<capture::PacketSource> source_;
  capture::ReplaySource* replay_ = nullptr;  // source_, once it is paced
  capture::PacketBatch batch_;
  uint64_t frames_before_ = 0;  // of the rounds before
  bool begun_ = false;
};

}  // namespace yagura::telescope
