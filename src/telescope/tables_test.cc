// SPDX-License-Identifier: Apache-2.0
#include "telescope/tables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "telescope/tables_coverage.h"
#include "telescope/tables_numbers.h"
#include "telescope/tables_sources.h"

namespace yagura::telescope {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Timestamp at(const char* text) { return *parse_time(text); }
Period period(const char* from, const char* until) { return {at(from), at(until)}; }

TEST(Period, IsReadFromAYearAMonthOrADay) {
  EXPECT_EQ(*parse_period("2026"), period("2026-01-01", "2027-01-01"));
  EXPECT_EQ(*parse_period("2024-02"), period("2024-02-01", "2024-03-01"));
  EXPECT_EQ(*parse_period("2026-12"), period("2026-12-01", "2027-01-01"));
  EXPECT_EQ(*parse_period("2026-11-23"), period("2026-11-23", "2026-11-24"));
  for (const char* wrong : {"", "26", "2026-13", "2026-11-23T08:00", "today"})
    EXPECT_FALSE(parse_period(wrong)) << wrong;
}

TEST(Period, IsShownWithTheLastDayThatIsInIt) {
  EXPECT_EQ(format_period(period("2026-11-01", "2026-11-02")), "2026-11-01");
  EXPECT_EQ(format_period(period("2026-11-01", "2026-11-04")), "2026-11-01 to 2026-11-03 (3 days)");
  EXPECT_EQ(format_period(period("2026-11-01T06:00", "2026-11-01T08:30")),
            "2026-11-01 06:00:00 to 2026-11-01 08:30:00 (2 h 30 min)");
}

TEST(Tiles, WholeDaysAreReadAsDays) {
  EXPECT_THAT(tiles_of(period("2026-11-01", "2026-11-03")),
              ElementsAre(Tile{Level::day, period("2026-11-01", "2026-11-03")}));
}

TEST(Tiles, EdgesAreReadAtFinerLevels) {
  EXPECT_THAT(
      tiles_of(period("2026-11-01T22:50", "2026-11-03T01:02")),
      ElementsAre(Tile{Level::five_minutes, period("2026-11-01T22:50", "2026-11-01T23:00")},
                  Tile{Level::hour, period("2026-11-01T23:00", "2026-11-02")},
                  Tile{Level::day, period("2026-11-02", "2026-11-03")},
                  Tile{Level::hour, period("2026-11-03", "2026-11-03T01:00")},
                  Tile{Level::five_minutes, period("2026-11-03T01:00", "2026-11-03T01:05")}));
  EXPECT_THAT(
      tiles_of(period("2026-11-01T10:07", "2026-11-01T10:12")),
      ElementsAre(Tile{Level::five_minutes, period("2026-11-01T10:05", "2026-11-01T10:15")}));
  EXPECT_THAT(tiles_of(period("2026-11-01", "2026-11-01")), ElementsAre());
}

TEST(Tiles, CoverEveryPeriodOnceWithoutAGap) {
  uint64_t state = 1;
  for (int round = 0; round < 2000; ++round) {
    state = state * 6'364'136'223'846'793'005ULL + 1'442'695'040'888'963'407ULL;
    const auto from = Timestamp::from_seconds(1'700'000'000 + static_cast<int64_t>(state >> 44));
    const auto until = from + Duration::seconds(1 + static_cast<int64_t>(state >> 20 & 0xfffff));
    const auto tiles = tiles_of({from, until});
    ASSERT_FALSE(tiles.empty());
    EXPECT_LE(tiles.front().period.from, from);
    EXPECT_GE(tiles.back().period.until, until);
    EXPECT_LT((from - tiles.front().period.from), Duration::minutes(5));
    EXPECT_LT((tiles.back().period.until - until), Duration::minutes(5));
    for (size_t i = 0; i < tiles.size(); ++i) {
      const Duration length = level_length(tiles[i].level);
      EXPECT_EQ(tiles[i].period.from.floor(length), tiles[i].period.from);
      EXPECT_EQ(tiles[i].period.until.floor(length), tiles[i].period.until);
      if (i > 0) {
        EXPECT_EQ(tiles[i].period.from, tiles[i - 1].period.until);
      }
    }
  }
}

TEST(PortFilter, TakesAProtocolOrBoth) {
  EXPECT_TRUE(parse_port_filter("23")->tcp);
  EXPECT_TRUE(parse_port_filter("23")->udp);
  EXPECT_FALSE(parse_port_filter("23/tcp")->udp);
  EXPECT_FALSE(parse_port_filter("53/udp")->tcp);
  for (const char* wrong : {"", "telnet", "65536", "23/sctp", "-1", "23/"})
    EXPECT_FALSE(parse_port_filter(wrong)) << wrong;
}

TEST(Where, BindsEveryValueAsAParameter) {
  Where where;
  Filter filter;
  filter.class_ = PacketClass::scans;
  filter.port = PortFilter{23, true, false};
  filter.source = *Prefix::parse("198.51.100.0/24");
  filter.survey = Survey::without;
  where.add_source_day_filter(filter);
  EXPECT_THAT(where.sql(), HasSubstr("organisation = 0"));
  EXPECT_EQ(where.sql().find("198.51.100"), std::string::npos) << where.sql();
  ASSERT_EQ(where.parameters().size(), 3u);
  EXPECT_EQ(where.parameters()[0].second, "23");
  EXPECT_EQ(where.parameters()[1].second, "::ffff:198.51.100.0");
  EXPECT_EQ(where.parameters()[2].second, "::ffff:198.51.100.255");
}

SourceBehaviour misconfigured_host() {
  SourceBehaviour behaviour;
  behaviour.windows = 200;
  behaviour.hours = 47;
  behaviour.packets = 1000;
  behaviour.services = 1;
  behaviour.known_dark = 1;
  behaviour.most_dark = 1;
  behaviour.most_packets = 8;
  behaviour.first = at("2026-11-01");
  behaviour.last = at("2026-11-02T23:59");
  return behaviour;
}

TEST(Misconfiguration, IsOneServiceAskedOfOneDarkAddressSlowlyAndSteadily) {
  EXPECT_TRUE(misconfiguration(misconfigured_host()).holds);
}

TEST(Misconfiguration, EachConditionCounts) {
  const std::vector<std::pair<void (*)(SourceBehaviour&), const char*>> cases = {
      {[](SourceBehaviour& b) { b.windows = 0; }, "no longer kept"},
      {[](SourceBehaviour& b) { b.answers = true; }, "replies"},
      {[](SourceBehaviour& b) { b.known_dark = 2; }, "more than one dark address"},
      {[](SourceBehaviour& b) { b.most_dark = 2; }, "more than one dark address"},
      {[](SourceBehaviour& b) { b.services = 2; }, "2 services"},
      {[](SourceBehaviour& b) { b.last = at("2026-11-01T23:00"); }, "less than a day"},
      {[](SourceBehaviour& b) { b.most_packets = 61; }, "not slow"},
      {[](SourceBehaviour& b) { b.hours = 11; }, "too seldom"},
      {[](SourceBehaviour& b) { b.windows = 11; }, "too seldom"}};
  for (const auto& [change, reason] : cases) {
    SourceBehaviour behaviour = misconfigured_host();
    change(behaviour);
    const Verdict verdict = misconfiguration(behaviour);
    EXPECT_FALSE(verdict.holds) << reason;
    EXPECT_THAT(verdict.reason, HasSubstr(reason));
  }
}

TEST(Judge, NamesTheStrongestVerdictFirst) {
  SourcePage page;
  page.summary.tool = Tool::mirai;
  page.summary.organisation = 2;
  page.summary.evidence = SurveyEvidence::list;
  page.classes = {{PacketClass::scan_tcp, 123, 0, 1, {}, {}, 2}};
  page.marks = {{Mark::mirai, 120}};
  const auto judgements = judge(page, "Example Org");
  ASSERT_EQ(judgements.size(), 2u);
  EXPECT_EQ(judgements[0].verdict, "survey scanner");
  EXPECT_THAT(judgements[0].reason, HasSubstr("Example Org"));
  EXPECT_THAT(judgements[1].verdict, HasSubstr("Mirai"));
  EXPECT_THAT(judgements[1].reason, HasSubstr("120 of 123"));
}

TEST(Judge, ASourceThatFitsNoRuleIsUnclear) {
  SourcePage page;
  page.classes = {{PacketClass::scan_tcp, 3, 0, 1, {}, {}, 1}};
  page.summary.packets = 3;
  const auto judgements = judge(page, "");
  ASSERT_EQ(judgements.size(), 1u);
  EXPECT_EQ(judgements[0].verdict, "unclear");
}

std::vector<SensorSpace> two_sensors() {
  SensorSpace campus{{1, "campus"}, {}}, lab{{2, "lab"}, {}};
  campus.dark_space = {{*Prefix::parse("198.51.100.0/24"), false, {}, {}},
                       {*Prefix::parse("198.51.100.0/26"), true, at("2026-01-03"), {}}};
  lab.dark_space = {{*Prefix::parse("192.0.2.0/28"), false, {}, {}}};
  return {campus, lab};
}

TEST(DarkAddresses, AreTheMeanOverTheTimeObserved) {
  const auto year = period("2026-01-01", "2027-01-01");
  // Two days before the exclusion, two after it.
  const std::vector<state::Coverage> campus = {{1, at("2026-01-01"), at("2026-01-05")}};
  EXPECT_DOUBLE_EQ(mean_dark_addresses(two_sensors(), campus, year), (256.0 + 192.0) / 2);
  // A second sensor adds its addresses while it observes.
  const std::vector<state::Coverage> both = {{1, at("2026-01-01"), at("2026-01-03")},
                                             {2, at("2026-01-01"), at("2026-01-02")}};
  EXPECT_DOUBLE_EQ(mean_dark_addresses(two_sensors(), both, year), 256 + 16 / 2.0);
  EXPECT_EQ(mean_dark_addresses(two_sensors(), campus, period("2020-01-01", "2021-01-01")), 0);
}

TEST(SensorCoverage, ListsGapsLongestFirst) {
  const std::vector<state::Coverage> coverage = {
      {1, at("2026-01-01T00:00"), at("2026-01-01T01:00")},
      {1, at("2026-01-01T01:02"), at("2026-01-01T02:00")},  // two minutes are no gap
      {1, at("2026-01-01T02:10"), at("2026-01-01T03:00")},
      {1, at("2026-01-01T09:00"), at("2026-01-01T09:00")}};  // a single packet
  const auto lines = sensor_coverage(two_sensors(), coverage, period("2026-01-01", "2026-01-02"));
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].sensor.name, "campus");
  EXPECT_EQ(lines[0].observed, Duration::minutes(60 + 58 + 50) + Duration::seconds(1));
  EXPECT_THAT(lines[0].gaps, ElementsAre(period("2026-01-01T03:00", "2026-01-01T09:00"),
                                         period("2026-01-01T02:00", "2026-01-01T02:10")));
}

