// SPDX-License-Identifier: Apache-2.0
#include "telescope/port_block.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <initializer_list>
#include <map>
#include <random>
#include <tuple>
#include <vector>

namespace yagura::telescope {
namespace {

using Key = std::tuple<Level, uint32_t, Dimension, uint32_t, PacketClass, bool>;
using Sums = std::map<Key, std::pair<int64_t, int64_t>>;

// What the rows say of each port, and how many rows there were.
struct Folded {
  Sums sums;
  size_t rows = 0;
};

Folded folded(const std::vector<NumbersRow>& numbers) {
  PortBlock block;
  Folded result;
  const auto take = [&] {
    block.take([&](const PortNumbersRow& row) {
      ++result.rows;
      EXPECT_EQ(row.packets.size(), row.hosts.size());
      EXPECT_EQ(row.commit, 0u);
      for (size_t i = 0; i < row.packets.size(); ++i) {
        if (row.packets[i] == 0 && row.hosts[i] == 0) continue;
        auto& sum = result.sums[{row.level, row.time, row.dimension,
                                 static_cast<uint32_t>(row.block * ports_of_block + i), row.class_,
                                 row.survey == 1}];
        sum.first += row.packets[i];
        sum.second += row.hosts[i];
      }
    });
  };
  for (const NumbersRow& row : numbers) {
    if (!block.fits(row)) take();
    block.add(row);
  }
  take();
  take();  // nothing is left
  return result;
}

std::vector<NumbersRow> random_numbers(std::mt19937_64& random, size_t count) {
  std::vector<NumbersRow> numbers(count);
  for (NumbersRow& row : numbers) {
    row.level = static_cast<Level>(1 + random() % 3);
    row.time = static_cast<uint32_t>(random() % 3) * 3600;
    row.dimension = random() % 2 == 0 ? Dimension::tcp_port : Dimension::udp_port;
    row.value = static_cast<uint32_t>(random() % 4 == 0 ? 65'535 - random() % 3 : random() % 600);
    row.class_ = static_cast<PacketClass>(random() % class_count);
    row.organisation = static_cast<uint16_t>(random() % 3);
    row.packets = static_cast<int64_t>(random() % 100) - 20;
    row.hosts = static_cast<int64_t>(random() % 10) - 2;
  }
  return numbers;
}

auto place_of(const NumbersRow& row) {
  return std::tuple(row.level, row.time, row.dimension, row.value, row.class_, row.organisation);
}

Sums sums_of(const std::vector<NumbersRow>& numbers) {
  Sums sums;
  for (const NumbersRow& row : numbers) {
    auto& sum =
        sums[{row.level, row.time, row.dimension, row.value, row.class_, row.organisation != 0}];
    sum.first += row.packets;
    sum.second += row.hosts;
  }
  std::erase_if(sums,
                [](const auto& entry) { return entry.second == std::pair<int64_t, int64_t>(); });
  return sums;
}

TEST(PortBlockTest, RowsSayOfEachPortWhatItsNumbersSay) {
  std::mt19937_64 random(21);
  for (const size_t count : {0u, 1u, 2u, 30u, 3000u}) {
    auto numbers = random_numbers(random, count);
    const Sums expected = sums_of(numbers);
    auto unordered = folded(numbers).sums;
    std::erase_if(unordered,
                  [](const auto& entry) { return entry.second == std::pair<int64_t, int64_t>(); });
    EXPECT_EQ(unordered, expected);
    std::sort(numbers.begin(), numbers.end(),
              [](const auto& a, const auto& b) { return place_of(a) < place_of(b); });
    EXPECT_EQ(folded(numbers).sums, expected);
  }
}

TEST(PortBlockTest, NumbersInOrderGiveOneRowForABlockAClassAndSurveyOrNot) {
  std::vector<NumbersRow> numbers;
  for (const uint32_t port : {0u, 23u, 31u, 32u, 63u, 65'535u})
    for (const uint16_t organisation : std::initializer_list<uint16_t>{0, 4, 5}) {
      NumbersRow row;
      row.dimension = Dimension::tcp_port;
      row.value = port;
      row.class_ = PacketClass::scan_tcp;
      row.organisation = organisation;
      row.packets = row.hosts = 1;
      numbers.push_back(row);
    }
  const Folded result = folded(numbers);
  EXPECT_EQ(result.rows, 3u * 2);
  EXPECT_EQ(result.sums.size(), 6u * 2);
  EXPECT_EQ(result.sums, sums_of(numbers));
}

TEST(PortBlockTest, ARowEndsWithItsLastPortThatWasSeen) {
  NumbersRow row;
  row.dimension = Dimension::udp_port;
  row.value = 32 + 21;
  row.packets = 2;
  row.hosts = 1;
  PortBlock block;
  block.add(row);
  int rows = 0;
  block.take([&](const PortNumbersRow& taken) {
    ++rows;
    EXPECT_EQ(taken.block, 1);
    ASSERT_EQ(taken.packets.size(), 22u);
    EXPECT_EQ(taken.packets[21], 2);
    EXPECT_EQ(taken.hosts[21], 1);
    EXPECT_EQ(taken.packets[0], 0);
  });
  EXPECT_EQ(rows, 1);
}

}  // namespace
}  // namespace yagura::telescope
