// SPDX-License-Identifier: Apache-2.0
#include "base/random.h"

#include <gtest/gtest.h>

#include <vector>

namespace yagura {
namespace {

TEST(Random, IsSplitMix64) {
  // First values for the seed 1234567, from the reference implementation by S. Vigna.
  Random random(1234567);
  EXPECT_EQ(random.next(), 6457827717110365317ULL);
  EXPECT_EQ(random.next(), 3203168211198807973ULL);
  EXPECT_EQ(random.next(), 9817491932198370423ULL);
}

TEST(Random, DrawsFractionsOfOneEvenly) {
  Random random(7);
  double sum = 0;
  for (int i = 0; i < 10000; ++i) {
    const double x = random.unit();
    ASSERT_GE(x, 0.0);
    ASSERT_LT(x, 1.0);
    sum += x;
  }
  EXPECT_NEAR(sum / 10000, 0.5, 0.02);  // seven standard errors
}

TEST(Random, DrawsEveryValueBelowALimitAndNoOther) {
  Random random(1);
  std::vector<int> seen(7);
  for (int i = 0; i < 7000; ++i) ++seen.at(random.below(7));
  for (const int count : seen) EXPECT_NEAR(count, 1000, 150);
  for (int i = 0; i < 100; ++i) {
    const uint16_t value = random.between(10, 12);
    EXPECT_TRUE(10 <= value && value <= 12);
  }
}

TEST(Permutation, GivesEveryPlaceExactlyOnceForAnySize) {
  for (const uint64_t size :
       {1U, 2U, 3U, 4U, 5U, 7U, 8U, 9U, 31U, 100U, 255U, 256U, 257U, 4096U, 100003U}) {
    for (const uint64_t seed : {0U, 1U, 99U}) {
      const Permutation permutation(size, seed);
      std::vector<bool> taken(size);
      for (uint64_t i = 0; i < size; ++i) {
        const uint64_t place = permutation(i);
        ASSERT_LT(place, size);
        ASSERT_FALSE(taken[place]) << "size " << size << ", seed " << seed << ", at " << i;
        taken[place] = true;
      }
    }
  }
}

TEST(Permutation, SpreadsNeighboursOverTheWholeRange) {
  const Permutation permutation(1'000'000, 5);
  std::vector<int> tenths(10);
  for (uint64_t i = 0; i < 10'000; ++i) ++tenths[permutation(i) / 100'000];
  for (const int count : tenths) EXPECT_NEAR(count, 1000, 200);
}

}  // namespace
}  // namespace yagura
