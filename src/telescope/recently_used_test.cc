// SPDX-License-Identifier: Apache-2.0
#include "telescope/recently_used.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "telescope/packed_counts.h"

namespace yagura::telescope {
namespace {

std::shared_ptr<const PackedCounts> of_size(size_t counts) {
  auto packed = std::make_shared<PackedCounts>();
  for (size_t at = 0; at < counts; at += PackedCounts::block_size)
    packed->add(at / PackedCounts::block_size, std::vector<int64_t>(PackedCounts::block_size, 1));
  packed->shrink();
  return packed;
}

TEST(RecentlyUsedTest, WhatWasAskedForTheLongestAgoGoesFirst) {
  RecentlyUsed<int, PackedCounts> kept(size_t{100'000});
  for (int key = 1; key <= 3; ++key) kept.keep(key, of_size(25'600));
  EXPECT_TRUE(kept.find(1));
  kept.keep(4, of_size(25'600));
  EXPECT_FALSE(kept.find(2));
  for (const int key : {1, 3, 4}) EXPECT_TRUE(kept.find(key)) << key;
}

TEST(RecentlyUsedTest, WhatIsAloneStaysHoweverLarge) {
  RecentlyUsed<int, PackedCounts> kept(size_t{1000});
  kept.keep(1, of_size(25'600));
  EXPECT_TRUE(kept.find(1));
  kept.keep(2, of_size(25'600));
  EXPECT_FALSE(kept.find(1));
  EXPECT_TRUE(kept.find(2));
}

TEST(RecentlyUsedTest, TheSameKeyTakesThePlaceOfWhatWasThere) {
  RecentlyUsed<int, PackedCounts> kept(size_t{60'000});
  const auto newer = of_size(25'600);
  kept.keep(7, of_size(25'600));
  kept.keep(1, of_size(25'600));
  for (int i = 0; i < 10; ++i) kept.keep(7, newer);
  EXPECT_EQ(kept.find(7), newer);
  EXPECT_TRUE(kept.find(1)) << "what was replaced does not count";
}

TEST(RecentlyUsedTest, AStretchOfKeysIsDropped) {
  RecentlyUsed<int, PackedCounts> kept(size_t{1'000'000});
  for (int key = 0; key < 6; ++key) kept.keep(key, of_size(256));
  kept.drop_between(2, 4);
  for (int key = 0; key < 6; ++key) EXPECT_EQ(kept.find(key) == nullptr, key == 2 || key == 3);
  kept.clear();
  EXPECT_FALSE(kept.find(0));
}

}  // namespace
}  // namespace yagura::telescope
