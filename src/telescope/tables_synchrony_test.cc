// SPDX-License-Identifier: Apache-2.0
//
// What is written of judged windows is what is read and told of them.
#include "telescope/tables_synchrony.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "telescope/synchrony_for_tests.h"

namespace yagura::telescope {
namespace {

using SynchronyTablesTest = TelescopeTest;

std::vector<JudgedWindow> windows_of(Telescope& telescope, uint16_t sensor) {
  auto windows = judged_windows(telescope);
  std::erase_if(windows, [&](const JudgedWindow& window) { return window.facts.sensor != sensor; });
  return windows;
}

JudgedWindow with_numbers_of_their_own(uint32_t time, uint16_t sensor) {
  JudgedWindow window;
  SynchronyWindowRow& facts = window.facts;
  facts.time = time;
  facts.sensor = sensor;
  facts.run = 4;
  facts.hosts = 5;
  facts.packets = 6;
  facts.learned = 7;
  facts.alarmed = 34;
  facts.counted = 1;
  facts.total_packets = 9;
  facts.total_hosts = 10;
  facts.packets_score = -1.5;
  facts.hosts_score = -2.5;
  facts.groups = 13;
  facts.votes = 7;
  facts.level = 2;
  window.densities = {0.5, 0.25, 0.125, 0.0625, 0.03125, 0.015625};
  window.ports = {20, 21};
  window.port_levels = {2, 3};
  window.port_hosts = {26, 27};
  window.port_packets = {28, 29};
  window.port_votes = {0, 4};
  window.prefixes = {30, 31, 32};
  return window;
}

TEST_F(SynchronyTablesTest, WhatIsJudgedAgainIsDeletedOfItsSensorHoweverManyPartsItHas) {
  auto* telescope = open("a");
  constexpr uint32_t windows = 250;
  for (const uint16_t sensor : std::array<uint16_t, 2>{1, 2}) {
    SynchronyFindings findings;
    findings.sensor = sensor;
    for (uint32_t i = 1; i <= windows; ++i) {
      findings.windows.emplace_back();
      findings.windows.back().facts.time = i * judged_seconds;
      findings.windows.back().facts.sensor = sensor;
    }
    ASSERT_TRUE(write_findings(telescope->connection(), findings));
  }
  SynchronyFindings again;
  again.sensor = 1;
  for (uint32_t i = 1; i < windows; ++i)
    again.again.push_back({i * judged_seconds, (i + 1) * judged_seconds});
  ASSERT_TRUE(write_findings(telescope->connection(), again));
  EXPECT_EQ(windows_of(*telescope, 1).size(), 1U);
  EXPECT_EQ(windows_of(*telescope, 2).size(), windows);
}

TEST_F(SynchronyTablesTest, AJudgedWindowIsReadAndToldAsItWas) {
  auto* telescope = open("a");
  SynchronyFindings findings;
  findings.sensor = 1;
  findings.windows = {with_numbers_of_their_own(600, 1)};
  ASSERT_TRUE(write_findings(telescope->connection(), findings));
  const auto windows = windows_of(*telescope, 1);
  ASSERT_EQ(windows.size(), 1U);
  const JudgedWindow &is = windows[0], was = findings.windows[0];
  EXPECT_EQ(row_text(is.facts), row_text(was.facts));
  EXPECT_EQ(is.densities, was.densities);
  EXPECT_EQ(is.ports, was.ports);
  EXPECT_EQ(is.port_levels, was.port_levels);
  EXPECT_EQ(is.port_hosts, was.port_hosts);
  EXPECT_EQ(is.port_packets, was.port_packets);
  EXPECT_EQ(is.port_votes, was.port_votes);
  EXPECT_EQ(is.prefixes, was.prefixes);
  EXPECT_TRUE(names_ports(is));  // one of them is
  EXPECT_EQ(synchrony_reason(is),
            "more hosts act in step than in the 7 windows before: density 0.2500 at penalty 0.5, "
            "0.0156 at penalty 0.9 among 5 hosts; packets or hosts of TCP scans began to behave "
            "otherwise: score -1.5 and -2.5; groups of hosts that rise and fall together over "
            "thirty minutes: 13");
}

TEST_F(SynchronyTablesTest, OfSensorsAlarmsAreListedInPagesAndTheSeriesHasTheLargestValues) {
  auto* telescope = open("a");
  for (const uint16_t sensor : std::array<uint16_t, 2>{1, 2}) {
    SynchronyFindings findings;
    findings.sensor = sensor;
    for (uint32_t i = 2; i <= 4; ++i)
      findings.windows.push_back(with_numbers_of_their_own(i * 600, sensor));
    findings.windows[2].facts.hosts = 50 * sensor;
    findings.windows[0].facts.counted = 0;
    findings.windows[0].facts.packets_score = findings.windows[0].facts.hosts_score = 0;
    // Twice, as after a crash: they are there once.
    for (int i = 0; i < 2; ++i) ASSERT_TRUE(write_findings(telescope->connection(), findings));
  }
  SynchronyQuestion question;
  question.period = {Timestamp::from_seconds(1200), Timestamp::from_seconds(2400)};
  std::vector<std::string> places;
  question.limit = 1;
  for (; question.offset < 6; ++question.offset) {
    const auto page = synchrony_alarms(telescope->connection(), question);
    ASSERT_TRUE(page) << page.error().message();
    for (const JudgedWindow& alarm : *page)
      places.push_back(fmt::format("{} of {}", alarm.facts.time, alarm.facts.sensor));
  }
  EXPECT_THAT(places, testing::ElementsAre("1800 of 1", "1800 of 2", "1200 of 1", "1200 of 2"));
  const Period three = {Timestamp::from_seconds(1200), Timestamp::from_seconds(3000)};
  const auto all = synchrony_series(telescope->connection(), three, {}, 2);
  ASSERT_TRUE(all) << all.error().message();
  EXPECT_EQ(all->step, Duration::seconds(1200));
  ASSERT_EQ(all->points.size(), 2U);
  EXPECT_TRUE(all->points[0].counted);
  EXPECT_EQ(synchrony_series(telescope->connection(), three, {}, 3)->points.size(), 3U);
  EXPECT_FALSE(synchrony_series(telescope->connection(), three, {}, 3)->points[0].counted);
  EXPECT_EQ(all->points[1].hosts, 100U);
  EXPECT_EQ(all->points[1].packets_score, -1.5);
  EXPECT_EQ(all->points[1].hosts_score, -2.5);
  EXPECT_EQ(all->points[0].packets_score, -1.5);  // where it was counted
  const auto one = synchrony_series(telescope->connection(), three, 1, 2);
  ASSERT_TRUE(one) << one.error().message();
  ASSERT_EQ(one->points.size(), 2U);
  EXPECT_EQ(one->points[1].hosts, 50U);
  EXPECT_EQ(judged_so_far(telescope->connection(), {})->windows, 6U);
  EXPECT_EQ(judged_so_far(telescope->connection(), 2)->windows, 3U);
  EXPECT_EQ(judged_so_far(telescope->connection(), 2)->learned, 7U);
}

}  // namespace
}  // namespace yagura::telescope
