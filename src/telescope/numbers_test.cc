// SPDX-License-Identifier: Apache-2.0
#include "telescope/numbers.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

namespace yagura::telescope {
namespace {

using enum PacketClass;

// One source of a bucket: packets per class, and per port where the class has ports.
struct TestSource {
  IpAddress address;
  SourceFacts facts;
  std::map<PacketClass, std::map<uint16_t, uint32_t>> ports;
};

// Calls `visit` with the source's rows.
template <typename Visit>
void as_rows(const TestSource& source, const Visit& visit) {
  std::vector<SourceRow> rows;
  std::vector<std::vector<uint16_t>> ports;
  std::vector<std::vector<uint32_t>> packets;
  for (const auto& [class_, counts] : source.ports) {
    ports.emplace_back();
    packets.emplace_back();
    SourceRow row;
    row.source = source.address;
    row.class_ = class_;
    for (const auto& [port, count] : counts) {
      ports.back().push_back(port);
      packets.back().push_back(count);
      row.packets += count;
    }
    rows.push_back(row);
  }
  for (size_t i = 0; i < rows.size(); ++i)
    rows[i].ports = ports[i], rows[i].port_packets = packets[i];
  visit(rows);
}

using Key = std::tuple<Dimension, uint32_t, PacketClass, uint16_t>;
struct Count {
  int64_t packets = 0;
  std::set<IpAddress> hosts;
};
using Twin = std::map<Key, Count>;

bool is_tcp(PacketClass c) { return c == scan_tcp || c == backscatter_tcp || c == other_tcp; }
bool is_udp(PacketClass c) {
  return c == scan_udp || c == probe_amplification || c == backscatter_udp;
}

// Counts the obvious way: a set of hosts per number.
Twin count(const std::vector<TestSource>& sources) {
  Twin twin;
  for (const TestSource& source : sources) {
    const uint16_t organisation = source.facts.organisation;
    const auto add = [&](Dimension d, uint32_t value, PacketClass c, int64_t packets) {
      Count& number = twin[{d, value, c, organisation}];
      number.packets += packets;
      number.hosts.insert(source.address);
    };
    for (const auto& [class_, counts] : source.ports) {
      std::vector<PacketClass> classes = {class_, any};
      if (is_scan(class_)) classes.push_back(scans);
      for (const auto& [port, packets] : counts) {
        for (const PacketClass c : classes) {
          add(Dimension::total, 0, c, packets);
          add(Dimension::country, source.facts.place.country, c, packets);
          add(Dimension::asn, source.facts.place.asn, c, packets);
          if (source.facts.tool != Tool::none)
            add(Dimension::tool, static_cast<uint32_t>(source.facts.tool), c, packets);
          if (organisation != 0) add(Dimension::organisation, organisation, c, packets);
        }
        if (is_tcp(class_)) add(Dimension::tcp_port, port, class_, packets);
        if (is_udp(class_)) add(Dimension::udp_port, port, class_, packets);
        if (is_udp(class_) && is_scan(class_)) add(Dimension::udp_port, port, scans, packets);
      }
    }
  }
  return twin;
}

std::vector<NumbersRow> emitted(Numbers& numbers) {
  std::vector<NumbersRow> rows;
  numbers.emit(Level::hour, 3600, [&](const NumbersRow& row) { rows.push_back(row); });
  return rows;
}

void expect_equal(const std::vector<NumbersRow>& rows, const Twin& twin) {
  ASSERT_EQ(rows.size(), twin.size());
  size_t i = 0;
  for (const auto& [key, number] : twin) {  // the twin's order is the store's
    const NumbersRow& row = rows[i++];
    EXPECT_EQ(std::tuple(row.dimension, row.value, row.class_, row.organisation), key);
    EXPECT_EQ(row.packets, number.packets);
    EXPECT_EQ(row.hosts, static_cast<int64_t>(number.hosts.size()));
    EXPECT_EQ(row.level, Level::hour);
    EXPECT_EQ(row.time, 3600u);
    EXPECT_EQ(row.commit, 0u);
  }
}

std::vector<TestSource> random_sources(std::mt19937_64& random, size_t count) {
  std::vector<TestSource> sources(count);
  for (size_t i = 0; i < count; ++i) {
    TestSource& source = sources[i];
    source.address = IpAddress::from_v4(static_cast<uint32_t>(i + 1));
    source.facts.place = {static_cast<uint16_t>(random() % 3), static_cast<uint32_t>(random() % 4)};
    source.facts.tool = static_cast<Tool>(random() % tool_count);
    source.facts.organisation = static_cast<uint16_t>(random() % 4 == 0 ? 1 + random() % 3 : 0);
    for (size_t k = 1 + random() % 4; k > 0; --k) {
      auto& ports = source.ports[static_cast<PacketClass>(1 + random() % 9)];
      for (size_t n = 1 + random() % 5; n > 0; --n)
        ports[static_cast<uint16_t>(random() % 4 == 0 ? 65535 - random() % 3 : random() % 6)] =
            static_cast<uint32_t>(1 + random() % 100);
    }
  }
  return sources;
}

void add_all(Numbers& numbers, const std::vector<TestSource>& sources, int sign = 1) {
  for (const TestSource& source : sources)
    as_rows(source, [&](const auto& rows) { numbers.add(rows, source.facts, sign); });
}

TEST(NumbersTest, AgreeWithSetsOfHostsAndStartAgainWithNothing) {
  std::mt19937_64 random(12);
  Numbers numbers;
  for (const size_t n : {0u, 1u, 2u, 40u, 300u, 5u}) {
    const auto sources = random_sources(random, n);
    add_all(numbers, sources);
    expect_equal(emitted(numbers), count(sources));
  }
}

TEST(NumbersTest, TakingASourceOutLeavesWhatWasThereBefore) {
  std::mt19937_64 random(13);
  const auto stays = random_sources(random, 30);
  auto goes = random_sources(random, 60);
  goes.erase(goes.begin(), goes.begin() + 30);
  Numbers numbers;
  add_all(numbers, stays);
  add_all(numbers, goes);
  add_all(numbers, goes, -1);
  expect_equal(emitted(numbers), count(stays));
  add_all(numbers, goes);
  add_all(numbers, goes, -1);
  EXPECT_TRUE(emitted(numbers).empty());
}

TEST(NumbersTest, AMoveToAnotherOrganisationIsTheDifference) {
  TestSource source{IpAddress::from_v4(1), {}, {{scan_tcp, {{23, 5}}}}};
  Numbers numbers;
  add_all(numbers, {source}, -1);
  source.facts.organisation = 7;
  add_all(numbers, {source});
  int64_t sum = 0;
  bool port_moved = false;
  for (const NumbersRow& row : emitted(numbers)) {
    EXPECT_EQ(row.hosts, row.organisation == 7 ? 1 : -1);
    EXPECT_EQ(row.packets, row.organisation == 7 ? 5 : -5);
    if (row.dimension != Dimension::organisation) sum += row.packets;
    port_moved |= row.dimension == Dimension::tcp_port && row.value == 23 && row.organisation == 7;
  }
  EXPECT_EQ(sum, 0);
  EXPECT_TRUE(port_moved);
}

TEST(NumbersTest, AUdpPortThatWasScannedAndProbedHasOneHost) {
  const TestSource source{IpAddress::from_v4(1),
                          {},
                          {{scan_udp, {{53, 2}, {123, 1}}}, {probe_amplification, {{53, 3}}}}};
  Numbers numbers;
  add_all(numbers, {source});
  int found = 0;
  for (const NumbersRow& row : emitted(numbers)) {
    if (row.dimension != Dimension::udp_port || row.class_ != scans || row.value != 53) continue;
    ++found;
    EXPECT_EQ(row.hosts, 1);
    EXPECT_EQ(row.packets, 5);
  }
  EXPECT_EQ(found, 1);
}

TEST(NumbersTest, GiveTheScannedPortsWithoutSurveyScanners) {
  std::mt19937_64 random(14);
  const auto sources = random_sources(random, 200);
  Numbers numbers;
  EXPECT_TRUE(numbers.scanned_ports().empty());
  add_all(numbers, sources);
  std::map<std::pair<int, uint16_t>, std::pair<int64_t, size_t>> expected;
  for (const auto& [key, number] : count(sources)) {
    const auto& [dimension, value, class_, organisation] = key;
    if (organisation != 0) continue;
    if (dimension == Dimension::tcp_port && class_ == scan_tcp)
      expected[{6, value}] = {number.packets, number.hosts.size()};
    if (dimension == Dimension::udp_port && class_ == scans)
      expected[{17, value}] = {number.packets, number.hosts.size()};
  }
  const auto ports = numbers.scanned_ports();
  ASSERT_EQ(ports.size(), expected.size());
  ASSERT_GT(ports.size(), 10u);
  size_t i = 0;
  for (const auto& [key, number] : expected) {
    EXPECT_EQ(ports[i].protocol, key.first);
    EXPECT_EQ(ports[i].port, key.second);
    EXPECT_EQ(static_cast<int64_t>(ports[i].packets), number.first);
    EXPECT_EQ(ports[i].hosts, number.second);
    ++i;
  }
  emitted(numbers);
  EXPECT_TRUE(numbers.scanned_ports().empty());
}

TEST(NumbersTest, TheToolIsThatOfTheTcpScan) {
  const std::vector<Mark> marks = {Mark::mirai};
  const std::vector<uint32_t> packets = {10};
  SourceRow other, scan;
  other.class_ = other_tcp;
  scan.class_ = scan_tcp;
  for (SourceRow* row : {&other, &scan})
    row->packets = 10, row->marks = marks, row->mark_packets = packets;
  EXPECT_EQ(tool_of_source(std::vector{scan, other}), Tool::mirai);
  EXPECT_EQ(tool_of_source(std::vector{other}), Tool::none);
  EXPECT_EQ(tool_of_source({}), Tool::none);
}

}  // namespace
}  // namespace yagura::telescope
