// SPDX-License-Identifier: Apache-2.0
//
// A captured frame before it is decoded, and what every reader of frames can do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>

#include "base/result.h"
#include "capture/decode.h"

namespace yagura::capture {

struct Frame {
  int64_t time = 0;               // nanoseconds since the epoch
  const uint8_t* data = nullptr;  // in the reader's buffer
  uint32_t captured_length = 0;
  uint32_t wire_length = 0;
  LinkType link{};
};

// A frame that claims more captured bytes than this is garbage: the largest snap length in use.
inline constexpr uint32_t max_frame = 256 * 1024;
// Times from here on (2106-02-07, as from 1970 back) are outside of the store's range.
inline constexpr int64_t end_of_time = (int64_t{1} << 32) * 1'000'000'000;
inline constexpr int64_t no_limit = std::numeric_limits<int64_t>::max();

// Not thread-safe.
class FrameReader {
 public:
  enum class Stop {
    full,    // the array is full
    limit,   // the next frame is later than the limit; head_time() is its time
    refill,  // nothing more in memory: call refill()
  };
  struct Progress {
    size_t count = 0;
    Stop stop = Stop::full;
  };
  virtual ~FrameReader() = default;

  // Puts the next frames, up to and including time `limit`, into `out`. Does no input and cannot
  // fail. The frames stay valid until refill().
  virtual Progress read(int64_t limit, std::span<Frame> out) = 0;
  virtual int64_t head_time() const = 0;
  // Reads on; false at the end. The error, if the stream cannot be read or what comes next is no
  // packet, is the same each time.
  virtual Result<bool> refill() = 0;

  // Frames left out so far because of their time: before 1970 or after 2106.
  virtual uint64_t frames_out_of_time() const = 0;
  // Bytes taken from the input, for progress.
  virtual uint64_t bytes_taken() const = 0;
  // After the end: what was wrong with it, or empty.
  virtual std::string warning() const = 0;
};

}  // namespace yagura::capture
