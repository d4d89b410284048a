// SPDX-License-Identifier: Apache-2.0
#include "capture/frame_hash.h"

#define XXH_INLINE_ALL  // the hash of a frame is shorter than the call of it
#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <array>

namespace yagura::capture {
namespace {

// The fields of a frame other than its bytes, as the seed of their hash.
uint64_t seed_of(const Frame& frame) {
  const auto time = static_cast<uint64_t>(frame.time);
  const uint64_t lengths = uint64_t{frame.captured_length} << 32 | frame.wire_length;
  // Odd constants of the golden ratio and of sqrt(3), as far apart as may be.
  return (time * 0x9e3779b97f4a7c15) ^ (lengths * 0xbb67ae8584caa73b) ^
         static_cast<uint64_t>(frame.link) << 48;
}

uint64_t hash_of(const Frame& frame) {
  const uint64_t seed = seed_of(frame);
  if (frame.captured_length >= hashed_bytes) [[likely]]
    return XXH3_64bits_withSeed(frame.data, hashed_bytes, seed);
  return XXH3_64bits_withSeed(frame.data, frame.captured_length, seed);
}

}  // namespace

struct FrameHash::State {
  XXH3_state_t whole;
};

FrameHash::FrameHash() : state_(std::make_unique<State>()) { XXH3_128bits_reset(&state_->whole); }
FrameHash::FrameHash(FrameHash&&) noexcept = default;
FrameHash& FrameHash::operator=(FrameHash&&) noexcept = default;
FrameHash::~FrameHash() = default;

void FrameHash::add(std::span<const Frame> frames) {
  std::array<uint64_t, 512> hashes;
  while (!frames.empty()) {
    const size_t count = std::min(frames.size(), hashes.size());
    for (size_t i = 0; i < count; ++i) hashes[i] = hash_of(frames[i]);
    XXH3_128bits_update(&state_->whole, hashes.data(), count * sizeof(uint64_t));
    frames = frames.subspan(count);
  }
}

std::string FrameHash::hex() const {
  const XXH128_hash_t hash = XXH3_128bits_digest(&state_->whole);
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

}  // namespace yagura::capture
