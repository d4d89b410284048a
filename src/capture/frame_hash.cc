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

// Of more than half of what is hashed at most. The hash of all such sizes is the same few
// multiplications: flattened, all of its branches on the size are gone.
[[gnu::flatten]] uint64_t hash_of_most(const uint8_t* data, size_t size, uint64_t seed) {
  if (size <= hashed_bytes / 2 || size > hashed_bytes) __builtin_unreachable();
  return XXH3_64bits_withSeed(data, size, seed);
}

// The smaller of the two, without a branch: the shortest frames of Ethernet have fewer bytes than
// are hashed and come mixed with longer ones, so that every second branch would be foreseen
// wrongly.
size_t hashed_size(uint32_t captured_length) {
  const int64_t beyond = int64_t{captured_length} - static_cast<int64_t>(hashed_bytes);
  return hashed_bytes + static_cast<size_t>(beyond & (beyond >> 63));
}

uint64_t hash_of(const Frame& frame) {
  const uint64_t seed = seed_of(frame);
  const size_t size = hashed_size(frame.captured_length);
  if (size > hashed_bytes / 2) [[likely]]
    return hash_of_most(frame.data, size, seed);
  return XXH3_64bits_withSeed(frame.data, size, seed);
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
