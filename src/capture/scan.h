// SPDX-License-Identifier: Apache-2.0
//
// Opening captures, and the first pass over them (see source.h). Not thread-safe.
#pragma once

#include <filesystem>
#include <memory>

#include "base/result.h"
#include "capture/capture_reader.h"
#include "capture/frame_hash.h"
#include "capture/source.h"

namespace yagura::capture {

// Blocks of 128 KiB to 1 MiB read equally fast (9.5 ns a packet of 81 bytes, from the page cache);
// of the smaller ones, hundreds can be open at a time.
inline constexpr size_t block_size = 256 * 1024;

// True of what can be read only once: standard input, a pipe.
bool is_stream(const std::filesystem::path& path);

// The bytes of the file at `path` as they are; "-" is standard input.
Result<std::unique_ptr<ByteSource>> open_input(const std::filesystem::path& path);

// The scan of the regular file at `path`, piece by piece, for who has other things to do.
class InputScanner {
 public:
  // Fails if the file cannot be opened or is no capture.
  static Result<InputScanner> open(const std::filesystem::path& path);

  // Reads on for a block at most; false once the file is at its end. Never fails: what reading ends
  // with is in the result.
  bool step();
  // After the end.
  InputScan take();

 private:
  InputScanner(std::unique_ptr<CaptureReader> reader, uint64_t file_bytes)
      : reader_(std::move(reader)) {
    scan_.file_bytes = file_bytes;
  }

  std::unique_ptr<CaptureReader> reader_;
  InputScan scan_;
  FrameHash hash_;
  int64_t latest_ = -1, earliest_ = no_limit;
};

// The same in one go.
Result<InputScan> scan_input(const std::filesystem::path& path);

}  // namespace yagura::capture
