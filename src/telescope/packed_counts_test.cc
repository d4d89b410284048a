// SPDX-License-Identifier: Apache-2.0
#include "telescope/packed_counts.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "base/result_for_tests.h"

namespace yagura::telescope {
namespace {

std::vector<int64_t> unpacked(const PackedCounts& counts) {
  std::vector<int64_t> sums(counts.end());
  counts.add_to(sums);
  return sums;
}

TEST(PackedCountsTest, GiveBackWhatWasAddedWhateverItsSize) {
  std::mt19937_64 random(5);
  for (int round = 0; round < 200; ++round) {
    PackedCounts packed;
    std::vector<int64_t> expected(6 * PackedCounts::block_size);
    for (int i = 0; i < 8; ++i) {  // some blocks twice, some never
      const size_t block = random() % 6;
      std::vector<int64_t> counts(random() % (PackedCounts::block_size + 1));
      const uint64_t tenths = random() % 11;  // that are not 0
      const int64_t bound = int64_t{1} << (random() % 60);
      for (int64_t& count : counts)
        if (random() % 10 < tenths) count = static_cast<int64_t>(random()) % bound;
      if (random() % 2 == 0)
        for (int64_t& count : counts) count = std::abs(count);
      packed.add(block, counts);
      for (size_t at = 0; at < counts.size(); ++at)
        expected[block * PackedCounts::block_size + at] += counts[at];
    }
    for (size_t index = 0; index < expected.size(); ++index)
      ASSERT_EQ(packed[index], expected[index]) << index;
    EXPECT_EQ(packed[expected.size() + 1000], 0);
    std::vector<int64_t> sums = unpacked(packed);
    sums.resize(expected.size());
    EXPECT_EQ(sums, expected);
  }
}

TEST(PackedCountsTest, HoldTheLargestOfEachWidthAndTheNext) {
  for (const int64_t limit :
       {int64_t{std::numeric_limits<uint8_t>::max()}, int64_t{std::numeric_limits<uint16_t>::max()},
        int64_t{std::numeric_limits<uint32_t>::max()}, std::numeric_limits<int64_t>::max() - 1})
    for (const int64_t count : {limit, limit + 1, -limit}) {
      PackedCounts packed;
      packed.add(1, std::vector{int64_t{1}, count});
      EXPECT_EQ(packed[PackedCounts::block_size + 1], count);
      EXPECT_GE(packed.end(), PackedCounts::block_size + 2);
    }
}

TEST(PackedCountsTest, NothingButZerosTakesNoMemory) {
  PackedCounts packed;
  packed.add(200, std::vector<int64_t>(PackedCounts::block_size));
  EXPECT_EQ(packed.bytes(), 0u);
  EXPECT_EQ(packed.end(), 0u);
}

TEST(PackedCountsTest, SmallCountsTakeAByteEach) {
  PackedCounts packed;
  packed.add(0, std::vector<int64_t>(PackedCounts::block_size, 200));
  packed.shrink();
  EXPECT_LE(packed.bytes(), PackedCounts::block_size + 16);
}

TEST(PackedCountsTest, FewCountsAmongZerosTakeABitForEachZero) {
  std::vector<int64_t> counts(PackedCounts::block_size);
  for (size_t i = 5; i < counts.size(); i += 10) counts[i] = 1000;
  PackedCounts packed;
  packed.add(0, counts);
  packed.shrink();
  EXPECT_LE(packed.bytes(), PackedCounts::block_size / 8 + 26 * 2 + 16);
  for (size_t i = 0; i < counts.size(); ++i) ASSERT_EQ(packed[i], counts[i]);
}

TEST(PackedCountsTest, CountsThatCancelOutAreGone) {
  PackedCounts packed;
  packed.add(0, std::vector<int64_t>{3, 5});
  packed.add(0, std::vector<int64_t>{-3, -5});
  EXPECT_EQ(packed[0], 0);
  EXPECT_EQ(packed[1], 0);
  EXPECT_EQ(unpacked(packed), std::vector<int64_t>(packed.end()));
}

PackedCounts random_counts(std::mt19937_64& random, std::vector<int64_t>& sums) {
  PackedCounts packed;
  for (int i = 0; i < 5; ++i) {
    const size_t block = random() % 6;
    std::vector<int64_t> counts(random() % (PackedCounts::block_size + 1));
    const uint64_t tenths = random() % 11;  // that are not 0
    const int64_t bound = int64_t{1} << (random() % 60);
    for (int64_t& count : counts)
      if (random() % 10 < tenths) count = static_cast<int64_t>(random()) % bound;
    packed.add(block, counts);
    for (size_t at = 0; at < counts.size(); ++at)
      sums[block * PackedCounts::block_size + at] += counts[at];
  }
  return packed;
}

TEST(PackedCountsTest, WrittenOnesAreReadAgainAndAddUp) {
  std::mt19937_64 random(6);
  for (int round = 0; round < 200; ++round) {
    std::vector<int64_t> expected(6 * PackedCounts::block_size);
    std::string first, second;
    random_counts(random, expected).write_to(first);
    PackedCounts once;
    succeeded(once.add_written(first));
    for (size_t index = 0; index < expected.size(); ++index)
      ASSERT_EQ(once[index], expected[index]) << index;
    std::string again;
    once.write_to(again);
    EXPECT_EQ(again, first);
    random_counts(random, expected).write_to(second);
    PackedCounts sum;
    succeeded(sum.add_written(first + second));
    succeeded(once.add_written(second));
    for (size_t index = 0; index < expected.size(); ++index) {
      ASSERT_EQ(sum[index], expected[index]) << index;
      ASSERT_EQ(once[index], expected[index]) << index;
    }
  }
}

TEST(PackedCountsTest, BytesThatAreNoCountsAreRefused) {
  PackedCounts packed;
  std::vector<int64_t> few(PackedCounts::block_size);
  few[3] = few[200] = 7;
  packed.add(0, few);
  packed.add(2, std::vector<int64_t>{1, 2, 3});
  std::string sound;
  packed.write_to(sound);
  for (size_t size = 1; size < sound.size(); ++size) {
    const bool whole_block = size == 4 + 32 + 2;
    EXPECT_EQ(PackedCounts().add_written(sound.substr(0, size)).has_value(), whole_block) << size;
  }
  const auto with = [&](size_t at, char byte) {
    std::string bytes = sound;
    bytes[at] = byte;
    return bytes;
  };
  EXPECT_FALSE(PackedCounts().add_written(with(3, 3)));                 // a width of 3
  EXPECT_FALSE(PackedCounts().add_written(with(3, 16)));                // of 16
  EXPECT_FALSE(PackedCounts().add_written(with(3, 0)));                 // of none
  EXPECT_FALSE(PackedCounts().add_written(with(4 + 9, '\x01')));        // a bit more than counts
  EXPECT_TRUE(PackedCounts().add_written(with(sound.size() - 1, 77)));  // a count
}

}  // namespace
}  // namespace yagura::telescope
