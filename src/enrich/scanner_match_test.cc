// SPDX-License-Identifier: Apache-2.0
#include "enrich/scanner_match.h"

#include <gtest/gtest.h>

#include <random>

namespace yagura::enrich {
namespace {

IpAddress address(std::string_view text) { return IpAddress::parse(text).value(); }
Prefix prefix(std::string_view text) { return Prefix::parse(text).value(); }
Timestamp time_of(std::string_view text) { return parse_time(text).value(); }

uint16_t found(const PrefixMap<uint16_t>& map, std::string_view text) {
  const uint16_t* value = map.find(address(text));
  return value ? *value : no_organisation;
}

const Timestamp day = time_of("2026-02-03");

TEST(ScannerMatchTest, FindsNothingInAnEmptyIndex) {
  const ScannerIndex index;
  EXPECT_TRUE(index.on(day).empty());
  EXPECT_EQ(index.organisation_on(address("192.0.2.1"), day), no_organisation);
  EXPECT_EQ(index.organisation_of_name("scanner.example.org"), no_organisation);
}

TEST(ScannerMatchTest, TakesTheMostSpecificPrefix) {
  const ScannerIndex index({{prefix("192.0.2.0/24"), 2, {}, {}},
                            {prefix("192.0.2.64/26"), 3, {}, {}},
                            {prefix("192.0.2.65"), 4, {}, {}},
                            {prefix("2001:db8::/32"), 5, {}, {}}},
                           {});
  const auto map = index.on(day);
  EXPECT_EQ(found(map, "192.0.2.63"), 2);
  EXPECT_EQ(found(map, "192.0.2.64"), 3);
  EXPECT_EQ(found(map, "192.0.2.65"), 4);
  EXPECT_EQ(found(map, "192.0.2.66"), 3);
  EXPECT_EQ(found(map, "192.0.2.128"), 2);
  EXPECT_EQ(found(map, "192.0.3.0"), no_organisation);
  EXPECT_EQ(found(map, "2001:db8::1"), 5);
}

TEST(ScannerMatchTest, CountsOnlyWhatIsValidOnTheDay) {
  const ScannerIndex index(
      {{prefix("192.0.2.1"), 2, time_of("2026-01-01"), time_of("2026-02-03")},
       {prefix("192.0.2.2"), 2, time_of("2026-01-01"), time_of("2026-02-03T00:00:01")},
       {prefix("192.0.2.3"), 2, time_of("2026-02-03T23:59:59"), {}},
       {prefix("192.0.2.4"), 2, time_of("2026-02-04"), {}},
       {prefix("192.0.2.5"), 2, {}, {}}},
      {});
  const auto map = index.on(day);
  EXPECT_EQ(found(map, "192.0.2.1"), no_organisation);
  EXPECT_EQ(found(map, "192.0.2.2"), 2);
  EXPECT_EQ(found(map, "192.0.2.3"), 2);
  EXPECT_EQ(found(map, "192.0.2.4"), no_organisation);
  EXPECT_EQ(found(map, "192.0.2.5"), 2);
}

TEST(ScannerMatchTest, TakesTheNewerOfEqualPrefixesInAnyOrderOfImport) {
  const ListedRange old{prefix("192.0.2.1"), 2, time_of("2025-01-01"), {}};
  const ListedRange newer{prefix("192.0.2.1"), 3, time_of("2026-01-01"), {}};
  const ListedRange undated{prefix("192.0.2.1"), 4, {}, {}};
  const ListedRange same_date{prefix("192.0.2.1"), 5, time_of("2026-01-01"), {}};
  for (const auto& ranges :
       {std::vector{old, newer, undated, same_date}, std::vector{same_date, undated, newer, old}}) {
    const ScannerIndex index(ranges, {});
    EXPECT_EQ(found(index.on(day), "192.0.2.1"), 3);
    EXPECT_EQ(found(index.on(time_of("2025-06-01")), "192.0.2.1"), 2);
    EXPECT_EQ(found(index.on(time_of("2024-06-01")), "192.0.2.1"), 4);
  }
}

TEST(ScannerMatchTest, LetsAKnownOrganisationWinOverTheUnknownOne) {
  const ScannerIndex index({{prefix("192.0.2.0/24"), unknown_organisation, {}, {}},
                            {prefix("192.0.2.64/26"), 3, {}, {}},
                            {prefix("192.0.2.70"), unknown_organisation, {}, {}},
                            {prefix("192.0.2.255"), 4, {}, {}}},
                           {});
  const auto map = index.on(day);
  EXPECT_EQ(found(map, "192.0.2.0"), unknown_organisation);
  EXPECT_EQ(found(map, "192.0.2.63"), unknown_organisation);
  EXPECT_EQ(found(map, "192.0.2.70"), 3);
  EXPECT_EQ(found(map, "192.0.2.128"), unknown_organisation);
  EXPECT_EQ(found(map, "192.0.2.254"), unknown_organisation);
  EXPECT_EQ(found(map, "192.0.2.255"), 4);
}

TEST(ScannerMatchTest, AgreesWithTheSlowLookUpOnRandomLists) {
  std::mt19937 random(11);
  const auto below = [&random](uint32_t n) { return static_cast<uint32_t>(random() % n); };
  for (int round = 0; round < 200; ++round) {
    std::vector<ListedRange> ranges;
    for (int i = 0; i < 12; ++i) {
      ListedRange range;
      range.prefix =
          Prefix::of(IpAddress::from_v4(0xC0000200 + below(256)), static_cast<int>(120 + below(9)));
      range.organisation = static_cast<uint16_t>(1 + below(4));
      if (below(2)) range.from = day + Duration::days(static_cast<int64_t>(below(4)) - 2);
      if (below(2)) range.until = day + Duration::days(static_cast<int64_t>(below(4)) - 1);
      ranges.push_back(range);
    }
    const ScannerIndex index(ranges, {});
    const auto map = index.on(day);
    PrefixMap<uint16_t>::Cursor cursor(map);
    for (uint32_t i = 0; i < 256; ++i) {
      const IpAddress at = IpAddress::from_v4(0xC0000200 + i);
      const uint16_t* value = cursor.find(at);
      ASSERT_EQ(value ? *value : no_organisation, index.organisation_on(at, day)) << round;
    }
  }
}

TEST(ScannerMatchTest, FindsTheLongestSuffixAtALabelBoundary) {
  const ScannerIndex index(
      {},
      {{"example.org", 2}, {".census.example.org", 3}, {"Host7.Census.Example.org.", 4}, {"", 9}});
  EXPECT_EQ(index.organisation_of_name("example.org"), 2);
  EXPECT_EQ(index.organisation_of_name("a.b.example.org"), 2);
  EXPECT_EQ(index.organisation_of_name("census.example.org"), 3);
  EXPECT_EQ(index.organisation_of_name("RED.Census.example.ORG."), 3);
  EXPECT_EQ(index.organisation_of_name("host7.census.example.org"), 4);
  EXPECT_EQ(index.organisation_of_name("notexample.org"), no_organisation);
  EXPECT_EQ(index.organisation_of_name("org"), no_organisation);
  EXPECT_EQ(index.organisation_of_name(""), no_organisation);
}

}  // namespace
}  // namespace yagura::enrich
