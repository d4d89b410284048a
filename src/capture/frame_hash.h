// SPDX-License-Identifier: Apache-2.0
//
// The content hash of a capture: what tells that the same packets were read before, whatever the
// file is called and however it is packed.
//
// It is XXH3-128 over one XXH3-64 per frame of (time in nanoseconds, captured and wire length, link
// type, the first 64 bytes). Hashing all bytes of the frames instead cost another 20 % on small
// packets and several times more on large ones; two captures that agree in every time, length and
// header are the same capture to a telescope. Not keyed: it finds repetitions, it does not
// withstand somebody who forges them.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "capture/frame.h"

namespace yagura::capture {

inline constexpr size_t hashed_bytes = 64;

class FrameHash {
 public:
  FrameHash();
  FrameHash(FrameHash&&) noexcept;
  FrameHash& operator=(FrameHash&&) noexcept;
  ~FrameHash();

  // In the order of the capture, not of time.
  void add(std::span<const Frame> frames);
  std::string hex() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace yagura::capture
