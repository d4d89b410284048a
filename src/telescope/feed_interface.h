// SPDX-License-Identifier: Apache-2.0
//
// The feed of a network interface. Not thread-safe.
#pragma once

#include <memory>
#include <string>

#include "capture/source.h"
#include "telescope/feed.h"

namespace yagura::telescope {

class InterfaceFeed final : public Feed {
 public:
  // `options` are those of the interface; its sensor's index does not matter.
  InterfaceFeed(Telescope& telescope, state::Sensor sensor, FeedWatchers watchers,
                capture::LiveSourceOptions options);

  // Begins to listen; step() does it too, and tries again every few seconds where it fails.
  Result<void> open();

  Result<bool> step(Clocks now) override;
  Result<void> checkpoint() override { return ingest_.checkpoint(); }
  Result<void> show_open() override { return ingest_.show_open(); }
  Result<void> follow_registry() override { return ingest_.follow_registry(); }
  Result<void> finish() override;
  int descriptor() const override { return source_ ? source_->descriptor() : -1; }
  const FeedStatus& status() const override { return status_; }
  // After finish(): all that was captured, and the rows it gave.
  const capture::InputSummary& summary() const { return closed_; }
  uint64_t rows() const { return ingest_.rows(); }

 private:
  void fail(const std::string& why, Clocks now);
  void resume();
  void close();
  Result<bool> take_batch(Clocks now);
  void update_status();

  FeedIngest ingest_;
  capture::LiveSourceOptions options_;
  std::unique_ptr<capture::PacketSource> source_;
  capture::PacketBatch batch_;
  capture::InputSummary summary_;  // of source_
  capture::InputSummary closed_;   // of the sources before it
  FeedStatus status_;
  Timestamp retry_, refresh_;
};

}  // namespace yagura::telescope
