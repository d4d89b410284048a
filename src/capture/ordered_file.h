// SPDX-License-Identifier: Apache-2.0
//
// A single file that is read once: hashed and decoded in the same pass.
//
// It gives what expand_inputs() and open_files() give (source.h) of a file whose frames are in
// order of time, without the scan, which reads the file another time and unpacks it if it is
// compressed. Whether it is in order shows on the way only: at the first frame that comes before
// an earlier one next() fails and in_disorder() holds. What was made of the packets must then be
// thrown away and the file be opened with open_files().
//
// Not thread-safe.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "capture/capture_reader.h"
#include "capture/frame_hash.h"
#include "capture/source.h"

namespace yagura::capture {

class OrderedFile final : public PacketSource {
 public:
  // Fails if the file cannot be opened or is no capture. `input.scan` and `input.shift` are not
  // looked at.
  static Result<std::unique_ptr<OrderedFile>> open(const InputSpecification& input,
                                                   const DecodeOptions& options);

  // The time of the first frame; nothing if the file has none.
  std::optional<Timestamp> first() const { return first_; }
  bool in_disorder() const { return in_disorder_; }
  // Once finished: empty, or the error that reading ended with, as InputScan::failure. The packets
  // before it count.
  const std::string& fault() const { return fault_; }

  Result<void> next(PacketBatch& batch) override;
  bool finished() const override { return finished_; }
  std::vector<InputSummary> summaries() const override { return {summary_}; }
  uint64_t bytes_done() const override { return reader_->bytes_taken(); }
  uint64_t bytes_total() const override { return file_bytes_; }

 private:
  OrderedFile(std::unique_ptr<CaptureReader> reader, const DecodeOptions& options)
      : reader_(std::move(reader)), options_(options) {}
  void read_frames(size_t room);
  void refill();
  bool follow_in_order(std::span<const Frame> frames);

  std::unique_ptr<CaptureReader> reader_;
  DecodeOptions options_;
  InputSummary summary_;
  FrameHash hash_;
  std::optional<Timestamp> first_;
  int64_t last_time_ = -1;
  uint64_t file_bytes_ = 0;
  std::array<Frame, batch_capacity> frames_;
  size_t frames_read_ = 0;  // of frames_, not decoded yet
  bool wants_refill_ = false;
  bool finished_ = false;
  bool in_disorder_ = false;
  std::string fault_;
};

}  // namespace yagura::capture
