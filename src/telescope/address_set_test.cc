// SPDX-License-Identifier: Apache-2.0
#include "telescope/address_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <vector>

namespace yagura::telescope {
namespace {

// The set's values, one question each.
std::vector<uint32_t> missing(const AddressSet& set, const Arena& arena,
                              const std::set<uint32_t>& expected) {
  std::vector<uint32_t> out;
  for (const uint32_t value : expected)
    if (!set.contains(arena, value)) out.push_back(value);
  return out;
}

void add(AddressSet& set, Arena& arena, std::vector<uint32_t> values) { set.add(arena, values); }

TEST(AddressSet, CountsDistinctValues) {
  Arena arena;
  AddressSet set;
  EXPECT_EQ(set.size(), 0u);
  add(set, arena, {7});
  add(set, arena, {7, 7});
  EXPECT_EQ(set.size(), 1u);
  add(set, arena, {3, 7});
  EXPECT_EQ(set.size(), 2u);
  EXPECT_EQ(arena.live_bytes(), 0u) << "two values need no block";
  add(set, arena, {0xffffffff, 0});
  EXPECT_EQ(set.size(), 4u);
  EXPECT_TRUE(set.contains(arena, 0));
  EXPECT_TRUE(set.contains(arena, 0xffffffff));
  EXPECT_FALSE(set.contains(arena, 1));
  EXPECT_FALSE(set.contains(arena, 0x80000000));
}

TEST(AddressSet, NeedsNoMoreThanABitmapOfTheSpace) {
  Arena arena;
  AddressSet set;
  for (uint32_t i = 0; i < 65536; ++i) add(set, arena, {i * 40503 & 0xffff});
  EXPECT_EQ(set.size(), 65536u);
  EXPECT_EQ(arena.live_bytes(), 8192u);
  set.clear(arena);
  EXPECT_EQ(arena.live_bytes(), 0u);
  EXPECT_EQ(set.size(), 0u);
}

TEST(AddressSet, HoldsWhatWasAddedAroundEverySizeOfItsForms) {
  // Around every size at which the way to add changes, one by one and many at once, with two bytes
  // a value and with four, and from two to four on the way.
  for (const uint32_t size : {3U, 7U, 8U, 9U, 64U, 95U, 96U, 97U, 511U, 512U, 513U, 600U, 1500U})
    for (const uint32_t widest : {0xffffU, 0x10000U, 0xffffffffU})
      for (const uint32_t step : {1U, 3U, 4U, 5U, 11U, 400U}) {
        Arena arena;
        AddressSet set;
        std::set<uint32_t> twin;
        for (uint32_t i = 0; i < size; i += step) {
          std::vector<uint32_t> values;
          for (uint32_t k = i; k < std::min(i + step, size); ++k)
            values.push_back(k == size / 2 ? widest : k * 40503 & 0xffff);
          twin.insert(values.begin(), values.end());
          add(set, arena, values);
          add(set, arena, values);
        }
        ASSERT_EQ(set.size(), twin.size()) << size << " " << widest << " " << step;
        ASSERT_EQ(missing(set, arena, twin), std::vector<uint32_t>());
        ASSERT_FALSE(set.contains(arena, 0x10001));
        ByteWriter out;
        set.save(arena, out);
        ByteReader in(out.bytes());
        AddressSet loaded;
        ASSERT_TRUE(loaded.load(arena, in));
        EXPECT_EQ(in.remaining(), 0u);
        add(loaded, arena, {twin.begin(), twin.end()});
        ASSERT_EQ(loaded.size(), twin.size());
        ASSERT_FALSE(loaded.contains(arena, 0x10001));
        loaded.clear(arena);
        set.clear(arena);
        EXPECT_EQ(arena.live_bytes(), 0u);
      }
}

TEST(AddressSet, TakesTwoBytesForAPositionInASlash16) {
  Arena arena;
  AddressSet set;
  for (uint32_t i = 0; i < 384; ++i) add(set, arena, {i * 40503 & 0xffff});
  EXPECT_EQ(arena.live_bytes(), 768u);
  add(set, arena, {65536});
  EXPECT_EQ(arena.live_bytes(), 2048u);  // four each, and the next size of block
}

TEST(AddressSet, AgreesWithAPlainSetOnRandomInput) {
  std::minstd_rand random(1);
  const auto below = [&](uint32_t n) { return static_cast<uint32_t>(random()) % n; };
  Arena arena;
  std::vector<AddressSet> sets(40);
  std::vector<std::set<uint32_t>> twins(sets.size());
  for (int round = 0; round < 4000; ++round) {
    const size_t i = below(static_cast<uint32_t>(sets.size()));
    // Universes from a handful to 2^32, changing over the life of a set.
    const uint32_t bits = 2 + (static_cast<uint32_t>(i) + below(3) * 7) % 31;
    std::vector<uint32_t> values(below(4) == 0 ? below(300) : below(6));
    for (uint32_t& value : values) {
      value =
          (static_cast<uint32_t>(random()) << 8 ^ static_cast<uint32_t>(random())) >> (32 - bits);
      twins[i].insert(value);
    }
    add(sets[i], arena, values);
    ASSERT_EQ(sets[i].size(), twins[i].size());
    if (round % 16 == 0) {
      ASSERT_EQ(missing(sets[i], arena, twins[i]), std::vector<uint32_t>());
      for (int k = 0; k < 20; ++k) {
        const uint32_t value = below(1U << 16);
        ASSERT_EQ(sets[i].contains(arena, value), twins[i].contains(value));
      }
    }
    if (below(50) == 0) {
      sets[i].clear(arena);
      twins[i].clear();
    }
    if (below(500) == 0) {  // into a new arena
      Arena fresh;
      for (AddressSet& set : sets) set.move(arena, fresh);
      EXPECT_EQ(arena.live_bytes(), 0u);
      arena = std::move(fresh);
    }
    if (below(100) == 0) {
      ByteWriter out;
      sets[i].save(arena, out);
      sets[i].clear(arena);
      ByteReader in(out.bytes());
      ASSERT_TRUE(sets[i].load(arena, in));
      EXPECT_EQ(in.remaining(), 0u);
      ASSERT_EQ(missing(sets[i], arena, twins[i]), std::vector<uint32_t>());
    }
  }
  for (AddressSet& set : sets) set.clear(arena);
  EXPECT_EQ(arena.live_bytes(), 0u);
}

TEST(AddressSet, RefusesDamagedBytes) {
  Arena arena;
  AddressSet set;
  add(set, arena, {10, 2000, 300000, 40, 5});
  ByteWriter out;
  set.save(arena, out);
  for (size_t size = 0; size < out.bytes().size(); ++size) {
    AddressSet other;
    ByteReader in(std::string_view(out.bytes()).substr(0, size));
    EXPECT_FALSE(other.load(arena, in)) << size;
    EXPECT_EQ(other.size(), 0u);
  }
  std::string bytes = out.bytes();
  bytes[0] = 25;  // a bitmap larger than any
  AddressSet other;
  ByteReader in(bytes);
  EXPECT_FALSE(other.load(arena, in));
}

TEST(AddressSet, RefusesALongArrayThatDoesNotRise) {
  Arena arena;
  AddressSet set;
  for (uint32_t i = 0; i < 600; ++i) add(set, arena, {0x10000 + i * 1000});
  ByteWriter out;
  set.save(arena, out);
  std::string bytes = out.bytes();
  bytes[8] = 127;  // the highest byte of the first value
  AddressSet other;
  ByteReader in(bytes);
  EXPECT_FALSE(other.load(arena, in));
}

TEST(Arena, UsesReleasedBlocksAgain) {
  Arena arena;
  std::vector<Arena::Block> blocks;
  for (int i = 0; i < 1000; ++i) blocks.push_back(arena.allocate(100));
  EXPECT_EQ(arena.live_bytes(), 128'000u);
  const size_t held = arena.memory_bytes();
  for (const Arena::Block block : blocks) arena.release(block, 100);
  for (int i = 0; i < 1000; ++i) arena.allocate(128);
  EXPECT_EQ(arena.memory_bytes(), held);
  const Arena::Block large = arena.allocate(9 << 20);
  arena.at<std::byte>(large)[(9 << 20) - 1] = std::byte{1};
  EXPECT_GT(arena.memory_bytes(), held + (9 << 20));
  arena.release(large, 9 << 20);
  EXPECT_EQ(arena.memory_bytes(), held) << "a block larger than a chunk goes back at once";
}

TEST(Arena, HasBlocksBetweenThePowersOfTwo) {
  EXPECT_EQ(Arena::rounded(0), 16u);
  EXPECT_EQ(Arena::rounded(33), 48u);
  EXPECT_EQ(Arena::rounded(49), 64u);
  EXPECT_EQ(Arena::rounded(65), 96u);
  EXPECT_EQ(Arena::rounded(97), 128u);
  EXPECT_EQ(Arena::rounded((1 << 19) + 1), 3u << 18);
}

TEST(Arena, GivesOutTheRestOfAChunk) {
  Arena arena;
  arena.allocate(16);
  arena.allocate(1 << 20);  // does not fit behind it
  const size_t held = arena.memory_bytes();
  size_t got = 0;
  for (size_t size = 1 << 19; size >= 16; size /= 2, ++got) arena.allocate(size);
  EXPECT_EQ(arena.memory_bytes(), held);
  EXPECT_EQ(got, 16u);
}

}  // namespace
}  // namespace yagura::telescope
