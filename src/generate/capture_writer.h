// SPDX-License-Identifier: Apache-2.0
//
// Writes a pcap file (little-endian, link type Ethernet) to a file or standard output, through a
// buffer into which the frames are made in place. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "generate/frame.h"

namespace yagura::generate {

class CaptureWriter {
 public:
  // `path` "-" is standard output; an existing file is overwritten.
  static Result<CaptureWriter> create(const std::string& path, bool nanoseconds);
  ~CaptureWriter();
  CaptureWriter(CaptureWriter&& other) noexcept;

  // Room for the next frame: largest_frame bytes, valid until add().
  uint8_t* room() { return buffer_.get() + used_ + record_header_length; }
  // The `length` bytes that were written there are a frame of this time.
  Result<void> add(Timestamp time, size_t length);
  // Writes what is left and closes. The capture is not complete without.
  Result<void> finish();

  uint64_t bytes() const { return bytes_; }  // of the whole capture so far

 private:
  static constexpr size_t record_header_length = 16;
  static constexpr size_t buffer_length = 1 << 20;

  CaptureWriter(int file, bool owned, std::string name, bool nanoseconds);
  Result<void> flush();

  std::unique_ptr<uint8_t[]> buffer_;
  size_t used_ = 0;
  uint64_t bytes_ = 0;
  int file_;
  bool owned_;
  std::string name_;
  int64_t tick_;  // nanoseconds in a unit of the fraction of a second
};

}  // namespace yagura::generate
