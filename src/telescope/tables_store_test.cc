// SPDX-License-Identifier: Apache-2.0
//
// The questions, asked of a real store with known rows (tables_for_tests.h).
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <nlohmann/json.hpp>
#include <random>

#include "telescope/known_numbers.h"
#include "telescope/report.h"
#include "telescope/report_source.h"
#include "telescope/tables_for_tests.h"

namespace yagura::telescope {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

std::vector<std::pair<std::string, int64_t>> lines(const Ranking& ranking, RankBy by) {
  std::vector<std::pair<std::string, int64_t>> out;
  for (size_t i = 0; i < ranking.rows.size(); ++i) {
    const Table table = ranking_table(ranking, by, Names());
    out.emplace_back(std::get<std::string>(table.rows[i][0]), ranking.rows[i].volume.packets);
  }
  return out;
}

TEST_F(TablesTest, KnowsTheDaysThatHoldData) {
  EXPECT_EQ(value(data_period(connection()))->days, both_days());
  succeeded(connection().execute("TRUNCATE TABLE numbers"));
  EXPECT_FALSE(value(data_period(connection())));
}

TEST_F(TablesTest, CountsPacketsAndHostsPerClass) {
  const ClassTotals totals = value(class_totals(connection(), both_days(), Survey::with));
  EXPECT_EQ(totals.hosts_level, Level::day);
  EXPECT_EQ(totals.buckets, 2u);
  const Volume* all = totals.find(PacketClass::any);
  ASSERT_NE(all, nullptr);
  EXPECT_EQ(all->packets, 530);
  EXPECT_DOUBLE_EQ(all->mean_hosts, 2.5);
  EXPECT_EQ(all->peak_hosts, 3);
  EXPECT_EQ(all->peak_time, at(first_day));
  EXPECT_EQ(totals.find(PacketClass::scans)->packets, 500);
  EXPECT_EQ(totals.find(PacketClass::other), nullptr);
}

TEST_F(TablesTest, SurveyScannersCanBeLeftOutOrTakenAlone) {
  const auto packets = [&](Survey survey) {
    return value(class_totals(connection(), both_days(), survey)).find(PacketClass::any)->packets;
  };
  EXPECT_EQ(packets(Survey::without), 470);
  EXPECT_EQ(packets(Survey::only), 60);
}

TEST_F(TablesTest, APeriodOfHoursIsAnsweredFromHours) {
  const Period noon = {at(first_day + 43'200), at(first_day + 46'800)};
  const ClassTotals totals = value(class_totals(connection(), noon, Survey::with));
  EXPECT_EQ(totals.hosts_level, Level::hour);
  EXPECT_EQ(totals.find(PacketClass::any)->packets, 190);
  const Period morning = {at(first_day), at(first_day + 3600)};
  EXPECT_TRUE(value(class_totals(connection(), morning, Survey::with)).classes.empty());
}

TEST_F(TablesTest, APeriodAcrossLevelsCountsNothingTwice) {
  // From 11:30 of the first day: half an hour in windows, hours, then a whole day.
  const Period period = {at(first_day + 41'400), at(first_day + 2 * day_seconds)};
  const ClassTotals totals = value(class_totals(connection(), period, Survey::with));
  EXPECT_EQ(totals.find(PacketClass::any)->packets, 530);
}

TEST_F(TablesTest, RanksPortsWithSurveyScannersRemoved) {
  RankQuestion question;
  question.period = both_days();
  question.filter.survey = Survey::without;
  const Ranking ranked = value(ranking(connection(), question));
  EXPECT_THAT(lines(ranked, question.by),
              ElementsAre(Pair("23/tcp", 390), Pair("53/udp", 40), Pair("2323/tcp", 10)));
  EXPECT_EQ(ranked.total_packets, 440);
  EXPECT_DOUBLE_EQ(ranked.rows[0].share, 390.0 / 440);
  EXPECT_DOUBLE_EQ(ranked.rows[0].volume.mean_hosts, 1);
  EXPECT_FALSE(ranked.rows[0].change) << "there is no data before";
  question.filter.survey = Survey::only;
  EXPECT_THAT(lines(value(ranking(connection(), question)), question.by),
              ElementsAre(Pair("80/tcp", 40), Pair("443/tcp", 20)));
}

// Day numbers of half a year: ports and countries, of survey scanners and of others.
std::vector<NumbersRow> half_a_year(std::mt19937_64& random) {
  std::vector<NumbersRow> rows;
  for (uint32_t day = 0; day < 180; ++day)
    for (int i = 0; i < 12; ++i) {
      constexpr std::array dimensions = {Dimension::tcp_port, Dimension::udp_port,
                                         Dimension::country};
      NumbersRow row;
      row.level = Level::day;
      row.time = first_day + day * day_seconds;
      row.dimension = dimensions[random() % dimensions.size()];
      row.value = static_cast<uint32_t>(random() % 300 + (random() % 2) * 40'000);
      row.class_ =
          row.dimension == Dimension::tcp_port ? PacketClass::scan_tcp : PacketClass::scans;
      row.organisation = static_cast<uint16_t>(random() % 3);
      row.packets = static_cast<int64_t>(1 + random() % 50);
      row.hosts = static_cast<int64_t>(1 + random() % 9);
      rows.push_back(row);
    }
  return rows;
}

std::string ranks(const Ranking& ranking) {
  std::string text;
  for (const Ranked& row : ranking.rows)
    text += fmt::format("{}:{} {} {} {}, ", static_cast<int>(row.dimension), row.value,
                        row.volume.packets, row.volume.mean_hosts, row.volume.peak_hosts);
  return text;
}

TEST_F(TablesTest, WhatIsKnownChangesNoRanking) {
  std::mt19937_64 random(5);
  insert_numbers(half_a_year(random));
  KnownNumbers known;
  constexpr std::array by = {RankBy::port, RankBy::tcp_port, RankBy::udp_port, RankBy::country};
  constexpr std::array surveys = {Survey::with, Survey::without, Survey::only};
  const auto asked = [&] {
    RankQuestion question;
    question.by = by[random() % by.size()];
    question.order = random() % 2 == 0 ? RankOrder::packets : RankOrder::hosts;
    question.filter.survey = surveys[random() % surveys.size()];
    question.limit = 1 + random() % 100;
    question.offset = random() % 3;
    const auto first = static_cast<uint32_t>(random() % 90);
    const auto last = static_cast<uint32_t>(first + random() % 120);
    question.period = {at(first_day + first * day_seconds),
                       at(first_day + (last + 1) * day_seconds - (random() % 2 == 0 ? 0 : 3600))};
    return question;
  };
  for (int round = 0; round < 60; ++round) {
    const RankQuestion question = asked();
    const std::string expected = ranks(value(ranking(connection(), question)));
    EXPECT_EQ(ranks(value(ranking(connection(), question, &known))), expected);
    if (round % 20 != 10) continue;
    // A correction, which must be said.
    auto more = half_a_year(random);
    more.resize(500);
    insert_numbers(more);
    known.changed({at(more.front().time), at(more.back().time)});
  }
}

TEST_F(TablesTest, ComparesWithThePeriodBefore) {
  RankQuestion question;
  question.period = {at(first_day + day_seconds), at(first_day + 2 * day_seconds)};
  question.by = RankBy::tcp_port;
  const Ranking ranked = value(ranking(connection(), question));
  ASSERT_EQ(ranked.rows.size(), 1u);
  ASSERT_TRUE(ranked.rows[0].change);
  EXPECT_DOUBLE_EQ(*ranked.rows[0].change, 300.0 / 90 - 1);
}

TEST_F(TablesTest, RanksCountriesToolsAndClasses) {
  RankQuestion question;
  question.period = both_days();
  question.by = RankBy::country;
  question.order = RankOrder::hosts;
  EXPECT_THAT(lines(value(ranking(connection(), question)), question.by),
              ElementsAre(Pair("JP", 440), Pair("US", 60)));
  question.by = RankBy::tool;
  EXPECT_THAT(lines(value(ranking(connection(), question)), question.by),
              ElementsAre(Pair("mirai", 400)));
  question.by = RankBy::packet_class;
  EXPECT_THAT(lines(value(ranking(connection(), question)), question.by),
              ElementsAre(Pair("scan_tcp", 460), Pair("scan_udp", 15),
                          Pair("probe_amplification", 25), Pair("backscatter_tcp", 30)))
      << "of as many hosts each, but the first";
}

TEST_F(TablesTest, AFilterAcrossDimensionsAndTheExactUnionComeFromTheSources) {
  RankQuestion question;
  question.period = both_days();
  question.filter.country = jp;
  const Ranking of_japan = value(ranking(connection(), question));
  EXPECT_TRUE(of_japan.exact);
  EXPECT_THAT(lines(of_japan, question.by),
              ElementsAre(Pair("23/tcp", 390), Pair("53/udp", 40), Pair("2323/tcp", 10)));
  EXPECT_EQ(of_japan.rows[0].exact_hosts, 1u) << "one host on two days is one host";

  question.filter = {};
  question.exact_hosts = true;
  for (const RankBy by : {RankBy::port, RankBy::tcp_port, RankBy::udp_port, RankBy::country,
                          RankBy::tool, RankBy::organisation}) {
    question.by = by;
    question.exact_hosts = true;
    const auto exact = lines(value(ranking(connection(), question)), by);
    if (by == RankBy::organisation) continue;  // the made numbers have none
    question.exact_hosts = false;
    EXPECT_EQ(exact, lines(value(ranking(connection(), question)), by)) << static_cast<int>(by);
  }
}

TEST_F(TablesTest, GivesSeriesAtTheLevelThatFits) {
  const Series days = value(series(connection(), both_days(), Survey::with, 300, Level::day));
  ASSERT_FALSE(days.points.empty());
  EXPECT_EQ(days.points[0].class_, PacketClass::any);
  EXPECT_EQ(days.points[0].packets, 190);
  EXPECT_EQ(days.points[0].hosts, 3);
  EXPECT_EQ(value(series(connection(), both_days(), Survey::with, 500)).level, Level::five_minutes);
  EXPECT_EQ(value(series(connection(), both_days(), Survey::with, 100)).level, Level::hour);
  const Series coarse = value(series(connection(), both_days(), Survey::with, 1));
  EXPECT_EQ(coarse.level, Level::day);
  EXPECT_EQ(coarse.step, Duration::days(2));
}

TEST_F(TablesTest, ListsSourcesByFilterAndOrder) {
  SourceQuestion question;
  question.period = both_days();
  auto found = value(sources(connection(), question));
  ASSERT_EQ(found.size(), 4u);
  EXPECT_EQ(found[0].source, address("198.51.100.1"));
  EXPECT_EQ(found[0].packets, 400u);
  EXPECT_EQ(found[0].days, 2u);
  EXPECT_EQ(found[0].tool, Tool::mirai);
  ASSERT_EQ(found[0].ports.size(), 2u);
  EXPECT_EQ(service_text(found[0].ports[0].class_, found[0].ports[0].port), "23/tcp");
  EXPECT_EQ(found[0].ports[0].packets, 390u);

  const auto only = [&](auto change) {
    SourceQuestion narrow = question;
    change(narrow.filter);
    std::vector<std::string> addresses;
    for (const auto& source : value(sources(connection(), narrow)))
      addresses.push_back(source.source.to_string());
    return addresses;
  };
  EXPECT_THAT(only([](Filter& f) { f.port = *parse_port_filter("53/udp"); }),
              ElementsAre("198.51.100.3"));
  EXPECT_THAT(only([](Filter& f) { f.port = *parse_port_filter("53/tcp"); }), ElementsAre());
  EXPECT_THAT(only([](Filter& f) { f.source = *Prefix::parse("203.0.113.0/24"); }),
              ElementsAre("203.0.113.9"));
  EXPECT_THAT(only([](Filter& f) { f.asn = 64497; }), ElementsAre("198.51.100.2"));
  EXPECT_THAT(only([](Filter& f) { f.tool = Tool::mirai; }), ElementsAre("198.51.100.1"));
  EXPECT_THAT(only([](Filter& f) { f.organisation = 2; }), ElementsAre("198.51.100.2"));
  EXPECT_THAT(only([](Filter& f) { f.class_ = PacketClass::backscatter_tcp; }),
              ElementsAre("203.0.113.9"));
}

TEST_F(TablesTest, TellsEverythingAboutOneSource) {
  const auto page = value(source_page(connection(), address("198.51.100.3")));
  ASSERT_TRUE(page);
  EXPECT_EQ(page->classes.size(), 2u);
  EXPECT_EQ(page->events.size(), 1u);
  EXPECT_EQ(page->samples.size(), 1u);
  EXPECT_TRUE(misconfiguration(page->behaviour).holds) << misconfiguration(page->behaviour).reason;
  const std::string text = document_text(source_report(*page, Names()));
  EXPECT_THAT(text, HasSubstr("misconfigured host"));
  EXPECT_THAT(text, HasSubstr("\\x1b[31m"));

  const auto mirai = value(source_page(connection(), address("198.51.100.1")));
  ASSERT_TRUE(mirai);
  EXPECT_THAT(judge(*mirai, "")[0].reason, HasSubstr("398 of 400"));
  const auto victim = value(source_page(connection(), address("203.0.113.9")));
  ASSERT_TRUE(victim);
  EXPECT_EQ(victim->attacks.size(), 2u);
  EXPECT_EQ(value(source_page(connection(), address("192.0.2.99"))), std::nullopt);
}

TEST_F(TablesTest, ListsEventsThatOverlapThePeriod) {
  EventQuestion question;
  question.period = both_days();
  EXPECT_EQ(value(events(connection(), question)).size(), 2u);
  question.period = {at(first_day + 5400), at(first_day + 5500)};  // inside the first one
  const auto inside = value(events(connection(), question));
  ASSERT_EQ(inside.size(), 1u);
  EXPECT_EQ(inside[0].start.nanoseconds % 1'000'000'000, 123'456'789);
  question.period = both_days();
  question.filter.tool = Tool::mirai;
  EXPECT_EQ(value(events(connection(), question)).size(), 1u);
  question = {};
  question.period = both_days();
  question.state = EventState::open;
  EXPECT_EQ(value(events(connection(), question)).at(0).packets, 40u);
  question.state = {};
  question.least_packets = 50;
  EXPECT_EQ(value(events(connection(), question)).size(), 1u);
  EXPECT_EQ(value(event_totals(connection(), both_days())).packets, 140u);
}

TEST_F(TablesTest, AnAttackIsOneLineFromItsLatestRecord) {
  AttackQuestion question;
  question.period = both_days();
  const auto found = value(attacks(connection(), question));
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].packets, 31u);
  EXPECT_FALSE(found[0].ended);
  EXPECT_EQ(found[1].packets, 30u) << "the end record, not the update of the same time";
  EXPECT_TRUE(found[1].ended);
  EXPECT_EQ(found[1].dark_addresses, 24u);
  const auto json = nlohmann::json::parse(table_json(attacks_table(found, Names())));
  EXPECT_EQ(json[1]["victim"], "203.0.113.9");
  EXPECT_EQ(json[1]["start"], "2026-01-01T01:00:00Z");
  EXPECT_EQ(json[1]["end"], "2026-01-01T01:07:00Z");
  EXPECT_EQ(json[1]["packets"], 30);
  EXPECT_EQ(json[1]["dark_addresses"], 24);
  EXPECT_EQ(json[1]["state"], "ended");
  EXPECT_EQ(json[1]["ports"], nlohmann::json({80}));

  question.ended = true;
  EXPECT_EQ(value(attacks(connection(), question)).size(), 1u);
  question.ended = false;
  question.protocol = uint8_t{6};
  EXPECT_TRUE(value(attacks(connection(), question)).empty());
  EXPECT_EQ(value(attack_totals(connection(), both_days())).victims, 1u);
}

TEST_F(TablesTest, ListsSurveyScannersWithTheirEvidence) {
  const auto found = value(survey_scanners(connection(), both_days(), {}, 10));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].organisation, 2);
  EXPECT_EQ(found[0].packets, 60);
  EXPECT_EQ(found[0].ports, 2u);
  EXPECT_EQ(found[0].listed_hosts, 1u);
  EXPECT_DOUBLE_EQ(found[0].share, 60.0 / 500);
}

TEST_F(TablesTest, BoundsTheActivityItLists) {
  ActivityQuestion question;
  question.period = both_days();
  question.limit = 5;
  const auto rows = value(activity(connection(), question));
  ASSERT_EQ(rows.size(), 5u);
  EXPECT_EQ(rows[0].window, at(first_day));
  EXPECT_THAT(rows[0].ports, ElementsAre(53));
  question.filter.class_ = PacketClass::scan_tcp;
  EXPECT_TRUE(value(activity(connection(), question)).empty());
}

TEST_F(TablesTest, CountsYears) {
  const auto found = value(years(connection(), [](const Period&) { return 53.0; }));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].year, 2026);
  EXPECT_EQ(found[0].packets, 530);
  EXPECT_EQ(found[0].survey_packets, 60);
  const auto json = nlohmann::json::parse(table_json(years_table(found)));
  EXPECT_EQ(json[0]["packets_per_address"], 10);
}

