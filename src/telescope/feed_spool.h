// SPDX-License-Identifier: Apache-2.0
//
// The feed of a spool folder: every capture that is put there counts once.
//
// Complete files (spool.h) are scanned, then read in order of their first packet; those that
// overlap in time and wait at the same time are merged. After each the commit is made true, with
// the file's content in the ledger: that is what makes it count once, under any name and through
// any crash. What is no capture, breaks in the middle, or is of a time that was read already is set
// aside, and said so in one line of the log; the others go on. Files that were read stay where they
// are.
//
// Not thread-safe.
#pragma once

#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "capture/scan.h"
#include "capture/source.h"
#include "telescope/feed.h"
#include "telescope/spool.h"

namespace yagura::telescope {

class SpoolFeed final : public Feed {
 public:
  SpoolFeed(Telescope& telescope, state::Sensor sensor, FeedWatchers watchers,
            const std::filesystem::path& folder, capture::DecodeOptions decode);

  Result<bool> step(Clocks now) override;
  bool at_boundary() const override { return source_ == nullptr; }
  Result<void> checkpoint() override { return ingest_.checkpoint(); }
  Result<void> show_open() override { return ingest_.show_open(); }
  Result<void> follow_registry() override { return ingest_.follow_registry(); }
  Result<void> finish() override;
  int descriptor() const override { return folder_ ? folder_->descriptor() : -1; }
  const FeedStatus& status() const override { return status_; }

 private:
  // A file that was scanned and waits to be read.
  struct Waiting {
    state::SpoolFile file;
    capture::InputScan scan;
    std::string failure;  // what it will break off with
  };

  Result<void> watch(Clocks now);
  void fail(const std::string& why, Clocks now);
  Result<bool> find_work();
  Result<void> scan_next();
  Result<void> scanned(capture::InputScan scan);
  Result<void> open_group();
  std::vector<Waiting> take_group();
  Result<void> read_some();
  Result<void> end_group(const std::string& failure);
  Result<void> put_aside(const state::SpoolFile& file, const std::string& why);
  Result<void> done(const state::SpoolFile& file, state::SpoolOutcome outcome);
  void update_waiting();

  FeedIngest ingest_;
  std::filesystem::path path_;
  capture::DecodeOptions decode_;
  std::optional<SpoolFolder> folder_;
  std::deque<std::filesystem::path> found_;       // complete, not looked at yet
  std::optional<capture::InputScanner> scanner_;  // of `scanning_`
  state::SpoolFile scanning_;
  std::vector<Waiting> waiting_;                   // in order of their first packet
  std::vector<Waiting> group_;                     // being read
  std::unique_ptr<capture::PacketSource> source_;  // of them
  capture::PacketBatch batch_;
  uint64_t frames_before_ = 0;  // of the files before
  Timestamp look_;              // when to look at the folder next
  FeedStatus status_;
};

}  // namespace yagura::telescope
