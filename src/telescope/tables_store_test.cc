// SPDX-License-Identifier: Apache-2.0
//
// The questions, asked of a real store that holds a few rows made by hand: two days, four sources.
//
//   198.51.100.1  JP AS64496  2026-01-01 and -02  Mirai, ports 23 and 2323
//   198.51.100.2  US AS64497  2026-01-01          survey scanner (organisation 2), ports 80, 443
//   198.51.100.3  JP AS64496  2026-01-02          UDP 53 as probe for amplifiers and as scan
//   203.0.113.9   victim of a flood on 80/tcp, 2026-01-01
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "store/native_block.h"
#include "store/store_for_tests.h"
#include "telescope/report.h"
#include "telescope/report_source.h"

namespace yagura::telescope {
namespace {

using store::value;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

constexpr uint32_t first_day = 1'767'225'600;  // 2026-01-01
constexpr uint32_t day_seconds = 86'400;
constexpr enrich::CountryCode jp = enrich::country_code('J', 'P');
constexpr enrich::CountryCode us = enrich::country_code('U', 'S');

Timestamp at(uint32_t seconds) { return Timestamp::from_seconds(seconds); }
Period both_days() { return {at(first_day), at(first_day + 2 * day_seconds)}; }
IpAddress address(const char* text) { return *IpAddress::parse(text); }

class TablesTest : public store::StoreTest {
 protected:
  void SetUp() override {
    store::StoreTest::SetUp();
    if (engine() == nullptr) return;  // skipped
    for (const char* table :
         {"activity", "source_day", "numbers", "event", "attack", "alarm", "sample"})
      store::succeeded(connection().execute(std::string("TRUNCATE TABLE ") + table));
    insert_numbers();
    insert_source_days();
    insert_events();
    insert_activity();
  }
  template <typename Row>
  void insert(const std::vector<Row>& rows) {
    store::NativeBlockWriter<Row> writer;
    for (const Row& row : rows) writer.add(row);
    store::succeeded(store::insert_rows(connection(), writer));
  }

  // A number of the day and, in the same hour and window, of the finer levels.
  void add_number(std::vector<NumbersRow>& rows, int day, Dimension dimension, uint32_t of,
                  PacketClass class_, uint16_t organisation, int64_t packets, int64_t hosts) {
    const uint32_t start = first_day + static_cast<uint32_t>(day) * day_seconds;
    rows.push_back({Level::day, start, dimension, of, class_, organisation, packets, hosts, 1});
    const uint32_t noon = start + day_seconds / 2;
    rows.push_back({Level::hour, noon, dimension, of, class_, organisation, packets, hosts, 1});
    rows.push_back(
        {Level::five_minutes, noon, dimension, of, class_, organisation, packets, hosts, 1});
  }

  void insert_numbers() {
    std::vector<NumbersRow> rows;
    const auto total = [&](int day, PacketClass c, uint16_t organisation, int64_t packets,
                           int64_t hosts) {
      add_number(rows, day, Dimension::total, 0, c, organisation, packets, hosts);
    };
    // Day 0: Mirai 100, survey 60, victim 30. Day 1: Mirai 300, the UDP host 40.
    total(0, PacketClass::any, 0, 130, 2);
    total(0, PacketClass::any, 2, 60, 1);
    total(0, PacketClass::scans, 0, 100, 1);
    total(0, PacketClass::scans, 2, 60, 1);
    total(0, PacketClass::scan_tcp, 0, 100, 1);
    total(0, PacketClass::scan_tcp, 2, 60, 1);
    total(0, PacketClass::backscatter_tcp, 0, 30, 1);
    total(1, PacketClass::any, 0, 340, 2);
    total(1, PacketClass::scans, 0, 340, 2);
    total(1, PacketClass::scan_tcp, 0, 300, 1);
    total(1, PacketClass::scan_udp, 0, 15, 1);
    total(1, PacketClass::probe_amplification, 0, 25, 1);
    // A correction: rows of one key add up.
    total(1, PacketClass::any, 0, 10, 0);
    total(1, PacketClass::any, 0, -10, 0);
    const auto port = [&](int day, Dimension d, uint32_t p, PacketClass c, uint16_t organisation,
                          int64_t packets) {
      add_number(rows, day, d, p, c, organisation, packets, 1);
    };
    port(0, Dimension::tcp_port, 23, PacketClass::scan_tcp, 0, 90);
    port(0, Dimension::tcp_port, 2323, PacketClass::scan_tcp, 0, 10);
    port(0, Dimension::tcp_port, 80, PacketClass::scan_tcp, 2, 40);
    port(0, Dimension::tcp_port, 443, PacketClass::scan_tcp, 2, 20);
    port(0, Dimension::tcp_port, 80, PacketClass::backscatter_tcp, 0, 30);
    port(1, Dimension::tcp_port, 23, PacketClass::scan_tcp, 0, 300);
    port(1, Dimension::udp_port, 53, PacketClass::scan_udp, 0, 15);
    port(1, Dimension::udp_port, 53, PacketClass::probe_amplification, 0, 25);
    port(1, Dimension::udp_port, 53, PacketClass::scans, 0, 40);
    add_number(rows, 0, Dimension::country, jp, PacketClass::scans, 0, 100, 1);
    add_number(rows, 0, Dimension::country, us, PacketClass::scans, 2, 60, 1);
    add_number(rows, 1, Dimension::country, jp, PacketClass::scans, 0, 340, 2);
    add_number(rows, 1, Dimension::country, jp, PacketClass::scan_tcp, 0, 300, 1);
    add_number(rows, 0, Dimension::tool, 1, PacketClass::scans, 0, 100, 1);
    add_number(rows, 1, Dimension::tool, 1, PacketClass::scans, 0, 300, 1);
    add_number(rows, 1, Dimension::tool, 0, PacketClass::scans, 0, 40, 1);
    insert(rows);
  }