TEST_F(TablesTest, TheReportHoldsEverySectionInEveryFormat) {
  const std::vector<SensorSpace> sensors = {
      {{1, "campus"}, {{*Prefix::parse("192.0.2.0/24"), false, {}, {}}}}};
  const std::vector<state::Coverage> coverage = {
      {1, at(first_day), at(first_day + 3600)},
      {1, at(first_day + day_seconds), at(first_day + 2 * day_seconds)}};
  const Names names(nullptr, {{1, "unknown"}, {2, "Example <Org>"}}, {{1, "campus"}});
  ReportOptions options;
  options.home_country = jp;
  const Document report =
      value(observation_report({connection(), names, sensors, coverage}, options));
  for (const char* key :
       {"summary", "years", "classes", "packets_over_time", "hosts_over_time", "ports",
        "tcp_ports_by_hosts", "udp_ports_by_hosts", "countries", "asns", "home", "home_ports",
        "tools", "scan_events", "attacks", "survey_scanners", "rising_ports", "sensors", "gaps"})
    EXPECT_NE(report.find(key), nullptr) << key;
  const auto json = nlohmann::json::parse(document_json(report));
  EXPECT_EQ(json["summary"]["packets"], 530);
  EXPECT_EQ(json["summary"]["dark_addresses"], 256);
  EXPECT_EQ(json["summary"]["attacks"], 2);
  EXPECT_EQ(json["rising_ports"][0]["name"], "23/tcp");
  EXPECT_EQ(json["home_ports"][0]["hosts"], 1);
  EXPECT_EQ(json["gaps"][0]["length"], day_seconds - 3600);
  const std::string page = document_html(report);
  EXPECT_THAT(page, HasSubstr("Example &lt;Org&gt;"));
  EXPECT_THAT(page, Not(HasSubstr("<Org>")));
  const std::string text = document_text(report);
  EXPECT_THAT(text, HasSubstr("  packets                        530\n"));
  for (size_t at = 0; at < text.size();) {
    const size_t end = text.find('\n', at);
    EXPECT_LE(end - at, 100u) << text.substr(at, end - at);
    at = end + 1;
  }
}

}  // namespace
}  // namespace yagura::telescope
