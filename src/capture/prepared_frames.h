// SPDX-License-Identifier: Apache-2.0
//
// The half of a FrameReader that hands out frames which refill() has put in order.
#pragma once

#include <algorithm>
#include <vector>

#include "capture/frame.h"

namespace yagura::capture {

class PreparedFrames : public FrameReader {
 public:
  Progress read(int64_t limit, std::span<Frame> out) final {
    Progress progress;
    while (progress.count < out.size()) {
      if (next_ == ready_.size()) {
        progress.stop = Stop::refill;
        break;
      }
      if (ready_[next_].time > limit) {
        progress.stop = Stop::limit;
        break;
      }
      out[progress.count++] = ready_[next_++];
    }
    return progress;
  }
  int64_t head_time() const final { return ready_[next_].time; }

 protected:
  std::vector<Frame> ready_;
  size_t next_ = 0;  // of ready_, to be handed out
};

}  // namespace yagura::capture