  SourceDayRow source_day(int day, const char* source, PacketClass c, uint64_t packets,
                          const std::vector<uint16_t>& ports,
                          const std::vector<uint32_t>& port_packets) {
    SourceDayRow row;
    row.day = static_cast<uint16_t>(first_day / day_seconds + static_cast<uint32_t>(day));
    row.source = address(source);
    row.class_ = c;
    row.packets = packets;
    row.bytes = packets * 40;
    row.first = first_day + static_cast<uint32_t>(day) * day_seconds + 3600;
    row.last = row.first + 7200;
    row.windows = 2;
    row.ports = ports;
    row.port_packets = port_packets;
    row.commit = 1;
    return row;
  }

  void insert_source_days() {
    const std::vector<Mark> marks = {Mark::mirai};
    const std::vector<uint32_t> mark_packets = {98}, more_mark_packets = {300};
    const std::vector<uint16_t> telnet = {23, 2323}, web = {80, 443}, dns = {53}, one = {23},
                                http = {80};
    const std::vector<uint32_t> p1 = {90, 10}, p2 = {40, 20}, p3 = {25}, p4 = {15}, p5 = {300},
                                p6 = {30};
    std::vector<SourceDayRow> rows;
    rows.push_back(source_day(0, "198.51.100.1", PacketClass::scan_tcp, 100, telnet, p1));
    rows.back().marks = marks;
    rows.back().mark_packets = mark_packets;
    rows.push_back(source_day(1, "198.51.100.1", PacketClass::scan_tcp, 300, one, p5));
    rows.back().marks = marks;
    rows.back().mark_packets = more_mark_packets;
    for (auto& row : rows) row.tool = Tool::mirai, row.country = jp, row.asn = 64496;
    rows.push_back(source_day(0, "198.51.100.2", PacketClass::scan_tcp, 60, web, p2));
    rows.back().organisation = 2;
    rows.back().survey_evidence = SurveyEvidence::list;
    rows.back().country = us;
    rows.back().asn = 64497;
    rows.push_back(source_day(1, "198.51.100.3", PacketClass::probe_amplification, 25, dns, p3));
    rows.push_back(source_day(1, "198.51.100.3", PacketClass::scan_udp, 15, dns, p4));
    for (size_t i = rows.size() - 2; i < rows.size(); ++i)
      rows[i].country = jp, rows[i].asn = 64496;
    rows.push_back(source_day(0, "203.0.113.9", PacketClass::backscatter_tcp, 30, http, p6));
    insert(rows);
  }

