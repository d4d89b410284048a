// SPDX-License-Identifier: Apache-2.0
#include "telescope/sheet_builder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <tuple>
#include <utility>
#include <vector>

#include "base/result_for_tests.h"
#include "telescope/packed_counts.h"
#include "telescope/port_block.h"

namespace yagura::telescope {
namespace {

using Key = std::tuple<Level, uint32_t, Dimension, uint32_t, PacketClass, bool>;
using Sums = std::map<Key, std::pair<int64_t, int64_t>>;

// What the rows say of each value, and how many rows there were.
struct Folded {
  Sums sums;
  size_t rows = 0;
};

void add_row(const NumberSheetRow& row, Folded& result) {
  ++result.rows;
  EXPECT_EQ(row.commit, 0u);
  EXPECT_EQ(row.values.empty(), is_port(row.dimension));
  PackedCounts packets, hosts;
  succeeded(packets.add_written(std::string(row.packets)));
  succeeded(hosts.add_written(std::string(row.hosts)));
  const size_t end = is_port(row.dimension) ? 65'536 : row.values.size();
  for (size_t i = 0; i < end; ++i) {
    if (packets[i] == 0 && hosts[i] == 0) continue;
    const uint32_t value = is_port(row.dimension) ? static_cast<uint32_t>(i) : row.values[i];
    auto& sum =
        result.sums[{row.level, row.time, row.dimension, value, row.class_, row.survey == 1}];
    sum.first += packets[i];
    sum.second += hosts[i];
  }
  for (size_t i = end; i < std::max(packets.end(), hosts.end()); ++i) {
    EXPECT_EQ(packets[i], 0);
    EXPECT_EQ(hosts[i], 0);
  }
}

void forget_zeros(Sums& sums) {
  std::erase_if(sums,
                [](const auto& entry) { return entry.second == std::pair<int64_t, int64_t>(); });
}

Folded folded(const std::vector<NumbersRow>& numbers) {
  SheetBuilder builder;
  Folded result;
  const auto take = [&] { builder.take([&](const NumberSheetRow& row) { add_row(row, result); }); };
  for (const NumbersRow& row : numbers) {
    if (!builder.fits(row)) take();
    builder.add(row);
  }
  take();
  take();  // nothing is left
  forget_zeros(result.sums);
  return result;
}

std::vector<NumbersRow> random_numbers(std::mt19937_64& random, size_t count) {
  std::vector<NumbersRow> numbers(count);
  for (NumbersRow& row : numbers) {
    row.level = static_cast<Level>(1 + random() % 3);
    row.time = static_cast<uint32_t>(random() % 3) * 3600;
    row.dimension = static_cast<Dimension>(1 + random() % 7);
    row.value = static_cast<uint32_t>(random() % 4 == 0 ? 65'535 - random() % 3 : random() % 600);
    if (row.dimension == Dimension::asn) row.value *= 65'537;
    if (row.dimension == Dimension::total) row.value = 0;
    row.class_ = static_cast<PacketClass>(random() % class_count);
    row.organisation = static_cast<uint16_t>(random() % 3);
    row.packets = (int64_t{1} << random() % 40) - 20;
    row.hosts = static_cast<int64_t>(random() % 10) - 2;
  }
  return numbers;
}

Sums sums_of(const std::vector<NumbersRow>& numbers) {
  Sums sums;
  for (const NumbersRow& row : numbers) {
    const bool total = row.dimension == Dimension::total;
    auto& sum = sums[{row.level, row.time, row.dimension,
                      total ? static_cast<uint32_t>(row.class_) : row.value,
                      total ? PacketClass::any : row.class_, row.organisation != 0}];
    sum.first += row.packets;
    sum.second += row.hosts;
  }
  forget_zeros(sums);
  return sums;
}

auto place_of(const NumbersRow& row) {
  return std::tuple(row.level, row.time, row.dimension, row.value, row.class_, row.organisation);
}

TEST(SheetBuilderTest, RowsSayOfEachValueWhatItsNumbersSay) {
  std::mt19937_64 random(22);
  for (const size_t count : {0u, 1u, 2u, 30u, 3000u, 30'000u}) {
    auto numbers = random_numbers(random, count);
    const Sums expected = sums_of(numbers);
    EXPECT_EQ(folded(numbers).sums, expected);
    std::sort(numbers.begin(), numbers.end(),
              [](const auto& a, const auto& b) { return place_of(a) < place_of(b); });
    const Folded in_order = folded(numbers);
    EXPECT_EQ(in_order.sums, expected);
    // At most a row for each level, time, dimension, class and "survey or not".
    EXPECT_LE(in_order.rows, 3u * 3 * (6 * class_count + 1) * 2);
  }
}

}  // namespace
}  // namespace yagura::telescope
