// SPDX-License-Identifier: Apache-2.0
//
// For tests of the questions: a real store that holds a few rows made by hand, two days and four
// sources.
//
//   198.51.100.1  JP AS64496  2026-01-01 and -02  Mirai, ports 23 and 2323
//   198.51.100.2  US AS64497  2026-01-01          survey scanner (organisation 2), ports 80, 443
//   198.51.100.3  JP AS64496  2026-01-02          UDP 53 as probe for amplifiers and as scan
//   203.0.113.9   victim of a flood on 80/tcp, 2026-01-01
#pragma once

#include <string>
#include <vector>

#include "enrich/places.h"
#include "store/native_block.h"
#include "store/store_for_tests.h"
#include "telescope/rows.h"
#include "telescope/store_writer.h"
#include "telescope/tables.h"

namespace yagura::telescope {

inline constexpr uint32_t first_day = 1'767'225'600;  // 2026-01-01
inline constexpr uint32_t day_seconds = 86'400;
inline constexpr enrich::CountryCode jp = enrich::country_code('J', 'P');
inline constexpr enrich::CountryCode us = enrich::country_code('U', 'S');

inline Timestamp at(uint32_t seconds) { return Timestamp::from_seconds(seconds); }
inline Period both_days() { return {at(first_day), at(first_day + 2 * day_seconds)}; }
inline IpAddress address(const char* text) { return *IpAddress::parse(text); }

class TablesTest : public store::StoreTest {
 protected:
  void SetUp() override {
    store::StoreTest::SetUp();
    if (engine() == nullptr) return;  // skipped
    for (const char* table : {"activity", "source_day", "numbers", "port_numbers", "number_sheets",
                              "event", "attack", "alarm", "sample"})
      succeeded(connection().execute(std::string("TRUNCATE TABLE ") + table));
    insert_totals();
    insert_dimensions();
    insert_source_days();
    insert_events();
    insert_attacks();
    insert_alarm();
    insert_activity();
  }
  template <typename Row>
  void insert(const std::vector<Row>& rows) {
    store::NativeBlockWriter<Row> writer;
    for (const Row& row : rows) writer.add(row);
    succeeded(store::insert_rows(connection(), writer));
  }

  void insert_numbers(const std::vector<NumbersRow>& rows) {
    StoreWriter writer(connection(), 1);
    for (const NumbersRow& row : rows) writer.add(row);
    succeeded(writer.finish());
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

  void insert_totals() {
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
    insert_numbers(rows);
  }

  void insert_dimensions() {
    std::vector<NumbersRow> rows;
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
    insert_numbers(rows);
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
    const std::vector<uint16_t> ports = {23, 2323};
    const std::vector<uint32_t> counts = {90, 10};
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
  }

  // Two attacks: one over TCP that ended, one over UDP that goes on.
  void insert_attacks() {
    const std::vector<uint16_t> http = {80};
    const std::vector<uint32_t> http_counts = {30};
    const int64_t start = (first_day + 3600LL) * 1'000'000'000;
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
  }

  void insert_alarm() {
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

}  // namespace yagura::telescope
