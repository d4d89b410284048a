// SPDX-License-Identifier: Apache-2.0
#include "telescope/synchrony_judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <random>
#include <set>

#include "learn/graphical_lasso.h"
#include "telescope/rows_for_tests.h"
#include "telescope/synchrony.h"
#include "telescope/tables_synchrony.h"

namespace yagura::telescope {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr uint16_t sensor = 3;
constexpr uint64_t key = 0x5eed;
constexpr uint32_t first = 1'600'000'200 / judged_seconds * judged_seconds;
constexpr uint32_t history = 24, windows = 34, onset = 30;
constexpr uint16_t campaign_port = 47'808;

SynchronyOptions options() { return {.left_out = {22, 23}, .history = history}; }

// Hosts that send by chance, each at a rate of its own; from `onset` on 40 more, all of them loud
// in every other slot and silent in between.
std::vector<SynchronyRow> traffic(uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<SynchronyRow> rows;
  const auto add = [&](uint32_t slot, uint16_t prefix, uint16_t port, uint32_t packets) {
    SynchronyRow row;
    row.time = first + slot * Synchrony::slot_seconds;
    row.sensor = sensor;
    row.prefix = prefix;
    row.port = port;
    row.packets = packets;
    row.top_share = 1;
    row.top_dark = static_cast<uint32_t>(random());
    row.dark_addresses = 1;
    rows.push_back(row);
  };
  for (uint32_t slot = 0; slot < windows * judged_slots; ++slot) {
    for (uint16_t host = 0; host < 80; ++host)
      if (random() % 20 < 1 + host % 3U)
        add(slot, host, static_cast<uint16_t>(1000 + random() % 300),
            static_cast<uint32_t>(1 + random() % 3));
    if (slot / judged_slots < onset || slot % 2 == 0) continue;
    for (uint16_t host = 500; host < 540; ++host) add(slot, host, campaign_port, 4);
  }
  return rows;
}

// Judges the windows from `from` on, with the judge that `judged` are told to.
void judge_from(uint32_t from, const std::vector<SynchronyRow>& rows,
                std::vector<JudgedWindow>& judged) {
  SynchronyJudge judge(sensor, key, options());
  for (const JudgedWindow& window : judged) judge.remember(window);
  const auto part = [&](uint32_t begin, uint32_t end) {
    const auto before = [](const SynchronyRow& row, uint32_t time) { return row.time < time; };
    const auto at = std::lower_bound(rows.begin(), rows.end(), begin, before);
    return std::span(at, std::lower_bound(at, rows.end(), end, before));
  };
  for (uint32_t i = from; i < windows; ++i) {
    OpenWindow window;
    window.time = first + i * judged_seconds;
    window.run = 5;
    window.rows = part(window.time, window.time + judged_seconds);
    if (i >= 2)
      window.half_hour = part(window.time - 2 * judged_seconds, window.time + judged_seconds);
    window.totals = SynchronyTotals{1000 + i % 7, 100 + i % 3};
    auto next = judge.judge(window);
    ASSERT_TRUE(next) << next.error().message();
    judged.push_back(std::move(*next));
  }
}

std::vector<std::string> texts(const std::vector<JudgedWindow>& judged) {
  std::vector<std::string> rows;
  for (const JudgedWindow& window : judged) rows.push_back(row_text(window.row()));
  return rows;
}

TEST(SynchronyJudge, HostsThatSetInInStepAreAnAlarmWithTheirPortAndVotes) {
  std::vector<JudgedWindow> judged;
  judge_from(0, traffic(1), judged);
  ASSERT_EQ(judged.size(), windows);
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
  std::vector<JudgedWindow> judged;
  judge_from(0, rows, judged);
  const uint32_t start = first + onset * judged_seconds;
  std::vector<SynchronyRow> window;
  for (const SynchronyRow& row : rows)
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
  std::vector<JudgedWindow> whole;
  judge_from(0, rows, whole);
  for (const uint32_t cut : {1U, history + 2, onset + 1, windows - 1}) {
    std::vector<JudgedWindow> judged(whole.begin(), whole.begin() + cut);
    judge_from(cut, rows, judged);
    EXPECT_EQ(texts(judged), texts(whole)) << cut;
  }
}

TEST(SynchronyJudge, AWindowWithoutPacketsIsJudgedAndOneWithoutTotalsIsNoneOfTheirHistory) {
  SynchronyJudge judge(sensor, key, options());
  OpenWindow window;
  window.time = first;
  const auto judged = judge.judge(window);
  ASSERT_TRUE(judged);
  EXPECT_THAT(judged->densities, ElementsAre(0, 0, 0, 0, 0, 0));
  EXPECT_EQ(judged->facts.counted, 0);
  EXPECT_EQ(judged->facts.votes, 0);
  EXPECT_EQ(judged->facts.learned, 1);
  EXPECT_EQ(synchrony_reason(*judged), "");
}

TEST(SynchronyJudge, ALeapInAllScansIsAVoteOfTheChangeFinderAlone) {
  SynchronyJudge judge(sensor, key, options());
  bool voted = false;
  for (uint32_t i = 0; i < 120; ++i) {
    OpenWindow window;
    window.time = first + i * judged_seconds;
    const uint64_t noise = i * 7919 % 100;
    window.totals = SynchronyTotals{(i < 100 ? 1'000U : 90'000U) + noise, 200 + noise % 10};
    const auto judged = judge.judge(window);
    ASSERT_TRUE(judged);
    if (i >= 100 && judged->facts.votes != 0) {
      voted = true;
      EXPECT_THAT(engine_words(judged->facts.votes), ElementsAre("change-finder"));
      EXPECT_THAT(synchrony_reason(*judged), HasSubstr("began to behave otherwise"));
    }
  }
  EXPECT_TRUE(voted);
}

// The authors' threshold of 0.98 over 432 values, at as many deviations over 24.
TEST(SynchronyJudge, EachPenaltyAlarmsAsItsOwnSeriesWouldAndOnlyOfTheNewestWindow) {
  std::vector<JudgedWindow> judged;
  judge_from(0, traffic(7), judged);
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