TEST(Misconfiguration, HoldsAtEachBound) {
  const std::vector<void (*)(SourceBehaviour&)> cases = {
      [](SourceBehaviour& b) { b.most_packets = 60; }, [](SourceBehaviour& b) { b.windows = 12; },
      [](SourceBehaviour& b) { b.hours = 12; },  // of 48
      [](SourceBehaviour& b) { b.last = b.first + Duration::hours(24); }};
  for (size_t i = 0; i < cases.size(); ++i) {
    SourceBehaviour behaviour = misconfigured_host();
    cases[i](behaviour);
    const Verdict verdict = misconfiguration(behaviour);
    EXPECT_TRUE(verdict.holds) << i << " " << verdict.reason;
  }
  // A span of 48 hours begins a 49th.
  SourceBehaviour behaviour = misconfigured_host();
  behaviour.hours = 12;
  behaviour.last = behaviour.first + Duration::hours(48);
  EXPECT_FALSE(misconfiguration(behaviour).holds);
}

TEST(Judge, ToolsAreNamedWithThePacketsOfTheirOwnMark) {
  const std::pair<Tool, Mark> tools[] = {
      {Tool::mirai, Mark::mirai},     {Tool::zmap, Mark::zmap},
      {Tool::masscan, Mark::masscan}, {Tool::masscan_2023, Mark::masscan_2023},
      {Tool::nmap, Mark::nmap},       {Tool::unicornscan, Mark::unicornscan}};
  for (const auto& [tool, mark] : tools) {
    SourcePage page;
    page.summary.tool = tool;
    page.classes = {{PacketClass::scan_udp, 9, 0, 1, {}, {}, 1},
                    {PacketClass::scan_tcp, 50, 0, 1, {}, {}, 1}};
    for (const auto& [other, its] : tools) page.marks.push_back({its, its == mark ? 40U : 3U});
    page.events.resize(1);  // says no more than the tool
    const auto judgements = judge(page, "");
    ASSERT_EQ(judgements.size(), 1U);
    EXPECT_THAT(judgements[0].reason, HasSubstr("40 of 50 "));
  }
}

