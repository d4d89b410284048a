// SPDX-License-Identifier: Apache-2.0
#include "telescope/synchrony_window.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <map>
#include <random>
#include <set>

#include "telescope/synchrony.h"

namespace yagura::telescope {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr uint32_t start = 1'600'000'200;
constexpr uint64_t key = 0x5eed;

SynchronyRow probe(uint32_t slot, uint16_t prefix, uint16_t port, uint32_t packets = 1) {
  SynchronyRow row;
  row.time = start + slot * Synchrony::slot_seconds;
  row.prefix = prefix;
  row.port = port;
  row.packets = packets;
  row.top_share = 1;
  row.top_dark = prefix;  // each its own
  row.dark_addresses = 1;
  return row;
}

std::vector<uint16_t> numbers(const std::vector<NamedPort>& ports) {
  std::vector<uint16_t> result;
  for (const NamedPort& port : ports) result.push_back(port.port);
  return result;
}

TEST(SynchronyWindow, ListsOfPortsAreReadSortedAndRefusedWithTheWordThatIsNone) {
  EXPECT_THAT(parse_ports(" 445, 22,22 ,80").value(), ElementsAre(22, 80, 445));
  EXPECT_TRUE(parse_ports("").value().empty());
  EXPECT_EQ(parse_ports(usual_left_out).value().size(), 11U);
  for (const char* text : {"22,telnet", "22,,23", "65536", "-1", "22;23"})
    EXPECT_THAT(parse_ports(text).error().message(), HasSubstr("is no port")) << text;
}

// Against maps, below and above the bound on hosts.
TEST(SynchronyWindow, TheMatrixAddsUpWhatHostsSentToPortsThatCount) {
  std::mt19937_64 random(31);
  const std::vector<uint16_t> left_out = {22, 80};
  for (const uint32_t prefixes : {3U, 400U, 3000U}) {
    std::vector<SynchronyRow> rows;
    const auto below = [&](uint32_t count) { return static_cast<uint32_t>(random() % count); };
    for (int i = 0; i < 6000; ++i)
      rows.push_back(probe(below(12), static_cast<uint16_t>(below(prefixes) * 17),
                           std::array<uint16_t, 4>{22, 23, 80, 99}[below(4)], 1 + below(5)));
    std::map<uint16_t, std::array<double, 12>> sent;
    for (const SynchronyRow& row : rows)
      if (row.port == 23 || row.port == 99)
        sent[row.prefix][(row.time - start) / 50] += row.packets;
    std::map<uint64_t, uint16_t> by_rank;
    for (const auto& [prefix, packets] : sent) by_rank[Synchrony::rank(prefix, key)] = prefix;
    while (by_rank.size() > 1000) by_rank.erase(std::prev(by_rank.end()));
    std::set<uint16_t> kept;
    for (const auto& [rank, prefix] : by_rank) kept.insert(prefix);

    const HostMatrix matrix = host_matrix(rows, start, judged_slots, left_out, key);
    EXPECT_EQ(std::set<uint16_t>(matrix.prefixes.begin(), matrix.prefixes.end()), kept);
    ASSERT_EQ(matrix.packets.columns(), kept.size());
    double total = 0;
    for (size_t host = 0; host < matrix.hosts(); ++host)
      for (size_t slot = 0; slot < judged_slots; ++slot) {
        EXPECT_EQ(matrix.packets(slot, host), sent[matrix.prefixes[host]][slot]);
        total += matrix.packets(slot, host);
      }
    EXPECT_EQ(static_cast<double>(matrix.total), total);
  }
}

TEST(SynchronyWindow, PortsOfATenthOfTheHostsAreNamedByLevelAndTheNextBestWithItsEquals) {
  std::vector<SynchronyRow> rows;
  std::vector<uint16_t> hosts;
  for (uint16_t host = 0; host < 200; ++host) {
    hosts.push_back(host);
    if (host < 30) rows.push_back(probe(0, host, 1000, 3));     // 15 %: attack
    if (host < 20) rows.push_back(probe(1, host, 2000));        // 10 %, 20 hosts: attack still
    if (host < 19) rows.push_back(probe(2, host, 3000));        // the next best
    if (host < 19) rows.push_back(probe(3, host + 100, 4000));  // as good
    if (host < 5) rows.push_back(probe(4, host, 5000));
    rows.push_back(probe(5, host, 22));  // left out
  }
  const std::vector<uint16_t> left_out = {22};
  const auto ports = named_ports(rows, hosts, left_out);
  EXPECT_THAT(numbers(ports), ElementsAre(1000, 2000, 3000, 4000));
  EXPECT_EQ(ports[0].level, PortLevel::attack);
  EXPECT_EQ(ports[0].hosts, 30);
  EXPECT_EQ(ports[0].packets, 90U);
  EXPECT_EQ(ports[1].level, PortLevel::attack);
  EXPECT_EQ(ports[2].level, PortLevel::next);
  EXPECT_EQ(ports[3].level, PortLevel::next);
  // Of 60 hosts 19 are more than a tenth, but no attack.
  const auto few = named_ports(rows, std::span(hosts).first(60), left_out);
  EXPECT_THAT(numbers(few), ElementsAre(1000, 2000, 3000, 5000));
  EXPECT_EQ(few[2].level, PortLevel::survey);
  EXPECT_EQ(few[3].level, PortLevel::next);
  EXPECT_THAT(probing_prefixes(rows, hosts, std::vector<uint16_t>{5000, 1000}, 3),
              ElementsAre(0, 1, 2));
  EXPECT_TRUE(named_ports({}, {}, {}).empty());
}

TEST(SynchronyWindow, APortWithOneTargetIsSaidToHaveOneUnlessRowsDoNotKnow) {
  std::vector<SynchronyRow> rows;
  std::vector<uint16_t> hosts;
  for (uint16_t host = 0; host < 40; ++host) {
    hosts.push_back(host);
    rows.push_back(probe(0, host, 8443, 4));
    rows.back().top_dark = host < 30 ? 77 : host;  // 75 % of packets and of pairs
  }
  EXPECT_EQ(named_ports(rows, hosts, {})[0].level, PortLevel::single_target);
  for (uint16_t host = 0; host < 3; ++host) rows[host].top_dark = host;  // 67.5 %
  EXPECT_EQ(named_ports(rows, hosts, {})[0].level, PortLevel::attack);
  for (SynchronyRow& row : rows) {
    row.top_dark = 77;
    row.top_share = 0.9F;
    row.dark_addresses = 2;  // half of the pairs
  }
  EXPECT_EQ(named_ports(rows, hosts, {})[0].level, PortLevel::attack);
  for (SynchronyRow& row : rows) row.dark_addresses = 1;
  EXPECT_EQ(named_ports(rows, hosts, {})[0].level, PortLevel::single_target);
  rows[5].dark_addresses = 0;
  EXPECT_EQ(named_ports(rows, hosts, {})[0].level, PortLevel::attack);
}

PortLevel level_of_forty(const std::function<void(SynchronyRow&)>& change) {
  std::vector<SynchronyRow> rows;
  std::vector<uint16_t> hosts;
  for (uint16_t host = 0; host < 40; ++host) {
    hosts.push_back(host);
    rows.push_back(probe(0, host, 8443, 4));
    rows.back().top_dark = 77;
    change(rows.back());
  }
  return named_ports(rows, hosts, {})[0].level;
}

TEST(SynchronyWindow, ATargetIsSingleOnlyByItsShareOfThePacketsAndOfThePairs) {
  EXPECT_EQ(level_of_forty([](SynchronyRow&) {}), PortLevel::single_target);
  // A quarter of the pairs, but nearly all packets, go elsewhere.
  EXPECT_EQ(level_of_forty([](SynchronyRow& row) {
              if (row.prefix < 10) row.top_dark = row.prefix, row.packets = 100;
            }),
            PortLevel::attack);
  // The same, where the loud ones mostly reach what the rows do not name.
  EXPECT_EQ(level_of_forty([](SynchronyRow& row) {
              if (row.prefix < 10) row.packets = 1000, row.top_share = 0.1F, row.dark_addresses = 2;
            }),
            PortLevel::attack);
  // Most of the packets, but little more than half of the pairs.
  EXPECT_EQ(level_of_forty([](SynchronyRow& row) {
              if (row.prefix < 16) row.top_dark = row.prefix, row.packets = 1;
            }),
            PortLevel::attack);
}

TEST(SynchronyWindow, APairIsCountedForEachAddressThatAHostReachedInItsSlots) {
  std::vector<SynchronyRow> rows;
  std::vector<uint16_t> hosts;
  for (uint16_t host = 0; host < 40; ++host) {
    hosts.push_back(host);
    rows.push_back(probe(0, host, 8443, 10));
    rows.back().top_dark = 77;
    rows.push_back(probe(1, host, 8443));
  }
  EXPECT_EQ(named_ports(rows, hosts, {})[0].level, PortLevel::attack);
}

TEST(SynchronyWindow, WhatALoneHostProbesHasNoSingleTarget) {
  const std::vector<SynchronyRow> rows = {probe(0, 5, 8443, 4)};
  EXPECT_EQ(named_ports(rows, std::vector<uint16_t>{5}, {})[0].level, PortLevel::survey);
}

TEST(SynchronyWindow, OfPortsWithAsManyHostsTheOneWithMostPacketsIsFirstUpToTheBound) {
  std::vector<SynchronyRow> rows;
  for (uint16_t port = 1; port <= named_ports_max + 5; ++port)
    rows.push_back(probe(0, 7, port, port));
  const auto ports = named_ports(rows, std::vector<uint16_t>{7}, {});
  ASSERT_EQ(ports.size(), named_ports_max);
  for (size_t i = 0; i < ports.size(); ++i) EXPECT_EQ(ports[i].port, named_ports_max + 5 - i);
}

TEST(SynchronyWindow, OnlyHostsOfTheMatrixThatProbedTheseVeryPortsAreProbing) {
  const std::vector<uint16_t> hosts = {1, 2, 3}, ports = {20, 10};
  const std::vector<SynchronyRow> rows = {
      probe(0, 1, 10, 9),   probe(0, 2, 10, 3), probe(1, 2, 20, 4),  // 9 packets are more than 7
      probe(0, 2, 99, 100), probe(0, 3, 99),    probe(0, 9, 10, 50)};
  EXPECT_THAT(probing_prefixes(rows, hosts, ports, 10), ElementsAre(1, 2));
  EXPECT_THAT(probing_prefixes(rows, hosts, ports, 1), ElementsAre(1));
}

}  // namespace
}  // namespace yagura::telescope
