// SPDX-License-Identifier: Apache-2.0
#include "telescope/port_counts.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <utility>

namespace yagura::telescope {
namespace {

TEST(PortCountsTest, AStretchIsTouchedFromTheFirstCountUntilItIsCleared) {
  PortCounts counts;
  for (size_t i = 0; i < PortCounts::stretches; ++i) EXPECT_FALSE(counts.touched(i));
  counts.add(63, {5, 1});
  counts.add(63, {-2, 1});
  counts.add(65535, {1, 1});
  EXPECT_TRUE(counts.touched(0));
  EXPECT_FALSE(counts.touched(1));
  EXPECT_TRUE(counts.touched(PortCounts::stretches - 1));
  EXPECT_EQ(counts[63].packets, 3);
  EXPECT_EQ(counts[63].hosts, 2);
  EXPECT_TRUE(counts[64].zero());
  counts.clear(0);
  EXPECT_FALSE(counts.touched(0));
  EXPECT_TRUE(counts[63].zero());
  EXPECT_EQ(counts[65535].packets, 1);
}

TEST(SurveyPortsTest, AgreeWithAMapHoweverManyComeInWhateverOrder) {
  std::mt19937_64 random(5);
  SurveyPorts ports;
  for (const size_t n : {size_t{0}, size_t{1}, size_t{100}, SurveyPorts::notes_max * 5 / 2}) {
    for (const uint64_t keys : {uint64_t{50}, uint64_t{1} << SurveyPorts::key_bits}) {
      std::map<uint64_t, std::pair<int64_t, int64_t>> twin;
      for (size_t i = 0; i < n; ++i) {
        const uint64_t key = random() % keys;
        const Count count{static_cast<int64_t>(random() % 100) - 50,
                          static_cast<int64_t>(random() % 3) - 1};
        ports.add(key, count);
        twin[key].first += count.packets;
        twin[key].second += count.hosts;
      }
      const auto& sums = ports.sums();
      ASSERT_EQ(sums.size(), twin.size());
      size_t i = 0;
      for (const auto& [key, sum] : twin) {
        ASSERT_EQ(sums[i].key, key);
        ASSERT_EQ(sums[i].count.packets, sum.first);
        ASSERT_EQ(sums[i].count.hosts, sum.second);
        ++i;
      }
      ports.clear();
      EXPECT_TRUE(ports.sums().empty());
    }
  }
}

}  // namespace
}  // namespace yagura::telescope
