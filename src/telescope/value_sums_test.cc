// SPDX-License-Identifier: Apache-2.0
#include "telescope/value_sums.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <tuple>

namespace yagura::telescope {
namespace {

std::vector<std::tuple<Dimension, uint32_t, int64_t>> tuples(const ValueSums& sums) {
  std::vector<std::tuple<Dimension, uint32_t, int64_t>> all;
  for (const ValueSum& sum : sums) all.emplace_back(sum.dimension, sum.value, sum.sum);
  return all;
}

// In order of dimension and value, each once.
ValueSums random_sums(std::mt19937_64& random, size_t count) {
  std::map<std::pair<Dimension, uint32_t>, int64_t> sums;
  for (size_t i = 0; i < count; ++i)
    sums[{random() % 2 == 0 ? Dimension::tcp_port : Dimension::udp_port,
          static_cast<uint32_t>(random() % 60)}] = static_cast<int64_t>(random() % 9) - 2;
  ValueSums list;
  for (const auto& [key, sum] : sums) list.push_back({key.first, key.second, sum});
  return list;
}

TEST(ValueSumsTest, TheGreatestComeFirst) {
  std::mt19937_64 random(4);
  for (int round = 0; round < 100; ++round) {
    const ValueSums sums = random_sums(random, random() % 80);
    ValueSums expected = sums;
    std::erase_if(expected, [](const ValueSum& sum) { return sum.sum <= 0; });
    // Stable over the order of dimension and value: ties stay in it.
    std::stable_sort(expected.begin(), expected.end(),
                     [](const ValueSum& a, const ValueSum& b) { return a.sum > b.sum; });
    const uint64_t offset = random() % 20, limit = random() % 20;
    expected.erase(expected.begin(),
                   expected.begin() +
                       static_cast<std::ptrdiff_t>(std::min<uint64_t>(offset, expected.size())));
    expected.resize(std::min<uint64_t>(limit, expected.size()));
    EXPECT_EQ(tuples(leading(sums, offset, limit)), tuples(expected));
  }
}

}  // namespace
}  // namespace yagura::telescope
