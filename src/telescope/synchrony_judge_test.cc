// SPDX-License-Identifier: Apache-2.0
#include "telescope/synchrony_judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <set>

#include "learn/graphical_lasso.h"
#include "telescope/rows_for_tests.h"
#include "telescope/synchrony_judge_for_tests.h"
#include "telescope/tables_synchrony.h"

namespace yagura::telescope {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr uint16_t sensor = SensorRows::sensor;
constexpr uint32_t first = SensorRows::first;
constexpr uint64_t key = 0x5eed;
constexpr uint32_t history = 24, windows = 34, onset = 30;
constexpr uint16_t campaign_port = 47'808;

SynchronyOptions options() { return {.left_out = {22, 23}, .history = history}; }

// Hosts that send by chance, each at a rate of its own; from `onset` on `hosts` more, all of them
// loud in every other slot and silent in between.
SensorRows traffic(uint64_t seed, uint16_t hosts = 40) {
  SensorRows rows(seed);
  for (uint32_t slot = 0; slot < windows * judged_slots; ++slot) {
    rows.add_chance(slot);
    if (slot / judged_slots < onset || slot % 2 == 0) continue;
    for (uint16_t host = 500; host < 500 + hosts; ++host) rows.add(slot, host, campaign_port, 4);
  }
  return rows;
}

// Every window as judged, by a judge that is told those that were `judged` before.
std::vector<JudgedWindow> all_judged(const SensorRows& rows,
                                     std::vector<JudgedWindow> judged = {}) {
  SynchronyJudge judge(sensor, key, options());
  for (const JudgedWindow& window : judged) judge.remember(window);
  while (judged.size() < windows) {
    const auto i = static_cast<uint32_t>(judged.size());
    OpenWindow window = rows.window(i);
    window.run = 5;
    window.totals = SynchronyTotals{1000 + i % 7, 100 + i % 3};
    judged.push_back(judged_by(judge, window));
  }
  return judged;
}

std::vector<std::string> texts(const std::vector<JudgedWindow>& judged) {
  std::vector<std::string> rows;
  for (const JudgedWindow& window : judged) rows.push_back(row_text(window.row()));
  return rows;
}

TEST(SynchronyJudge, HostsThatSetInInStepAreAnAlarmWithTheirPortAndVotes) {
  const auto judged = all_judged(traffic(1));
  for (uint32_t i = 0; i + 2 < history; ++i) EXPECT_EQ(judged[i].facts.alarmed, 0) << i;
  const JudgedWindow& alarm = judged[onset];
  EXPECT_EQ(alarm.facts.run, 5U);
  EXPECT_GE(alarm.facts.learned, history - 4);
  EXPECT_NE(alarm.facts.alarmed, 0);
  EXPECT_THAT(engine_words(alarm.facts.votes), Contains("graphical-lasso"));
  EXPECT_EQ(alarm.facts.level, static_cast<uint8_t>(PortLevel::attack));
  ASSERT_FALSE(alarm.ports.empty());
  EXPECT_EQ(alarm.ports[0], campaign_port);
  EXPECT_EQ(alarm.port_hosts[0], 40);
  EXPECT_GE(alarm.prefixes.size(), 40U);
  EXPECT_THAT(synchrony_reason(alarm), HasSubstr("more hosts act in step than in the"));
  // Over thirty minutes they are a group.
  EXPECT_THAT(engine_words(judged[onset + 2].facts.votes), Contains("factorisation"));
  EXPECT_GT(judged[onset + 2].facts.groups, 0);
}

// 0 packets count as 0.1 (Han et al.); each penalty has the density of its own graph.
TEST(SynchronyJudge, DensitiesAreThoseOfTheLogarithmsOfTheMatrix) {
  const auto rows = traffic(3);
  const auto judged = all_judged(rows);
  const uint32_t start = first + onset * judged_seconds;
  std::vector<SynchronyRow> window;
  for (const SynchronyRow& row : rows.all())
    if (row.time >= start && row.time < start + judged_seconds) window.push_back(row);
  HostMatrix matrix = host_matrix(window, start, judged_slots, options().left_out, key);
  for (double& number : matrix.packets.numbers()) number = std::log(number == 0 ? 0.1 : number);
  for (size_t i = 0; i < synchrony_penalties.size(); ++i) {
    const auto path =
        learn::graphical_lasso_path(matrix.packets.view(), std::array{synchrony_penalties[i]});
    ASSERT_TRUE(path) << path.error().message();
    const double density = learn::graph_density((*path)[0].edges, matrix.hosts());
    EXPECT_NEAR(judged[onset].densities[i], density, 1e-3) << i;
    if (i > 0) {
      EXPECT_LT(judged[onset].densities[i], judged[onset].densities[i - 1]);
    }
  }
  EXPECT_EQ(judged[onset].facts.hosts, matrix.hosts());
  EXPECT_EQ(judged[onset].facts.packets, matrix.total);
}

TEST(SynchronyJudge, OneThatIsToldWhatWasJudgedGoesOnAsTheOneThatJudgedIt) {
  const auto rows = traffic(2);
  const auto whole = all_judged(rows);
  for (const uint32_t cut : {1U, history + 2, onset + 1, windows - 1}) {
    const auto judged = all_judged(rows, {whole.begin(), whole.begin() + cut});
    EXPECT_EQ(texts(judged), texts(whole)) << cut;
  }
}

TEST(SynchronyJudge, AWindowWithoutPacketsIsJudgedAndOneWithoutTotalsIsNoneOfTheirHistory) {
  SynchronyJudge judge(sensor, key, options());
  OpenWindow window;
  window.time = first;
  const JudgedWindow judged = judged_by(judge, window);
  EXPECT_THAT(judged.densities, ElementsAre(0, 0, 0, 0, 0, 0));
  EXPECT_EQ(judged.facts.counted, 0);
  EXPECT_EQ(judged.facts.votes, 0);
  EXPECT_EQ(judged.facts.learned, 1);
  EXPECT_EQ(synchrony_reason(judged), "");
}

TEST(SynchronyJudge, ALeapInAllScansIsAVoteOfTheChangeFinderAlone) {
  SynchronyJudge judge(sensor, key, options());
  bool voted = false;
  for (uint32_t i = 0; i < 120; ++i) {
    OpenWindow window;
    window.time = first + i * judged_seconds;
    window.totals = leaping_totals(i, 100);
    const JudgedWindow judged = judged_by(judge, window);
    if (i >= 100 && judged.facts.votes != 0) {
      voted = true;
      EXPECT_THAT(engine_words(judged.facts.votes), ElementsAre("change-finder"));
      EXPECT_THAT(synchrony_reason(judged), HasSubstr("began to behave otherwise"));
    }
  }
  EXPECT_TRUE(voted);
}

// The authors' threshold of 0.98 over 432 values, at as many deviations over 24.
TEST(SynchronyJudge, EachPenaltyAlarmsAsItsOwnSeriesWouldAndOnlyOfTheNewestWindow) {
  const auto judged = all_judged(traffic(2, 7));  // so few that not all penalties see them
  learn::VarianceRatioOptions usual;
  usual.history = history;
  usual.threshold = 1 - 0.02 * 432 / history;
  std::set<int> alarmed;
  bool before = false;
  for (size_t i = 0; i < synchrony_penalties.size(); ++i) {
    learn::VarianceRatioAlarm series(usual);
    for (const JudgedWindow& window : judged) {
      const auto ages = series.add(window.densities[i]);
      const bool newest = std::find(ages.begin(), ages.end(), 0) != ages.end();
      EXPECT_EQ((window.facts.alarmed >> i & 1) != 0, newest) << window.facts.time << " " << i;
      before |= !ages.empty() && !newest;
    }
  }
  for (const JudgedWindow& window : judged) alarmed.insert(window.facts.alarmed);
  EXPECT_GE(alarmed.size(), 3U) << "not all penalties alarm alike";
  EXPECT_TRUE(before) << "some alarm is of an older window";
}

TEST(SynchronyJudge, AWindowThatWasNotCountedIsNotCountedWhereItIsRememberedEither) {
  SynchronyJudge whole(sensor, key, options()), told(sensor, key, options());
  for (uint32_t i = 0; i < 40; ++i) {
    OpenWindow window;
    window.time = first + i * judged_seconds;
    if (i % 3 != 0) window.totals = SynchronyTotals{1000 + i * 7919 % 100, 200 + i % 10};
    const auto judged = whole.judge(window);
    ASSERT_TRUE(judged);
    if (i < 39) {
      told.remember(*judged);
      continue;
    }
    window.totals = SynchronyTotals{90'000, 200};
    const auto again = told.judge(window);
    const auto anew = whole.judge(window);
    ASSERT_TRUE(again && anew);
    EXPECT_EQ(again->facts.packets_score, anew->facts.packets_score);
  }
}

TEST(SynchronyJudge, ALeapOfPacketsOrOfHostsIsAVoteFromTheFullHistoryOnAndHasItsOwnScore) {
  for (const bool of_hosts : {false, true}) {
    uint32_t earliest = UINT32_MAX;
    for (uint32_t leap = 16; leap < 40; ++leap) {
      SynchronyJudge judge(sensor, key, options());
      for (uint32_t i = 0; i < 40; ++i) {
        OpenWindow window;
        window.time = first + i * judged_seconds;
        const uint64_t noise = i * 7919 % 100;
        const uint64_t factor = i < leap ? 1 : 90;
        window.totals = SynchronyTotals{1000 * (of_hosts ? 1 : factor) + noise,
                                        200 * (of_hosts ? factor : 1) + noise % 10};
        const auto judged = judge.judge(window);
        ASSERT_TRUE(judged);
        if (judged->facts.votes == 0) continue;
        earliest = std::min(earliest, i);
        EXPECT_GT(of_hosts ? judged->facts.hosts_score : judged->facts.packets_score,
                  learn::ChangeFinder::threshold);
        EXPECT_LT(of_hosts ? judged->facts.packets_score : judged->facts.hosts_score,
                  learn::ChangeFinder::threshold);
      }
    }
    EXPECT_EQ(earliest, history - 1);
  }
}

}  // namespace
}  // namespace yagura::telescope
