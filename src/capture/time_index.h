// SPDX-License-Identifier: Apache-2.0
//
// Where the frames of a capture stand, in order of time; frames of one time in order of place.
//
// In memory up to a bound; beyond it, sorted runs go to a temporary file and are merged when read,
// so that a capture of any length takes the same memory: a run of 48 MiB while building, 96 KiB
// for each run while reading.
//
// Not thread-safe. Fill with add(), then finish(), then next() until it gives nothing.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "capture/byte_source.h"
#include "capture/frame.h"

namespace yagura::capture {

struct IndexEntry {
  int64_t time = 0;
  uint64_t place = 0;  // offset of the frame's bytes; above bit 48, the link type
  uint32_t captured_length = 0;
  uint32_t wire_length = 0;

  static IndexEntry of(const Frame& frame, uint64_t offset) {
    return {frame.time, static_cast<uint64_t>(frame.link) << 48 | offset, frame.captured_length,
            frame.wire_length};
  }
  uint64_t offset() const { return place & ((uint64_t{1} << 48) - 1); }
  LinkType link() const { return static_cast<LinkType>(place >> 48); }
  bool operator<(const IndexEntry& other) const {
    return time != other.time ? time < other.time : offset() < other.offset();
  }
};
static_assert(sizeof(IndexEntry) == 24);

class TimeIndex {
 public:
  static constexpr size_t default_run_length = 2 * 1024 * 1024;

  explicit TimeIndex(std::filesystem::path spool_folder, size_t run_length = default_run_length)
      : spool_folder_(std::move(spool_folder)), run_length_(run_length) {}

  Result<void> add(const IndexEntry& entry);
  Result<void> finish();
  Result<std::optional<IndexEntry>> next();

 private:
  struct Run {
    uint64_t offset = 0, end = 0;  // what is left of it in the file
    std::vector<IndexEntry> buffer;
    size_t position = 0;
  };

  Result<void> write_run();
  Result<bool> fill(Run& run);

  std::filesystem::path spool_folder_;
  size_t run_length_;
  std::vector<IndexEntry> entries_;  // the run being built; all of them if there is only one
  size_t position_ = 0;
  std::optional<FileDescriptor> file_;
  uint64_t written_ = 0;
  std::vector<Run> runs_;
  std::vector<size_t> heap_;  // runs that are not at their end, the one with the next entry first
};

}  // namespace yagura::capture
