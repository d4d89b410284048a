// SPDX-License-Identifier: Apache-2.0
//
// Questions under filters of every kind, asked of a real store with known rows: those of
// tables_for_tests.h and a few 5-minute rows that agree with the daily ones.
#include "telescope/source_counts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "telescope/tables_breakdown.h"
#include "telescope/tables_events.h"
#include "telescope/tables_for_tests.h"
#include "telescope/tables_sources.h"

namespace yagura::telescope {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Period first() { return {at(first_day), at(first_day + day_seconds)}; }

Filter filter_by(const std::function<void(Filter&)>& set) {
  Filter filter;
  set(filter);
  return filter;
}

class SourceCountsTest : public TablesTest {
 protected:
  // What 198.51.100.1 and .2 did in two windows of the first day, as in the daily rows.
  void SetUp() override {
    TablesTest::SetUp();
    if (engine() == nullptr) return;
    const std::vector<uint16_t> telnet = {23, 2323}, web = {80, 443};
    const std::vector<uint32_t> some = {40, 10}, more = {50, 1}, few = {20, 10};
    std::vector<ActivityRow> rows;
    const auto row = [&](const char* source, uint32_t offset, const std::vector<uint16_t>& ports,
                         const std::vector<uint32_t>& counts) {
      ActivityRow activity;
      activity.window = first_day + offset;
      activity.source = address(source);
      activity.class_ = PacketClass::scan_tcp;
      activity.ports = ports;
      activity.port_packets = counts;
      for (const uint32_t count : counts) activity.packets += count;
      activity.commit = 1;
      rows.push_back(activity);
    };
    row("198.51.100.1", 43'200, telnet, some);
    row("198.51.100.1", 43'500, telnet, more);
    row("198.51.100.2", 43'200, web, few);
    insert(rows);
  }
  ClassTotals totals(const Period& period, const Filter& filter) {
    return value(class_totals(connection(), period, filter));
  }
  int64_t packets(const Period& period, const Filter& filter) {
    const ClassTotals found = totals(period, filter);
    const Volume* any = found.find(PacketClass::any);
    return any == nullptr ? 0 : any->packets;
  }
  std::string refusal(const Period& period, Level level) {
    return value(refusal_of(connection(), period, level)).value_or("");
  }
};

TEST_F(SourceCountsTest, OneFilterIsAnsweredFromTheNumbers) {
  EXPECT_EQ(packets(both_days(),
                    filter_by([](Filter& f) { f.port = parse_port_filter("23/tcp").value(); })),
            390);
  const ClassTotals web =
      totals(both_days(), filter_by([](Filter& f) { f.port = parse_port_filter("80").value(); }));
  EXPECT_EQ(web.find(PacketClass::scan_tcp)->packets, 40);
  EXPECT_EQ(web.find(PacketClass::backscatter_tcp)->packets, 30);
  EXPECT_EQ(web.find(PacketClass::any)->packets, 70) << "the sum of the classes";
  EXPECT_EQ(web.find(PacketClass::scans), nullptr);
  const Filter surveyed = filter_by([](Filter& f) {
    f.port = parse_port_filter("80").value();
    f.survey = Survey::only;
  });
  EXPECT_EQ(packets(both_days(), surveyed), 40);
  const Filter scans = filter_by([](Filter& f) {
    f.class_ = PacketClass::scans;
    f.survey = Survey::without;
  });
  EXPECT_EQ(packets(both_days(), scans), 440);
}

TEST_F(SourceCountsTest, CombinedFiltersOverWholeDaysComeFromTheDailyRows) {
  const Filter telnet_of_japan = filter_by([](Filter& f) {
    f.port = parse_port_filter("23").value();
    f.country = jp;
  });
  const ClassTotals found = totals(both_days(), telnet_of_japan);
  EXPECT_EQ(found.hosts_level, Level::day);
  EXPECT_EQ(found.find(PacketClass::any)->packets, 390);
  EXPECT_EQ(found.find(PacketClass::scans)->packets, 390);
  EXPECT_EQ(found.find(PacketClass::scan_tcp)->peak_hosts, 1);
  EXPECT_DOUBLE_EQ(found.find(PacketClass::scan_tcp)->mean_hosts, 1);
  EXPECT_EQ(packets(both_days(), filter_by([](Filter& f) {
                      f.source = *Prefix::parse("198.51.100.0/24");
                      f.survey = Survey::without;
                    })),
            440);
}

TEST_F(SourceCountsTest, CombinedFiltersWithinADayComeFromTheWindows) {
  const Period noon = {at(first_day + 43'200), at(first_day + 43'500)};
  const auto by = [&](const std::function<void(Filter&)>& set) {
    return packets(noon, filter_by([&](Filter& f) {
                     f.source = *Prefix::parse("198.51.0.0/16");
                     set(f);
                   }));
  };
  EXPECT_EQ(by([](Filter&) {}), 50 + 30 + 2);
  EXPECT_EQ(by([](Filter& f) { f.port = parse_port_filter("23").value(); }), 40);
  EXPECT_EQ(by([](Filter& f) { f.country = us; }), 30);
  EXPECT_EQ(by([](Filter& f) { f.asn = 64496; }), 50) << ".3 has no daily row on that day";
  EXPECT_EQ(by([](Filter& f) { f.tool = Tool::mirai; }), 50);
  EXPECT_EQ(by([](Filter& f) { f.organisation = 2; }), 30);
  EXPECT_EQ(by([](Filter& f) { f.survey = Survey::only; }), 30);
  EXPECT_EQ(by([](Filter& f) { f.survey = Survey::without; }), 52);
  EXPECT_EQ(by([](Filter& f) { f.class_ = PacketClass::scan_udp; }), 2);
}

TEST_F(SourceCountsTest, RowsThatAreNotKeptAreNotGuessed) {
  EXPECT_EQ(refusal(first(), Level::hour), "");
  EXPECT_THAT(refusal(both_days(), Level::hour), HasSubstr("2026-01-02T12:00:00Z"));
  EXPECT_THAT(refusal(both_days(), Level::hour), HasSubstr("step=day"));
  EXPECT_EQ(refusal(both_days(), Level::day), "");
  EXPECT_THAT(refusal({at(first_day), at(first_day + 40 * day_seconds)}, Level::five_minutes),
              HasSubstr("31 days"));
  BreakdownQuestion question;
  question.period = both_days();
  question.level = Level::hour;
  question.filter.source = *Prefix::parse("198.51.100.0/24");
  EXPECT_NE(value(refusal_of(connection(), question)), std::nullopt);
  question.filter = {};
  question.filter.country = jp;
  EXPECT_EQ(value(refusal_of(connection(), question)), std::nullopt) << "the numbers know it";
}

TEST_F(SourceCountsTest, SeriesByClassOfAPortAreThoseOfTheNumbers) {
  BreakdownQuestion question;
  question.period = both_days();
  question.level = Level::day;
  question.filter.port = parse_port_filter("80/tcp").value();
  const Breakdown found = value(breakdown(connection(), question));
  ASSERT_EQ(found.lines.size(), 2u);
  EXPECT_EQ(found.lines[0].value, static_cast<uint32_t>(PacketClass::scan_tcp));
  EXPECT_THAT(found.steps.values, ElementsAre(ElementsAre(40, 0), ElementsAre(30, 0)));
  question.filter.class_ = PacketClass::scan_tcp;
  EXPECT_EQ(value(breakdown(connection(), question)).lines.size(), 1u);
}

TEST_F(SourceCountsTest, SeriesUnderCombinedFiltersLeaveTheRestApart) {
  BreakdownQuestion question;
  question.by = RankBy::tcp_port;
  question.period = both_days();
  question.level = Level::day;
  question.top = 1;
  question.filter.country = jp;
  const Breakdown days = value(breakdown(connection(), question));
  ASSERT_EQ(days.lines.size(), 1u);
  EXPECT_EQ(days.lines[0].value, 23u);
  EXPECT_THAT(days.steps.values, ElementsAre(ElementsAre(90, 300)));
  EXPECT_THAT(days.steps.rest, ElementsAre(10, 0));

  question.period = first();
  question.level = Level::hour;
  const Breakdown hours = value(breakdown(connection(), question));
  ASSERT_EQ(hours.steps.times.size(), 1u) << "the hour in which anything was observed";
  EXPECT_THAT(hours.steps.values, ElementsAre(ElementsAre(90)));
  EXPECT_THAT(hours.steps.rest, ElementsAre(11));
  question.by = RankBy::country;
  question.filter = filter_by([](Filter& f) { f.port = parse_port_filter("80").value(); });
  const Breakdown of_port = value(breakdown(connection(), question));
  ASSERT_EQ(of_port.lines.size(), 1u);
  EXPECT_EQ(of_port.lines[0].value, us);
  EXPECT_THAT(of_port.steps.values, ElementsAre(ElementsAre(20)));
  EXPECT_THAT(of_port.steps.rest, IsEmpty());
}

TEST_F(SourceCountsTest, SeriesAreComparedWithThePeriodBefore) {
  BreakdownQuestion question;
  question.by = RankBy::tcp_port;
  question.period = {at(first_day + day_seconds), at(first_day + 2 * day_seconds)};
  question.level = Level::day;
  question.compare = true;
  const Breakdown found = value(breakdown(connection(), question));
  ASSERT_EQ(found.lines.size(), 1u);
  EXPECT_THAT(found.steps.values, ElementsAre(ElementsAre(300)));
  ASSERT_TRUE(found.before);
  EXPECT_THAT(found.before->times, ElementsAre(at(first_day)));
  EXPECT_THAT(found.before->values, ElementsAre(ElementsAre(90)));
  EXPECT_THAT(found.before->rest, ElementsAre(70));
}

TEST_F(SourceCountsTest, RankingsCountThePacketsOfThePortAskedFor) {
  RankQuestion question;
  question.period = both_days();
  question.by = RankBy::country;
  question.filter.port = parse_port_filter("23").value();
  const Ranking ranked = value(ranking(connection(), question));
  ASSERT_EQ(ranked.rows.size(), 1u);
  EXPECT_EQ(ranked.rows[0].volume.packets, 390) << "not those to 2323";
  EXPECT_DOUBLE_EQ(ranked.rows[0].share, 1);
  SourceQuestion sources_of_port;
  sources_of_port.period = both_days();
  sources_of_port.filter = question.filter;
  EXPECT_EQ(value(sources(connection(), sources_of_port)).at(0).packets, 390u);
}

TEST_F(SourceCountsTest, EventsAndAttacksAreFilteredByWhoSendsAndWhat) {
  const auto found = [&](const std::function<void(Filter&)>& set) {
    EventQuestion question;
    question.period = both_days();
    question.filter = filter_by(set);
    return value(events(connection(), question)).size();
  };
  EXPECT_EQ(found([](Filter& f) { f.country = jp; }), 2u);
  EXPECT_EQ(found([](Filter& f) { f.country = us; }), 0u);
  EXPECT_EQ(found([](Filter& f) { f.asn = 64496; }), 2u);
  EXPECT_EQ(found([](Filter& f) { f.survey = Survey::only; }), 0u);
  EXPECT_EQ(found([](Filter& f) { f.class_ = PacketClass::scan_tcp; }), 2u);
  EXPECT_EQ(found([](Filter& f) { f.class_ = PacketClass::scan_udp; }), 0u);
  EXPECT_EQ(found([](Filter& f) { f.class_ = PacketClass::backscatter_tcp; }), 0u);
  EXPECT_EQ(found([](Filter& f) { f.port = parse_port_filter("23/tcp").value(); }), 2u);
  EXPECT_EQ(found([](Filter& f) { f.port = parse_port_filter("23/udp").value(); }), 0u);
  AttackQuestion attacked;
  attacked.period = both_days();
  attacked.country = enrich::CountryCode{0};
  EXPECT_EQ(value(attacks(connection(), attacked)).size(), 2u) << "the country is not known";
  attacked.country = jp;
  EXPECT_TRUE(value(attacks(connection(), attacked)).empty());
}

TEST_F(SourceCountsTest, ListsAreFilteredByWhatTheirRowsDoNotSay) {
  ActivityQuestion windows;
  windows.period = first();
  windows.filter.country = us;
  EXPECT_EQ(value(activity(connection(), windows)).size(), 1u);
  Filter filter;
  filter.port = parse_port_filter("443").value();
  const auto scanners = value(survey_scanners(connection(), both_days(), filter, 10));
  ASSERT_EQ(scanners.size(), 1u);
  EXPECT_EQ(scanners[0].packets, 20);
  EXPECT_DOUBLE_EQ(scanners[0].share, 1);
  EXPECT_EQ(
      value(rising_ports(connection(), both_days(), parse_port_filter("23/tcp").value(), 9)).size(),
      1u);
  EXPECT_TRUE(value(rising_ports(connection(), both_days(), parse_port_filter("23/udp").value(), 9))
                  .empty());
}

}  // namespace
}  // namespace yagura::telescope
