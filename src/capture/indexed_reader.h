// SPDX-License-Identifier: Apache-2.0
//
// A capture in disorder, read in order of time: its headers are walked once to build a TimeIndex,
// then each frame is fetched from its place. What cannot be read from anywhere in it (a compressed
// file) is unpacked to a temporary file on the way.
//
// Not thread-safe.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "capture/byte_source.h"
#include "capture/prepared_frames.h"
#include "capture/time_index.h"

namespace yagura::capture {

class IndexedReader final : public PreparedFrames {
 public:
  // Indexes the first `frames` frames of the file at `path`, which the scan has seen.
  static Result<std::unique_ptr<IndexedReader>> open(const std::filesystem::path& path,
                                                     uint64_t frames,
                                                     const std::filesystem::path& spool_folder);

  Result<bool> refill() override;
  uint64_t frames_out_of_time() const override { return out_of_time_; }
  uint64_t bytes_taken() const override { return bytes_taken_; }
  std::string warning() const override { return {}; }  // the scan has it

 private:
  IndexedReader(FileDescriptor file, TimeIndex index);

  Result<const uint8_t*> fetch(uint64_t offset, size_t size);

  FileDescriptor file_;  // the capture, or what it was unpacked to
  uint64_t file_end_ = 0;
  TimeIndex index_;
  std::optional<IndexEntry> pending_;  // did not fit into the last refill
  std::vector<uint8_t> bytes_;         // of the frames in ready_
  std::vector<uint8_t> window_;        // a stretch of the file
  uint64_t window_offset_ = 0;
  size_t window_uses_ = 0;
  uint64_t out_of_time_ = 0;
  uint64_t bytes_taken_ = 0;
};

}  // namespace yagura::capture
