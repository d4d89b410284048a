// SPDX-License-Identifier: Apache-2.0
//
// A stream that can be read only once, put in order as far as a bounded buffer allows.
//
// A frame leaves the buffer when one `lateness` newer has come, or when the buffer is full. One
// that belongs before a frame that has left already is late: counted and left out. Frames are not
// copied: the reader keeps the blocks in which frames wait. A frame that waits long (its clock
// runs ahead) would pin its block, so the frames of a block that has become old are moved out.
//
// Not thread-safe.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "capture/capture_reader.h"
#include "capture/frame_hash.h"
#include "capture/prepared_frames.h"

namespace yagura::capture {

struct ReorderLimits {
  Duration lateness = Duration::seconds(5);
  size_t frames = 65'536;
  size_t bytes = 64 * 1024 * 1024;  // of captured frames
  size_t blocks = 64;               // in which frames wait
  // An interface: a read that brings nothing is a pause, not the end, and refill() returns after
  // one read.
  bool live = false;
};

class ReorderReader final : public PreparedFrames {
 public:
  // `inner` must retain its blocks.
  ReorderReader(std::unique_ptr<CaptureReader> inner, ReorderLimits limits)
      : inner_(std::move(inner)), limits_(limits) {}

  Result<bool> refill() override;
  uint64_t frames_out_of_time() const override { return inner_->frames_out_of_time(); }
  uint64_t bytes_taken() const override { return inner_->bytes_taken(); }
  std::string warning() const override { return inner_->warning(); }

  // Live: what came before `now` and waits for company need not wait longer than the lateness.
  void advance(Timestamp now) { newest_ = std::max(newest_, now.nanoseconds); }
  // Live: no more will be read; what waits can be handed out.
  void stop();

  uint64_t late() const { return late_; }
  std::string content_hash() const { return hash_.hex(); }

 private:
  struct Waiting {
    Frame frame;
    uint64_t block = 0;
    uint64_t number = 0;  // in the order of the stream
  };

  void forget_ready();
  void let_go(uint64_t block, size_t frames);
  Result<bool> read_on();
  void take_in();
  void sort_in(size_t first_new);
  void move_out_of_old_blocks();
  void hand_on();

  std::unique_ptr<CaptureReader> inner_;
  ReorderLimits limits_;
  FrameHash hash_;
  std::deque<Waiting> waiting_;  // in order
  size_t waiting_bytes_ = 0;
  std::vector<uint64_t> ready_blocks_;   // of ready_
  std::map<uint64_t, size_t> in_place_;  // block of inner_: frames of it not done with
  struct Moved {
    std::vector<uint8_t> bytes;
    size_t frames = 0;
  };
  std::map<uint64_t, Moved> moved_;  // what was moved out of a block
  int64_t newest_ = -1;
  int64_t handed_on_ = -1;  // time of the last frame that left the buffer
  uint64_t taken_in_ = 0;
  uint64_t late_ = 0;
  bool ended_ = false;
  std::optional<Error> error_;
};

}  // namespace yagura::capture
