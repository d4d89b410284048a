// SPDX-License-Identifier: Apache-2.0
#include "capture/frame_hash.h"

#define XXH_INLINE_ALL
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <xxhash.h>

#include <algorithm>
#include <random>
#include <vector>

namespace yagura::capture {
namespace {

// What frame_hash.h says, one frame after the other.
std::string plainly(const std::vector<Frame>& frames) {
  std::vector<uint64_t> hashes;
  for (const Frame& frame : frames) {
    const uint64_t seed =
        (static_cast<uint64_t>(frame.time) * 0x9e3779b97f4a7c15) ^
        ((uint64_t{frame.captured_length} << 32 | frame.wire_length) * 0xbb67ae8584caa73b) ^
        static_cast<uint64_t>(frame.link) << 48;
    hashes.push_back(XXH3_64bits_withSeed(
        frame.data, std::min<size_t>(frame.captured_length, hashed_bytes), seed));
  }
  const XXH128_hash_t hash = XXH3_128bits(hashes.data(), hashes.size() * sizeof(uint64_t));
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

TEST(FrameHashTest, HashesFramesOfEveryLengthAsDescribed) {
  std::mt19937_64 random(1);
  std::vector<uint8_t> bytes(max_frame);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
  std::vector<Frame> frames;
  const auto add = [&](uint32_t length) {
    frames.push_back({static_cast<int64_t>(random() >> 2), &bytes[random() % 100], length,
                      static_cast<uint32_t>(random()), LinkType::ethernet});
  };
  for (uint32_t length = 0; length < 300; ++length) add(length);
  for (int i = 0; i < 2000; ++i) add(static_cast<uint32_t>(random() % 100));
  add(max_frame - 100);

  FrameHash at_once, in_pieces;
  at_once.add(frames);
  for (std::span<const Frame> rest = frames; !rest.empty();) {
    const size_t count = std::min<size_t>(rest.size(), random() % 130);
    in_pieces.add(rest.first(count));
    rest = rest.subspan(count);
  }
  EXPECT_EQ(at_once.hex(), plainly(frames));
  EXPECT_EQ(in_pieces.hex(), plainly(frames));
}

// Ledgers keep these hashes: they never change.
TEST(FrameHashTest, GivesTheHashesThatLedgersHold) {
  std::vector<uint8_t> bytes(100);
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(i * 7);
  const std::vector<Frame> frames = {
      {1'700'000'000'000'000'001, bytes.data(), 60, 60, LinkType::ethernet},
      {1'700'000'000'000'000'002, bytes.data(), 100, 1500, LinkType::ethernet},
      {1'700'000'000'000'000'003, bytes.data(), 20, 20, LinkType::raw_ip},
  };
  FrameHash hash;
  hash.add(frames);
  EXPECT_EQ(hash.hex(), "08121ade1d5013e6ecac96d6d0b75f8e");
}

}  // namespace
}  // namespace yagura::capture