TEST(Judge, AScannerWithoutAToolIsToldByItsWidestScan) {
  SourcePage page;
  page.events.resize(3);
  page.events[1].dark_addresses = 700;
  page.events[2].dark_addresses = 30;
  const auto judgements = judge(page, "");
  ASSERT_EQ(judgements.size(), 1U);
  EXPECT_EQ(judgements[0].verdict, "scanner");
  EXPECT_THAT(judgements[0].reason, HasSubstr("700 dark addresses"));
}

TEST(Judge, RepliesAreThoseOfAVictimOrElseAnswersToForgedPackets) {
  SourcePage page;
  page.classes = {{PacketClass::scan_tcp, 5, 0, 1, {}, {}, 1},
                  {PacketClass::backscatter_tcp, 20, 0, 1, {}, {}, 1},
                  {PacketClass::backscatter_icmp, 3, 0, 1, {}, {}, 1}};
  auto judgements = judge(page, "");
  ASSERT_EQ(judgements.size(), 1U);
  EXPECT_EQ(judgements[0].verdict, "answers forged packets");
  EXPECT_THAT(judgements[0].reason, HasSubstr("23 packets are replies"));
  for (const size_t attacks : {1U, 2U}) {
    page.attacks.resize(attacks);
    judgements = judge(page, "");
    ASSERT_EQ(judgements.size(), 1U);
    EXPECT_EQ(judgements[0].verdict, "victim of denial of service");
    EXPECT_THAT(judgements[0].reason, HasSubstr(attacks == 1 ? "1 attack seen" : "2 attacks seen"));
  }
}

}  // namespace
}  // namespace yagura::telescope