  void insert_events() {
    const std::vector<uint16_t> ports = {23, 2323}, http = {80};
    const std::vector<uint32_t> counts = {90, 10}, http_counts = {30};
    const int64_t start = (first_day + 3600LL) * 1'000'000'000;
    EventRow event;
    event.id = 7;
    event.sensor = 1;
    event.source = address("198.51.100.1");
    event.start = start + 123'456'789;
    event.end = start + 7'200'000'000'000;
    event.state = EventState::closed;
    event.packets = 100;
    event.dark_addresses = 64;
    event.tcp_packets = 100;
    event.port_count = 2;
    event.ports = ports;
    event.port_packets = counts;
    event.tool = Tool::mirai;
    event.dark_share = 0.25;
    event.commit = 1;
    EventRow late = event;
    late.id = 8;
    late.source = address("198.51.100.3");
    late.start = start + static_cast<int64_t>(day_seconds) * 1'000'000'000;
    late.end = late.start + 60'000'000'000;
    late.state = EventState::open;
    late.packets = 40;
    late.tool = Tool::none;
    insert(std::vector<EventRow>{event, late});

    AttackRow attack;
    attack.id = 9;
    attack.sensor = 1;
    attack.victim = address("203.0.113.9");
    attack.protocol = 6;
    attack.start = start;
    attack.ports = http;
    attack.port_packets = http_counts;
    attack.port_count = 1;
    attack.commit = 1;
    std::vector<AttackRow> records;
    const auto record = [&](AttackRecord kind, int minute, uint64_t packets, uint32_t dark) {
      attack.record = kind;
      attack.time = start + minute * 60'000'000'000LL;
      attack.end = attack.time;
      attack.packets = packets;
      attack.dark_addresses = dark;
      records.push_back(attack);
    };
    record(AttackRecord::start, 2, 25, 20);
    record(AttackRecord::update, 7, 28, 22);
    record(AttackRecord::end, 7, 30, 24);  // the end may have the time of the last update
    attack.id = 10;
    attack.protocol = 17;
    record(AttackRecord::start, 3, 26, 11);
    record(AttackRecord::update, 8, 31, 12);
    insert(records);

    AlarmRow alarm;
    alarm.time = first_day + day_seconds;
    alarm.sensor = 1;
    alarm.protocol = 6;
    alarm.port = 23;
    alarm.packets = 300;
    alarm.hosts = 30;
    alarm.expected_packets = 4;
    alarm.packets_score = 5;
    alarm.hosts_score = 6;
    insert(std::vector<AlarmRow>{alarm});
  }

  void insert_activity() {
    const std::vector<uint16_t> ports = {53};
    const std::vector<uint32_t> packets = {2};
    std::vector<ActivityRow> rows;
    // A misconfigured host: one dark address, one service, every half hour for 26 hours.
    for (uint32_t i = 0; i < 52; ++i) {
      ActivityRow row;
      row.window = first_day + i * 1800;
      row.sensor = 1;
      row.source = address("198.51.100.3");
      row.class_ = PacketClass::scan_udp;
      row.packets = 2;
      row.dark_addresses = 1;
      row.dark_hash = 4711;
      row.ports = ports;
      row.port_packets = packets;
      row.commit = 1;
      rows.push_back(row);
    }
    insert(rows);
    SampleRow sample;
    sample.time = first_day * 1'000'000'000LL + 5;
    sample.source = address("198.51.100.3");
    sample.destination = address("192.0.2.1");
    sample.payload = "\x1b[31m";
    sample.protocol = 17;
    insert(std::vector<SampleRow>{sample});
  }
};

std::vector<std::pair<std::string, int64_t>> lines(const Ranking& ranking, RankBy by) {
  std::vector<std::pair<std::string, int64_t>> out;
  for (size_t i = 0; i < ranking.rows.size(); ++i) {
    const Table table = ranking_table(ranking, by, Names());
    out.emplace_back(std::get<std::string>(table.rows[i][0]), ranking.rows[i].volume.packets);
  }
  return out;
}

TEST_F(TablesTest, KnowsTheDaysThatHoldData) {
  EXPECT_EQ(value(data_period(connection())), both_days());
  store::succeeded(connection().execute("TRUNCATE TABLE numbers"));
  EXPECT_EQ(value(data_period(connection())), std::nullopt);
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
              ElementsAre(Pair("scan_tcp", 460), Pair("backscatter_tcp", 30),
                          Pair("probe_amplification", 25), Pair("scan_udp", 15)));
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

TEST_F(TablesTest, CountsTheExactUnionOfHosts) {
  EXPECT_EQ(value(exact_hosts(connection(), both_days(), {})), 4u);
  Filter filter;
  filter.survey = Survey::without;
  filter.class_ = PacketClass::scans;
  EXPECT_EQ(value(exact_hosts(connection(), both_days(), filter)), 2u);
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
  question.tool = Tool::mirai;
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
  const auto found = value(survey_scanners(connection(), both_days(), 10));
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
