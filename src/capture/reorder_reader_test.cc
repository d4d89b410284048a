// SPDX-License-Identifier: Apache-2.0
#include "capture/reorder_reader.h"

#include <gtest/gtest.h>

#include <random>

#include "capture/captures_for_tests.h"

namespace yagura::capture {
namespace {

using testing::ByteString;
using testing::pcap_file;
using testing::TestFrame;

constexpr int64_t second = 1'000'000'000;

struct Reading {
  std::vector<int64_t> times;
  uint64_t late = 0;
  bool intact = true;  // each frame's bytes are those of its time
};

// A frame of `size` bytes that all tell its time.
TestFrame frame_at(int64_t time, size_t size) {
  return {time, ByteString(size, static_cast<uint8_t>(time % 251))};
}

Reading read_all(const std::vector<TestFrame>& frames, ReorderLimits limits,
                 size_t block_size = 256 * 1024) {
  const ByteString file = pcap_file(frames);
  auto inner = *CaptureReader::open(memory_source(file), block_size, true);
  ReorderReader reader(std::move(inner), limits);
  Reading reading;
  std::array<Frame, 100> some;
  while (true) {
    const auto [count, stop] = reader.read(no_limit, some);
    for (const Frame& frame : std::span(some).first(count)) {
      reading.times.push_back(frame.time);
      for (uint32_t i = 0; i < frame.captured_length; ++i)
        reading.intact &= frame.data[i] == static_cast<uint8_t>(frame.time % 251);
    }
    if (stop != FrameReader::Stop::refill) continue;
    const auto more = reader.refill();
    if (!more || !*more) break;
  }
  reading.late = reader.late();
  return reading;
}

TEST(ReorderReaderTest, PutsFramesInOrderWithinTheLateness) {
  std::mt19937 random(2);
  std::vector<TestFrame> frames;
  std::vector<int64_t> expected;
  for (int i = 0; i < 50'000; ++i) {
    const int64_t time = i * 10'000'000LL + static_cast<int64_t>(random() % (4 * second));
    frames.push_back(frame_at(time, 60 + random() % 900));
    expected.push_back(time);
  }
  std::sort(expected.begin(), expected.end());
  for (const size_t block_size : {size_t{40'000}, size_t{256 * 1024}}) {
    const Reading reading = read_all(frames, {}, block_size);
    EXPECT_EQ(reading.times, expected);
    EXPECT_EQ(reading.late, 0u);
    EXPECT_TRUE(reading.intact);
  }
}

TEST(ReorderReaderTest, CountsFramesThatComeAfterTheirTurn) {
  std::vector<TestFrame> frames;
  for (int i = 0; i < 20'000; ++i) frames.push_back(frame_at(i * second / 100, 200));
  frames.push_back(frame_at(1 * second, 200));
  const Reading reading = read_all(frames, {}, 64 * 1024);
  EXPECT_EQ(reading.times.size(), 20'000u);
  EXPECT_EQ(reading.late, 1u);
}

TEST(ReorderReaderTest, HoldsNoMoreThanItsLimits) {
  ReorderLimits limits;
  limits.frames = 100;
  std::vector<TestFrame> frames;
  for (int i = 1; i <= 5000; ++i) frames.push_back(frame_at(i, 200));
  frames.push_back(frame_at(4950, 200));  // 50 frames back: waits still
  frames.push_back(frame_at(1000, 200));  // left long ago
  EXPECT_EQ(read_all(frames, limits, 32 * 1024).late, 1u);
  limits.frames = 65'536;
  limits.bytes = 100 * 200;
  EXPECT_EQ(read_all(frames, limits, 32 * 1024).late, 1u);
}

// One frame with a clock far ahead must neither pin the memory of all blocks after it nor make the
// frames behind it late.
TEST(ReorderReaderTest, MovesAFrameThatWaitsLongOutOfItsBlock) {
  ReorderLimits limits;
  limits.blocks = 2;
  std::vector<TestFrame> frames = {frame_at(1, 100), frame_at(1'000'000 * second, 100)};
  for (int i = 0; i < 20'000; ++i) frames.push_back(frame_at(2 + i, 100));
  const Reading reading = read_all(frames, limits, 32 * 1024);
  EXPECT_EQ(reading.times.size(), frames.size());
  EXPECT_EQ(reading.times.back(), 1'000'000 * second);
  EXPECT_EQ(reading.late, 0u);
  EXPECT_TRUE(reading.intact);
}

}  // namespace
}  // namespace yagura::capture
