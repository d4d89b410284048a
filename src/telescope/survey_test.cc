// SPDX-License-Identifier: Apache-2.0
#include "telescope/survey.h"

#include <gtest/gtest.h>

#include <numeric>
#include <random>

namespace yagura::telescope {
namespace {

constexpr Timestamp day(int64_t n) { return Timestamp::from_seconds(n * 86'400); }
IpAddress address(const char* text) { return IpAddress::parse(text).value(); }
state::ScannerEntry entry(const char* prefix, uint16_t organisation,
                          std::optional<Timestamp> from = {}, std::optional<Timestamp> until = {}) {
  return {Prefix::parse(prefix).value(), organisation, "test list", from, until};
}
constexpr SurveyVerdict nobody{};
constexpr SurveyVerdict listed(uint16_t organisation) {
  return {organisation, SurveyEvidence::list};
}
constexpr SurveyVerdict named(uint16_t organisation) {
  return {organisation, SurveyEvidence::name};
}

TEST(SurveyTest, AListedAddressHasItsOrganisationOnTheDaysOfTheList) {
  const SurveyRegistry registry({entry("192.0.2.0/28", 5, day(10), day(20))}, {}, {});
  EXPECT_EQ(registry.on(day(9))->find(address("192.0.2.3")), nobody);
  EXPECT_EQ(registry.on(day(10))->find(address("192.0.2.3")), listed(5));
  EXPECT_EQ(registry.on(day(19))->find(address("192.0.2.15")), listed(5));
  EXPECT_EQ(registry.on(day(20))->find(address("192.0.2.3")), nobody);
  EXPECT_EQ(registry.on(day(10))->find(address("192.0.2.16")), nobody);
}

TEST(SurveyTest, TheLongestPrefixWins) {
  const SurveyRegistry registry(
      {entry("192.0.2.7/32", 9), entry("192.0.2.0/24", 5), entry("2001:db8::/32", 6)}, {}, {});
  const auto survey = registry.on(day(1));
  EXPECT_EQ(survey->find(address("192.0.2.6")), listed(5));
  EXPECT_EQ(survey->find(address("192.0.2.7")), listed(9));
  EXPECT_EQ(survey->find(address("192.0.2.8")), listed(5));
  EXPECT_EQ(survey->find(address("2001:db8::5")), listed(6));
  EXPECT_EQ(survey->find(address("192.0.2.6")), listed(5));  // going back
}

TEST(SurveyTest, OfEqualPrefixesAListThatNamesTheOrganisationWins) {
  for (const bool unknown_first : {false, true}) {
    std::vector<state::ScannerEntry> entries = {entry("192.0.2.7", 9),
                                                entry("192.0.2.7", unknown_organisation)};
    if (unknown_first) std::swap(entries[0], entries[1]);
    const SurveyRegistry registry(entries, {}, {});
    EXPECT_EQ(registry.on(day(1))->find(address("192.0.2.7")), listed(9));
  }
}

TEST(SurveyTest, ANameMatchesFromALabelsBorderOnWhateverItsCase) {
  const std::vector<state::ScannerName> names = {
      {".shodan.example", 3, "l"}, {".census.shodan.example", 4, "l"}, {".example", 2, "l"}};
  const std::vector<std::pair<const char*, SurveyVerdict>> cases = {
      {"a.census.shodan.example", named(4)},
      {"census.shodan.example", named(4)},
      {"xcensus.shodan.example", named(3)},
      {"Pacific.Shodan.Example.", named(3)},
      {"shodan.example", named(3)},
      {"notshodan.example", named(2)},
      {"example", named(2)},
      {"example.net", nobody},
      {"shodan.example.net", nobody},
      {"anexample", nobody},
      {"", nobody}};
  for (const auto& [name, verdict] : cases) {
    const SurveyRegistry registry({}, names, {{address("192.0.2.1"), name, day(0)}});
    EXPECT_EQ(registry.on(day(1))->find(address("192.0.2.1")), verdict) << name;
  }
}

TEST(SurveyTest, AListComesBeforeAName) {
  const SurveyRegistry registry(
      {entry("192.0.2.1", 5)}, {{".example", 2, "l"}},
      {{address("192.0.2.1"), "a.example", day(0)}, {address("192.0.2.2"), "b.example", day(0)}});
  EXPECT_EQ(registry.on(day(1))->find(address("192.0.2.1")), listed(5));
  EXPECT_EQ(registry.on(day(1))->find(address("192.0.2.2")), named(2));
}

TEST(SurveyTest, AgreesWithAScanOverTheEntriesInWhateverOrderAsked) {
  std::mt19937_64 random(15);
  for (int round = 0; round < 100; ++round) {
    std::vector<state::ScannerEntry> entries;
    for (size_t i = 1 + random() % 20; i > 0; --i) {
      const auto a = IpAddress::from_v4(0xc000'0200u + static_cast<uint32_t>(random() % 256));
      entries.push_back({Prefix::of(a, 128 - static_cast<int>(random() % 7)),
                         static_cast<uint16_t>(2 + i),
                         "l",
                         {},
                         {}});
    }
    const SurveyRegistry registry(entries, {}, {});
    const auto survey = registry.on(day(1));
    for (int look = 0; look < 400; ++look) {
      const auto a = IpAddress::from_v4(0xc000'0200u + static_cast<uint32_t>(random() % 256));
      SurveyVerdict expected;
      int longest = -1;
      for (const auto& e : entries)
        if (e.prefix.contains(a) && e.prefix.length() >= longest)
          expected = listed(e.organisation), longest = e.prefix.length();
      ASSERT_EQ(survey->find(a), expected) << a.to_string();
    }
  }
}

// Rows of one source: the ports of a class with one packet each, and more packets to fill up.
struct BehaviourRow {
  PacketClass class_;
  std::vector<uint16_t> ports;
  uint64_t packets;
};
bool behaves(const std::vector<BehaviourRow>& given, double dark) {
  std::vector<SourceRow> rows;
  for (const BehaviourRow& one : given) {
    SourceRow row;
    row.class_ = one.class_;
    row.ports = one.ports;
    row.packets = one.packets;
    rows.push_back(row);
  }
  return behaves_like_a_survey(rows, dark);
}
std::vector<uint16_t> ports(uint16_t first, size_t count) {
  std::vector<uint16_t> list(count);
  std::iota(list.begin(), list.end(), first);
  return list;
}

TEST(SurveyTest, BehavesLikeASurveyFrom30PortsAndAPacketForEachDarkAddressOn) {
  using enum PacketClass;
  EXPECT_TRUE(behaves({{scan_tcp, ports(1, 30), 256}}, 256));
  EXPECT_FALSE(behaves({{scan_tcp, ports(1, 29), 256}}, 256));
  EXPECT_FALSE(behaves({{scan_tcp, ports(1, 30), 255}}, 256));
  EXPECT_TRUE(behaves({{scan_tcp, ports(1, 30), 256}}, 255.5));
}

TEST(SurveyTest, BehaviourAddsTcpAndUdpPortsAndCountsAUdpPortOnce) {
  using enum PacketClass;
  EXPECT_TRUE(behaves({{scan_tcp, ports(1, 15), 200}, {scan_udp, ports(1, 15), 56}}, 256));
  EXPECT_TRUE(
      behaves({{scan_udp, ports(1, 15), 200}, {probe_amplification, ports(16, 15), 56}}, 256));
  EXPECT_FALSE(
      behaves({{scan_udp, ports(1, 16), 200}, {probe_amplification, ports(3, 27), 56}}, 256));
}

TEST(SurveyTest, BehaviourIsThatOfTcpAndUdpScansAlone) {
  using enum PacketClass;
  for (const PacketClass c :
       {scan_icmp, backscatter_tcp, backscatter_udp, backscatter_icmp, other_tcp, other}) {
    EXPECT_FALSE(behaves({{c, ports(1, 100), 100'000}}, 256));
    EXPECT_FALSE(behaves({{scan_tcp, ports(1, 29), 255}, {c, ports(100, 100), 100'000}}, 256));
  }
}

TEST(SurveyTest, KnowsNobodyWithoutARegistry) {
  const SurveyRegistry registry;
  EXPECT_EQ(registry.on(day(1))->find(address("192.0.2.1")), nobody);
}

}  // namespace
}  // namespace yagura::telescope
