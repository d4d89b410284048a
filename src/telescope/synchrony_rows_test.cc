// SPDX-License-Identifier: Apache-2.0
//
// What is judged where rows are missing, and when it is news.
#include "telescope/synchrony_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "store/native_block.h"
#include "telescope/report_tables.h"
#include "telescope/synchrony.h"
#include "telescope/synchrony_for_tests.h"
#include "telescope/telescope_for_tests.h"

namespace yagura::telescope {
namespace {

using testing::ElementsAre;
using testing::Ge;
using testing::IsEmpty;
using testing::Not;

class SynchronyRowsTest : public TelescopeTest {
 protected:
  static std::vector<uint32_t> times(Telescope& telescope) {
    std::vector<uint32_t> found;
    for (const JudgedWindow& window : judged_windows(telescope)) found.push_back(window.facts.time);
    return found;
  }
  static std::string between(uint32_t from, uint32_t until) {
    return fmt::format("WHERE toUInt32(time) >= {} AND toUInt32(time) < {}", from, until);
  }
  // As the store does with what is older than the retention.
  static void drop_rows(Telescope& telescope, uint32_t from, uint32_t until) {
    for (const char* table : {"synchrony", "synchrony_total"})
      ASSERT_TRUE(telescope.connection().execute(
          fmt::format("DELETE FROM {} {}", table, between(from, until))));
  }
  static void put_rows(Telescope& telescope, const std::vector<SynchronyRow>& rows) {
    ASSERT_TRUE(telescope.connection().execute("TRUNCATE TABLE synchrony"));
    store::NativeBlockWriter<SynchronyRow> block;
    for (const SynchronyRow& row : rows) block.add(row);
    ASSERT_TRUE(store::insert_rows(telescope.connection(), block));
  }
};

TEST_F(SynchronyRowsTest, WhatWasFoundStaysWhereItsRowsHaveGone) {
  const Traffic traffic(busy(51));
  const Frames frames(traffic.frames);
  const Timestamp middle = frames[frames.size() / 3].time;
  const Frames early = frames_before(frames, middle - Duration::hours(1)),
               late = frames_after(frames, middle);
  auto* telescope = open("a");
  read(*telescope, late);
  judge_all(*telescope);
  const auto before = times(*telescope);
  const uint32_t from = before[6], until = before[12];
  // Of the last of them a half.
  drop_rows(*telescope, from, until - judged_seconds / 2);
  // Those whose half hour has gone in part cannot be judged as they were, either.
  const std::string kept = between(from, until + 2 * judged_seconds);
  const auto expected = judged(*telescope, kept);
  ASSERT_EQ(expected.size(), 8U);
  read(*telescope, early);
  EXPECT_THAT(judge_all(*telescope, 5), Not(IsEmpty()));
  EXPECT_EQ(judged(*telescope, kept), expected);
  EXPECT_GT(times(*telescope).size(), before.size() + 3);
  EXPECT_THAT(judge_all(*telescope), IsEmpty());
  const auto all = judged(*telescope);
  SynchronyDetector detector = new_detector(*telescope);
  detector.judge_all_again();
  EXPECT_THAT(judge_all(detector, *telescope, 7), Not(IsEmpty()));
  EXPECT_EQ(judged(*telescope, kept), expected);
  EXPECT_EQ(difference(all, judged(*telescope)), "");
  // What was never judged is not judged from rows that are no more.
  ASSERT_TRUE(telescope->connection().execute("TRUNCATE TABLE synchrony_window"));
  judge_all(*telescope);
  EXPECT_THAT(judged(*telescope, between(from, until)), IsEmpty());
}

TEST_F(SynchronyRowsTest, AnOutageThatIsNoGapByTheLedgerIsNotJudgedAsSilence) {
  const Traffic traffic(busy(52));
  auto* telescope = open("whole");
  read(*telescope, traffic.frames);
  judge_all(*telescope);
  const auto whole = times(*telescope);
  const uint32_t window = whole[whole.size() / 2];
  std::vector<TrafficFrame> frames;
  for (const TrafficFrame& frame : traffic.frames)
    if (frame.time.seconds() < window + 100 || frame.time.seconds() >= window + 560)
      frames.push_back(frame);
  telescope = open("outage");
  read(*telescope, frames);
  judge_all(*telescope);
  std::vector<uint32_t> expected = whole;
  std::erase(expected, window);
  EXPECT_EQ(times(*telescope), expected);
  EXPECT_THAT(judge_all(*telescope), IsEmpty());
}

TEST_F(SynchronyRowsTest, AGroupIsNotLookedForInAHalfHourThatIsNotWhole) {
  const Traffic traffic(busy(53));
  auto* telescope = open("a");
  read(*telescope, traffic.frames);
  const uint32_t from =
      static_cast<uint32_t>(traffic.frames.front().time.seconds()) / 600 * 600 + 6 * judged_seconds;
  std::mt19937_64 random(5);
  std::vector<SynchronyRow> rows;
  const auto add = [&](uint32_t time, uint16_t prefix, uint16_t port) {
    rows.push_back({.time = time, .sensor = 1, .prefix = prefix, .port = port, .packets = 4});
  };
  for (uint32_t slot = 0; slot < 4 * judged_slots; ++slot) {
    const uint32_t time = from + slot * Synchrony::slot_seconds;
    for (uint16_t host = 0; host < 60; ++host)
      if (random() % 5 == 0) add(time, host, static_cast<uint16_t>(1000 + random() % 300));
    for (uint16_t host = 500; slot % 2 == 0 && host < 530; ++host) add(time, host, 50'000);
  }
  put_rows(*telescope, rows);
  judge_all(*telescope);
  const auto windows = judged_windows(*telescope);
  ASSERT_EQ(windows.size(), 4U);
  EXPECT_EQ(windows.front().facts.time, from);
  EXPECT_EQ(windows[0].facts.groups, 0);
  EXPECT_EQ(windows[1].facts.groups, 0);
  EXPECT_GT(windows[2].facts.groups, 0);
  EXPECT_GT(windows[3].facts.groups, 0);
}

TEST_F(SynchronyRowsTest, TheFirstWindowsOfAllTimeAreJudgedFromTheirRows) {
  TrafficOptions options = busy(54);
  options.start = Timestamp::from_seconds(1);
  const Traffic traffic(options);
  auto* telescope = open("a");
  read(*telescope, traffic.frames);
  judge_all(*telescope);
  const auto windows = judged_windows(*telescope);
  ASSERT_GT(windows.size(), 30U);
  EXPECT_EQ(windows.front().facts.time, judged_seconds);
  for (const JudgedWindow& window : windows) EXPECT_GT(window.facts.hosts, 0) << window.facts.time;
}

TEST_F(SynchronyRowsTest, SensorsTakeTurnsAndAreJudgedAsEachWouldBeAlone) {
  const Traffic traffic(busy(55));
  auto* telescope = open("alone");
  read(*telescope, traffic.frames);
  judge_all(*telescope);
  const auto alone = rows_of(*telescope, "judged",
                             "SELECT * EXCEPT (run, sensor) FROM "
                             "synchrony_window FINAL ORDER BY time");
  telescope = open("two");
  set_dark_space(telescope->database(), "second", traffic_dark_space());
  read(*telescope, traffic.frames);
  read(*telescope, traffic.frames, "second");
  std::vector<uint16_t> turns;
  for (const SynchronyFindings& findings : judge_all(*telescope, 12)) {
    turns.push_back(findings.sensor);
    for (const JudgedWindow& window : findings.windows)
      EXPECT_EQ(window.facts.sensor, findings.sensor);
  }
  EXPECT_THAT(turns, ElementsAre(1, 2, 1, 2, 1, 2));
  for (const int sensor : {1, 2})
    EXPECT_EQ(rows_of(*telescope, "judged",
                      fmt::format("SELECT * EXCEPT (run, sensor) FROM synchrony_window FINAL "
                                  "WHERE sensor = {} ORDER BY time",
                                  sensor)),
              alone);
}

TEST_F(SynchronyRowsTest, OnlyWhatTheLastHourBringsAnewIsNews) {
  const Traffic traffic(busy(56));
  const Frames frames(traffic.frames);
  const Timestamp middle = frames[frames.size() / 2].time;
  const Frames early = frames_before(frames, middle - Duration::hours(1)),
               late = frames_after(frames, middle);
  const auto news = [](const std::vector<SynchronyFindings>& all) {
    std::vector<uint32_t> found;
    for (const SynchronyFindings& findings : all)
      for (const JudgedWindow& window : findings.windows)
        if (window.facts.time >= findings.news_from.seconds()) found.push_back(window.facts.time);
    return found;
  };
  auto* telescope = open("a");
  read(*telescope, late);
  const auto first = news(judge_all(*telescope, 4));
  const uint32_t last = times(*telescope).back();
  EXPECT_EQ(first.size(), 7U);
  EXPECT_THAT(first, testing::Each(Ge(last - 3600)));
  // Judged again because of what came before, it is none.
  read(*telescope, early);
  const auto again = judge_all(*telescope, 4);
  ASSERT_THAT(again, Not(IsEmpty()));
  EXPECT_EQ(again.back().windows.back().facts.time, last);
  EXPECT_THAT(news(again), IsEmpty());
}

TEST(SynchronySeries, AScoreIsNoneWhereNothingWasCounted) {
  SynchronySeries series;
  series.points.resize(2);
  series.points[1].counted = true;
  series.points[1].packets_score = 0.5;
  const Table table = synchrony_series_table(series);
  const auto place = [&](std::string_view name) {
    return static_cast<size_t>(
        std::find_if(table.columns.begin(), table.columns.end(),
                     [name](const Column& column) { return column.key == name; }) -
        table.columns.begin());
  };
  for (const char* name : {"packets_score", "hosts_score"})
    EXPECT_EQ(cell_json(table.columns[place(name)], table.rows[0][place(name)]), "null") << name;
  EXPECT_EQ(cell_json(table.columns[place("packets_score")], table.rows[1][place("packets_score")]),
            "0.5");
}

}  // namespace
}  // namespace yagura::telescope
