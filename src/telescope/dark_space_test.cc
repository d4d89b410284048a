// SPDX-License-Identifier: Apache-2.0
#include "telescope/dark_space.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

namespace yagura::telescope {
namespace {

constexpr Timestamp day(int64_t n) { return Timestamp::from_seconds(n * 86'400); }

state::DarkPrefix dark(const char* prefix, std::optional<Timestamp> from = {},
                       std::optional<Timestamp> until = {}) {
  return {Prefix::parse(prefix).value(), false, from, until};
}
state::DarkPrefix excluded(const char* prefix, std::optional<Timestamp> from = {},
                           std::optional<Timestamp> until = {}) {
  return {Prefix::parse(prefix).value(), true, from, until};
}
IpAddress address(const char* text) { return IpAddress::parse(text).value(); }

bool is_dark(const DarkSpace& space, const char* text, Timestamp on = day(100)) {
  uint32_t position;
  return space.on(on).find(address(text), position);
}

// The twin: what the lines say of one address, read one by one.
bool said_to_be_dark(const std::vector<state::DarkPrefix>& lines, IpAddress a, Timestamp on) {
  bool any = false;
  for (const auto& line : lines) {
    if (a.is_v4() != line.prefix.is_v4() || !line.prefix.contains(a)) continue;
    if (line.from && on < *line.from) continue;
    if (line.until && *line.until <= on) continue;
    if (line.excluded) return false;
    any = true;
  }
  return any;
}

TEST(DarkSpaceTest, HoldsItsPrefixesWithoutWhatIsExcluded) {
  const DarkSpace space({dark("198.18.0.0/24"), excluded("198.18.0.64/26"), dark("198.18.0.0/25"),
                         dark("203.0.113.7/32")});
  EXPECT_TRUE(is_dark(space, "198.18.0.0"));
  EXPECT_TRUE(is_dark(space, "198.18.0.63"));
  EXPECT_FALSE(is_dark(space, "198.18.0.64"));
  EXPECT_FALSE(is_dark(space, "198.18.0.127"));
  EXPECT_TRUE(is_dark(space, "198.18.0.128"));
  EXPECT_TRUE(is_dark(space, "198.18.0.255"));
  EXPECT_FALSE(is_dark(space, "198.18.1.0"));
  EXPECT_FALSE(is_dark(space, "198.17.255.255"));
  EXPECT_TRUE(is_dark(space, "203.0.113.7"));
  EXPECT_EQ(space.on(day(1)).addresses(), 193);
}

TEST(DarkSpaceTest, AnExclusionHoldsInsideAPrefixAddedWithinIt) {
  const DarkSpace space({dark("198.18.0.0/16"), excluded("198.18.4.0/24"), dark("198.18.4.8/32")});
  EXPECT_FALSE(is_dark(space, "198.18.4.8"));
}

TEST(DarkSpaceTest, ADayBelongsToAPrefixFromItsFirstDayToBeforeItsLast) {
  const DarkSpace space({dark("198.18.0.0/24", day(10), day(20)), dark("198.18.1.0/24", day(20))});
  EXPECT_FALSE(is_dark(space, "198.18.0.1", day(9)));
  EXPECT_TRUE(is_dark(space, "198.18.0.1", day(10)));
  EXPECT_TRUE(is_dark(space, "198.18.0.1", day(19)));
  EXPECT_FALSE(is_dark(space, "198.18.0.1", day(20)));
  EXPECT_TRUE(is_dark(space, "198.18.1.1", day(20)));
  EXPECT_EQ(space.on(day(9)).addresses(), 0);
  EXPECT_EQ(space.on(day(15)).addresses(), 256);
  EXPECT_EQ(space.all_addresses(), 512);
}

TEST(DarkSpaceTest, TheWholeOfBothFamiliesHoldsEveryAddress) {
  const DarkSpace space({dark("0.0.0.0/0"), dark("::/0")});
  for (const char* text : {"0.0.0.0", "127.255.255.255", "255.255.255.255", "::", "::1",
                           "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db8::1"})
    EXPECT_TRUE(is_dark(space, text)) << text;
  EXPECT_EQ(space.on(day(1)).addresses(), 4294967296.0);
  uint32_t position = 0;
  ASSERT_TRUE(space.on(day(1)).find(address("255.255.255.255"), position));
  EXPECT_EQ(position, 0xffff'ffffu);
}

TEST(DarkSpaceTest, TheWholeOfIpv6HoldsNoIpv4AddressAndTheOtherWayRound) {
  const DarkSpace v6({dark("::/0")}), v4({dark("0.0.0.0/0")});
  EXPECT_FALSE(is_dark(v6, "198.18.0.1"));
  EXPECT_TRUE(is_dark(v6, "::1"));
  EXPECT_FALSE(is_dark(v4, "::1"));
  EXPECT_EQ(v6.on(day(1)).addresses(), 340282366920938463463374607431768211456.0 - 4294967296.0);
}

TEST(DarkSpaceTest, TheFingerprintChangesWithEveryPartOfADefinition) {
  const std::vector<std::vector<state::DarkPrefix>> definitions = {
      {dark("198.18.0.0/24")},
      {dark("198.18.0.0/25")},
      {dark("198.18.1.0/24")},
      {excluded("198.18.0.0/24")},
      {dark("198.18.0.0/24", day(1))},
      {dark("198.18.0.0/24", {}, day(1))},
      {dark("198.18.0.0/24"), dark("198.18.1.0/24")}};
  std::set<uint64_t> fingerprints;
  for (const auto& lines : definitions) fingerprints.insert(DarkSpace(lines).fingerprint());
  EXPECT_EQ(fingerprints.size(), definitions.size());
  EXPECT_EQ(DarkSpace(definitions[0]).fingerprint(), DarkSpace(definitions[0]).fingerprint());
}

// Lines over a few hundred addresses, so that every address can be asked on every day.
std::vector<state::DarkPrefix> random_lines(std::mt19937_64& random) {
  std::vector<state::DarkPrefix> lines;
  const size_t count = 1 + random() % 12;
  for (size_t i = 0; i < count; ++i) {
    state::DarkPrefix line;
    const bool v6 = random() % 4 == 0;
    const auto offset = static_cast<uint32_t>(random() % 512);
    const int length = 128 - static_cast<int>(random() % 9);
    line.prefix =
        Prefix::of(v6 ? IpAddress::from_halves(0x20010db8'00000000ULL, offset)
                      : IpAddress::from_v4((i % 3 == 0 ? 0xffff'fe00u : 0xc612'0000u) + offset),
                   length);
    line.excluded = random() % 3 == 0;
    if (random() % 2 == 0) line.from = day(static_cast<int64_t>(random() % 6));
    if (random() % 2 == 0) line.until = day(static_cast<int64_t>(random() % 6));
    lines.push_back(line);
  }
  return lines;
}

TEST(DarkSpaceTest, AgreesWithTheLinesReadOneByOneAndNamesAddressesForAllDays) {
  std::mt19937_64 random(20201);
  for (int round = 0; round < 200; ++round) {
    const auto lines = random_lines(random);
    const DarkSpace space(lines);
    std::map<IpAddress, uint32_t> position_of;
    std::map<uint32_t, IpAddress> address_at;
    for (int64_t n = -1; n < 7; ++n) {
      const DarkDay table = space.on(day(n));
      double v4 = 0, v6 = 0;
      for (uint32_t i = 0; i < 1536; ++i) {
        const IpAddress a = i < 512    ? IpAddress::from_halves(0x20010db8'00000000ULL, i)
                            : i < 1024 ? IpAddress::from_v4(0xffff'fe00u + (i - 512))
                                       : IpAddress::from_v4(0xc612'0000u + (i - 1024));
        uint32_t position = 0;
        const bool found = table.find(a, position);
        ASSERT_EQ(found, said_to_be_dark(lines, a, day(n)))
            << "round " << round << ", " << a.to_string() << " on day " << n;
        if (!found) continue;
        (a.is_v4() ? v4 : v6) += 1;
        const auto [known, first] = position_of.emplace(a, position);
        EXPECT_EQ(known->second, position) << "another position on another day";
        if (!a.is_v4()) continue;
        EXPECT_LT(position, space.all_addresses());
        EXPECT_EQ(address_at.emplace(position, a).first->second, a)
            << "two addresses, one position";
      }
      EXPECT_EQ(table.addresses(), v4 > 0 ? v4 : v6);
    }
  }
}

}  // namespace
}  // namespace yagura::telescope
