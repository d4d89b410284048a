// SPDX-License-Identifier: Apache-2.0
#include "base/prefix_map.h"

#include <gtest/gtest.h>

#include <random>

namespace yagura {
namespace {

IpAddress address(const char* text) { return *IpAddress::parse(text); }
Prefix prefix(const char* text) { return *Prefix::parse(text); }

TEST(PrefixMapTest, PrefersTheLongestPrefix) {
  const auto map = PrefixMap<int>::from_prefixes({{prefix("198.51.100.0/24"), 1},
                                                  {prefix("198.51.100.64/26"), 2},
                                                  {prefix("198.51.100.64/32"), 3},
                                                  {prefix("2001:db8::/32"), 4}});
  EXPECT_EQ(*map.find(address("198.51.100.63")), 1);
  EXPECT_EQ(*map.find(address("198.51.100.64")), 3);
  EXPECT_EQ(*map.find(address("198.51.100.127")), 2);
  EXPECT_EQ(*map.find(address("198.51.100.128")), 1);
  EXPECT_EQ(map.find(address("198.51.101.0")), nullptr);
  EXPECT_EQ(*map.find(address("2001:db8::1")), 4);
}

TEST(PrefixMapTest, CoversTheWholeSpace) {
  const auto map = PrefixMap<int>::from_prefixes(
      {{prefix("::/0"), 1}, {prefix("255.255.255.255/32"), 2}, {prefix("8000::/1"), 3}});
  EXPECT_EQ(*map.find(address("::")), 1);
  EXPECT_EQ(*map.find(address("255.255.255.255")), 2);
  EXPECT_EQ(*map.find(address("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")), 3);
}

TEST(PrefixMapTest, AgreesWithALookAtEveryPrefix) {
  std::mt19937 engine(7);
  const auto random = [&engine] { return static_cast<uint32_t>(engine()); };
  for (int round = 0; round < 200; ++round) {
    std::vector<std::pair<Prefix, int>> entries;
    for (int i = 0; i < 30; ++i) {
      const int length = 96 + 22 + static_cast<int>(random() % 11);
      entries.emplace_back(Prefix::of(IpAddress::from_v4(0xC6336400u | (random() & 0x3ff)), length),
                           static_cast<int>(random() % 4));
    }
    const auto map = PrefixMap<int>::from_prefixes(entries);
    PrefixMap<int>::Cursor rising(map), random_walk(map);
    for (uint32_t a = 0xC6336000u; a < 0xC6336C00u; ++a) {
      const auto expected = [&](IpAddress of) -> const int* {
        const std::pair<Prefix, int>* best = nullptr;
        for (const auto& entry : entries)
          if (entry.first.contains(of) && (!best || entry.first.length() >= best->first.length()))
            best = &entry;
        return best ? &best->second : nullptr;
      };
      const auto same = [&](const int* found, IpAddress of) {
        const int* want = expected(of);
        ASSERT_EQ(found == nullptr, want == nullptr) << of.to_string();
        if (want != nullptr) {
          ASSERT_EQ(*found, *want) << of.to_string();
        }
      };
      const IpAddress step = IpAddress::from_v4(a);
      same(map.find(step), step);
      same(rising.find(step), step);
      const IpAddress jump = IpAddress::from_v4(0xC6336000u + random() % 0xC00);
      same(random_walk.find(jump), jump);
    }
  }
}

TEST(PrefixMapTest, ACursorFindsWhatASearchFindsHoweverFarItGoes) {
  std::mt19937 engine(9);
  const auto random = [&engine] { return static_cast<uint32_t>(engine()); };
  std::vector<PrefixMap<int>::Range> ranges;
  uint32_t at = 1000;
  for (int i = 0; i < 3000; ++i) {
    const uint32_t size = 1 + random() % 20;
    ranges.push_back({IpAddress::from_v4(at), IpAddress::from_v4(at + size - 1), i});
    at += size + (random() % 3 == 0 ? random() % 50 : 0);
  }
  for (const bool empty : {true, false}) {
    const auto map = empty ? PrefixMap<int>() : PrefixMap<int>::from_ranges(ranges);
    for (const uint32_t most : {1u, 30u, 3000u, 90'000u}) {
      PrefixMap<int>::Cursor cursor(map);
      for (uint32_t address = 0, steps = 0; steps < 3000; ++steps) {
        const IpAddress a = IpAddress::from_v4(address);
        ASSERT_EQ(cursor.find(a), map.find(a)) << address;
        if (random() % 40 == 0)
          address = random() % (at + 100);  // anywhere, back as well
        else
          address = (address + random() % (most + 1)) % (at + 100);
      }
    }
  }
}

TEST(PrefixMapTest, MakesAMapOfRangesInAnyOrder) {
  const auto map =
      PrefixMap<int>::from_ranges({{address("198.51.100.200"), address("198.51.100.210"), 1},
                                   {address("198.51.100.20"), address("198.51.100.10"), 2},
                                   {address("198.51.100.0"), address("198.51.100.99"), 3}});
  ASSERT_EQ(map.ranges().size(), 2u);
  EXPECT_EQ(*map.find(address("198.51.100.15")), 3);
  EXPECT_EQ(*map.find(address("198.51.100.205")), 1);
}

TEST(PrefixMapTest, CutsOverlappingRanges) {
  const auto map =
      PrefixMap<int>::from_ranges({{address("198.51.100.0"), address("198.51.100.99"), 1},
                                   {address("198.51.100.50"), address("198.51.100.150"), 2},
                                   {address("198.51.100.60"), address("198.51.100.70"), 3}});
  EXPECT_EQ(*map.find(address("198.51.100.60")), 1);
  EXPECT_EQ(*map.find(address("198.51.100.100")), 2);
}

}  // namespace
}  // namespace yagura
