// SPDX-License-Identifier: Apache-2.0
//
// The ports that an alarm names, and who named them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "telescope/report_tables.h"
#include "telescope/synchrony_judge_for_tests.h"
#include "telescope/tables_synchrony.h"

namespace yagura::telescope {
namespace {

using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr uint16_t campaign_port = 50'000;

class SynchronyPortsTest : public testing::Test {
 protected:
  void add_chance_up_to(uint32_t slots) {
    for (uint32_t slot = 0; slot < slots; ++slot) rows_.add_chance(slot);
  }
  static SynchronyJudge new_judge(size_t history = 24) {
    return {SensorRows::sensor, 0x5eed, {.left_out = {}, .history = history}};
  }
  JudgedWindow third_judged() const {
    SynchronyJudge judge = new_judge();
    return judged_by(judge, rows_.window(2));
  }
  static size_t place_of(const JudgedWindow& alarm, uint16_t port) {
    return static_cast<size_t>(std::find(alarm.ports.begin(), alarm.ports.end(), port) -
                               alarm.ports.begin());
  }

  SensorRows rows_{7};
};

// Else anyone could hide a campaign behind ports of low numbers.
TEST_F(SynchronyPortsTest, APortOfAGroupLeadsWhateverElseItsHostsTouch) {
  add_chance_up_to(36);
  for (uint32_t slot = 1; slot < 36; slot += 2)
    for (uint16_t host = 500; host < 530; ++host) rows_.add(slot, host, campaign_port, 4);
  for (uint16_t host = 500; host < 512; ++host)
    for (uint16_t port = 2000; port < 2036; ++port) rows_.add(port - 2000U, host, port, 1);
  const JudgedWindow alarm = third_judged();
  EXPECT_THAT(engine_words(alarm.facts.votes), ElementsAre("factorisation"));
  ASSERT_EQ(alarm.ports.size(), named_ports_max);
  EXPECT_EQ(alarm.ports[0], campaign_port);
  EXPECT_EQ(alarm.port_hosts[0], 30);
  EXPECT_EQ(alarm.port_levels[0], static_cast<uint8_t>(PortLevel::attack));
  EXPECT_EQ(alarm.facts.level, static_cast<uint8_t>(PortLevel::attack));
  EXPECT_TRUE(std::is_sorted(alarm.port_hosts.rbegin(), alarm.port_hosts.rend()));
}

TEST_F(SynchronyPortsTest, OfAGroupTheHostsOfItsHalfHourAreToldAndThePacketsOfTheWindow) {
  add_chance_up_to(36);
  for (uint32_t slot = 1; slot < 24; slot += 2)
    for (uint16_t host = 500; host < 530; ++host) rows_.add(slot, host, campaign_port, 4);
  rows_.add(30, 517, campaign_port, 3);
  const JudgedWindow alarm = third_judged();
  EXPECT_THAT(engine_words(alarm.facts.votes), ElementsAre("factorisation"));
  ASSERT_THAT(alarm.ports, Contains(campaign_port));
  EXPECT_EQ(alarm.port_hosts[place_of(alarm, campaign_port)], 30U);
  EXPECT_EQ(alarm.port_packets[place_of(alarm, campaign_port)], 3U);
  EXPECT_THAT(alarm.prefixes, Contains(517));
}

TEST_F(SynchronyPortsTest, APortOfFewHostsIsAnAttackIfItIsThatOfAGroup) {
  constexpr uint32_t windows = 28, slots = windows * 12;
  add_chance_up_to(slots);
  // Many set in in step in the last ten minutes, after a port of their own.
  for (uint32_t slot = slots - 12; slot < slots; slot += 2)
    for (uint16_t host = 600; host < 660; ++host) rows_.add(slot, host, 40'000, 4);
  // The group was there in the twenty minutes before; of it, 14 still are.
  for (uint32_t slot = slots - 35; slot < slots - 12; slot += 2)
    for (uint16_t host = 500; host < 530; ++host) rows_.add(slot, host, campaign_port, 4);
  for (uint16_t host = 500; host < 514; ++host) rows_.add(slots - 5, host, campaign_port, 1);
  SynchronyJudge judge = new_judge();
  JudgedWindow alarm;
  for (uint32_t i = 2; i < windows; ++i) alarm = judged_by(judge, rows_.window(i));
  EXPECT_THAT(engine_words(alarm.facts.votes), Contains("graphical-lasso"));
  ASSERT_FALSE(alarm.ports.empty());
  EXPECT_EQ(alarm.ports[0], 40'000);
  const size_t at = place_of(alarm, campaign_port);
  ASSERT_LT(at, alarm.ports.size());
  EXPECT_THAT(engine_words(alarm.port_votes[at]), Contains("factorisation"));
  EXPECT_EQ(alarm.port_levels[at], static_cast<uint8_t>(PortLevel::attack));
  EXPECT_EQ(alarm.port_hosts[at], 30);
}

TEST_F(SynchronyPortsTest, TheChangeFinderNamesNoPortAndIsSilentUntilTheHistoryWasSeen) {
  add_chance_up_to(36);
  const OpenWindow rows = rows_.window(2);
  for (const uint32_t leap : {18U, 40U}) {
    SynchronyJudge judge = new_judge(32);
    bool voted = false;
    for (uint32_t i = 0; i < 60; ++i) {
      OpenWindow window = rows;
      window.half_hour = {};
      window.totals = leaping_totals(i, leap);
      const JudgedWindow alarm = judged_by(judge, window);
      if (alarm.facts.votes == 0) continue;
      voted |= i >= leap;
      EXPECT_GE(i, 31U) << "before three days of its windows were counted";
      EXPECT_THAT(engine_words(alarm.facts.votes), ElementsAre("change-finder"));
      EXPECT_EQ(alarm.facts.level, static_cast<uint8_t>(PortLevel::next));
      EXPECT_THAT(alarm.ports, Not(IsEmpty()));
      EXPECT_THAT(alarm.port_votes, Each(0));
      EXPECT_THAT(alarm.port_levels, Each(static_cast<uint8_t>(PortLevel::next)));
      EXPECT_FALSE(names_ports(alarm));
      EXPECT_THAT(synchrony_reason(alarm), HasSubstr("names no port"));
    }
    if (leap == 40) {
      EXPECT_TRUE(voted);
    }
  }
}

TEST_F(SynchronyPortsTest, AGroupIsOneFromTwentyHostsOn) {
  for (const uint16_t hosts : std::array<uint16_t, 2>{19, 20}) {
    rows_ = SensorRows(7);
    for (uint32_t slot = 1; slot < 36; slot += 2)
      for (uint16_t host = 0; host < hosts; ++host) rows_.add(slot, host, campaign_port, 4);
    const JudgedWindow alarm = third_judged();
    EXPECT_EQ(alarm.facts.groups, hosts < 20 ? 0 : 1);
    if (hosts < 20) continue;
    EXPECT_THAT(alarm.ports, ElementsAre(campaign_port));
    EXPECT_THAT(alarm.port_levels, ElementsAre(static_cast<uint8_t>(PortLevel::attack)));
  }
}

// 60 packets a minute are 50 in a slot.
TEST_F(SynchronyPortsTest, ALoudHostIsOneOfMoreThanFiftyPacketsInASlot) {
  for (const uint32_t packets : {50U, 51U}) {
    rows_ = SensorRows(7);
    for (uint32_t slot = 1; slot < 36; slot += 2)
      for (uint16_t host = 0; host < 30; ++host) rows_.add(slot, host, campaign_port, packets);
    EXPECT_EQ(third_judged().facts.groups, packets == 50 ? 1 : 0);
  }
}

TEST_F(SynchronyPortsTest, HostsInStepAfterNoPortOfTheirsAreNoGroup) {
  for (uint32_t slot = 1; slot < 36; slot += 2)
    for (uint16_t host = 0; host < 30; ++host)
      rows_.add(slot, host, static_cast<uint16_t>(900 + host), 4);
  EXPECT_EQ(third_judged().facts.votes, 0);
}

TEST_F(SynchronyPortsTest, OfGroupsAloneTheirPortsAreNamedAndNoneThatIsLeftOut) {
  for (uint32_t slot = 1; slot < 36; ++slot) {
    // Two groups after one port: the larger one counts.
    const bool odd = slot % 2 == 1;
    const uint16_t from = odd ? 0 : 30, until = odd ? 30 : 54;
    for (uint16_t host = from; host < until; ++host) {
      rows_.add(slot, host, campaign_port, odd ? 4 : 3);
      rows_.add(slot, host, 22, 1);
    }
  }
  for (uint16_t host = 70; host < 80; ++host) rows_.add(30, host, 443, 1);
  SynchronyJudge judge(SensorRows::sensor, 0x5eed, {.left_out = {22}, .history = 24});
  const JudgedWindow alarm = judged_by(judge, rows_.window(2));
  EXPECT_EQ(alarm.facts.groups, 2);
  EXPECT_THAT(alarm.ports, ElementsAre(campaign_port));
  EXPECT_THAT(alarm.port_hosts, ElementsAre(30));
  EXPECT_THAT(alarm.port_votes, ElementsAre(4));
}

TEST_F(SynchronyPortsTest, OfTwoPortsOfAGroupTheOneWithMostPacketsInTheWindowIsFirst) {
  for (uint32_t slot = 1; slot < 36; slot += 2)
    for (uint16_t host = 0; host < 30; ++host) {
      rows_.add(slot, host, 2000, 2);
      rows_.add(slot, host, 3000, slot < 24 ? 1 : 3);
    }
  EXPECT_THAT(third_judged().ports, ElementsAre(3000, 2000));
}

TEST_F(SynchronyPortsTest, TheHostsOfAGroupThatIsNoMoreAreShownUpToTheBound) {
  for (const uint16_t hosts : std::array<uint16_t, 2>{30, 80}) {
    rows_ = SensorRows(7);
    for (uint32_t slot = 1; slot < 24; slot += 2)
      for (uint16_t host = 0; host < hosts; ++host) rows_.add(slot, 500 + host, campaign_port, 4);
    for (uint32_t slot = 24; slot < 36; ++slot) rows_.add(slot, 3, 443, 1);
    EXPECT_EQ(third_judged().prefixes.size(), std::min<size_t>(hosts, 64));
  }
}

// Hosts that set in in step, all of them at one address, with so many others that a port of fifteen
// is a survey.
TEST_F(SynchronyPortsTest, ASingleTargetStaysOneInAGroupAndIsGraverThanASurvey) {
  constexpr uint32_t windows = 28, slots = windows * 12;
  add_chance_up_to(slots);
  const auto at_target = [&](uint32_t slot, uint16_t host) {
    rows_.add(slot, host, campaign_port, 4, 77);
  };
  for (uint32_t slot = slots - 12; slot < slots; slot += 2)
    for (uint16_t host = 600; host < 660; ++host) at_target(slot, host);
  for (uint16_t host = 0; host < 10; ++host) at_target(slots - 3, host);
  for (uint16_t host = 20; host < 35; ++host) rows_.add(slots - 7, host, 443, 1);
  SynchronyJudge judge = new_judge();
  JudgedWindow alarm;
  for (uint32_t i = 2; i < windows; ++i) alarm = judged_by(judge, rows_.window(i));
  EXPECT_EQ(alarm.facts.votes & 5, 5);  // of the graphical lasso and of the factorisation
  ASSERT_GE(alarm.ports.size(), 2U);
  EXPECT_EQ(alarm.ports[0], campaign_port);
  EXPECT_EQ(alarm.port_hosts[0], 70);  // of the window, more than of the group
  EXPECT_EQ(alarm.port_levels[0], static_cast<uint8_t>(PortLevel::single_target));
  EXPECT_EQ(alarm.ports[1], 443);
  EXPECT_EQ(alarm.port_levels[1], static_cast<uint8_t>(PortLevel::survey));
  EXPECT_THAT(alarm.port_levels, Not(Contains(static_cast<uint8_t>(PortLevel::attack))));
  EXPECT_EQ(alarm.facts.level, static_cast<uint8_t>(PortLevel::single_target));
}

}  // namespace
}  // namespace yagura::telescope
