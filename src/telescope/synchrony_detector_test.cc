// SPDX-License-Identifier: Apache-2.0
#include "telescope/synchrony_detector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "telescope/tables_synchrony.h"
#include "telescope/telescope_for_tests.h"

namespace yagura::telescope {
namespace {

const auto never = [] { return false; };

class SynchronyDetectorTest : public TelescopeTest {
 protected:
  static SynchronyOptions options() { return {.left_out = {}, .history = 12}; }

  // Judges all that is due, `most` windows at a time; each time by a detector of its own if
  // `forgetful`, as another process would.
  static void judge_all(Telescope& telescope, size_t most = 100, bool forgetful = false) {
    SynchronyDetector kept(telescope.key(), options());
    for (;;) {
      SynchronyDetector fresh(telescope.key(), options());
      SynchronyDetector& detector = forgetful ? fresh : kept;
      const auto findings = detector.judge(telescope.reader(), telescope.database(), most, never);
      ASSERT_TRUE(findings) << findings.error().message();
      if (findings->empty()) {
        EXPECT_EQ(detector.due(), 0U);
        return;
      }
      EXPECT_LE(findings->windows.size(), most);
      const auto written = write_findings(telescope.connection(), *findings);
      ASSERT_TRUE(written) << written.error().message();
    }
  }
  static std::vector<std::string> judged(Telescope& telescope, const std::string& where = "") {
    return rows_of(
        telescope, "judged",
        "SELECT * EXCEPT (run) FROM synchrony_window FINAL " + where + " ORDER BY sensor, time");
  }
};

TEST_F(SynchronyDetectorTest, EveryWindowThatWasObservedWholeIsJudgedOnceHoweverOftenItIsAsked) {
  const Traffic traffic(busy(31));
  auto* telescope = open("a");
  read(*telescope, traffic.frames);
  judge_all(*telescope);
  const auto rows = judged(*telescope);
  const int64_t from = traffic.frames.front().time.seconds() / 600 + 1,
                until = traffic.frames.back().time.seconds() / 600;
  EXPECT_EQ(rows.size(), static_cast<size_t>(until - from));
  judge_all(*telescope);
  EXPECT_EQ(judged(*telescope), rows);
  const auto totals =
      rows_of(*telescope, "t", "SELECT sum(total_packets) AS p FROM synchrony_window FINAL");
  EXPECT_EQ(totals, rows_of(*telescope, "t",
                            fmt::format("SELECT sum(packets) AS p FROM activity WHERE class = "
                                        "'scan_tcp' AND toUInt32(window) >= {} AND "
                                        "toUInt32(window) < {}",
                                        from * 600, until * 600)));
}

TEST_F(SynchronyDetectorTest, ReadInPartsAndJudgedInBetweenTheWindowsAreTheSame) {
  const Traffic traffic(busy(32));
  const Frames frames(traffic.frames);
  auto* telescope = open("whole");
  read(*telescope, frames);
  judge_all(*telescope);
  const auto expected = judged(*telescope);
  for (const bool forgetful : {false, true}) {
    telescope = open(forgetful ? "forgetful" : "parts");
    for (size_t part = 0; part < 4; ++part) {
      read(*telescope, frames.subspan(frames.size() * part / 4,
                                      frames.size() * (part + 1) / 4 - frames.size() * part / 4));
      judge_all(*telescope, 5, forgetful);
      judge_all(*telescope, 5, forgetful);
    }
    EXPECT_EQ(difference(expected, judged(*telescope)), "") << forgetful;
  }
}

TEST_F(SynchronyDetectorTest, AWindowThatIsWrittenTwiceIsThereOnce) {
  const Traffic traffic(busy(31));
  auto* telescope = open("a");
  read(*telescope, traffic.frames);
  SynchronyDetector detector(telescope->key(), options());
  const auto findings = detector.judge(telescope->reader(), telescope->database(), 1000, never);
  ASSERT_TRUE(findings);
  ASSERT_GT(findings->windows.size(), 12U);
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(write_findings(telescope->connection(), *findings));
  EXPECT_EQ(judged(*telescope).size(), findings->windows.size());
}

TEST_F(SynchronyDetectorTest, AGapIsNotJudgedAndWhatIsForgottenGoes) {
  const Traffic traffic(busy(34));
  const Frames frames(traffic.frames);
  const Timestamp middle = frames[frames.size() / 2].time;
  std::vector<TrafficFrame> early, late;
  for (const TrafficFrame& frame : frames) {
    if (frame.time < middle) early.push_back(frame);
    if (frame.time > middle + Duration::hours(1)) late.push_back(frame);
  }
  auto* telescope = open("a");
  read(*telescope, early);
  judge_all(*telescope);
  const auto of_early = judged(*telescope);
  read(*telescope, late);
  judge_all(*telescope);
  const auto both = judged(*telescope);
  EXPECT_GT(both.size(), of_early.size());
  EXPECT_TRUE(judged(*telescope, fmt::format("WHERE toUInt32(time) > {} AND toUInt32(time) < {}",
                                             middle.seconds(), middle.seconds() + 3000))
                  .empty());
  const auto runs = state::all_runs(telescope->database());
  ASSERT_TRUE(runs);
  ASSERT_EQ(runs->size(), 1U);
  ASSERT_TRUE(telescope->forget_run((*runs)[0]));
  judge_all(*telescope);
  EXPECT_TRUE(judged(*telescope).empty());
  read(*telescope, early);
  judge_all(*telescope);
  EXPECT_EQ(judged(*telescope), of_early);
}

// What is usual in the later ones changes with what came before.
TEST_F(SynchronyDetectorTest, WindowsAfterWhatIsReadBelatedlyAreJudgedAgain) {
  const Traffic traffic(busy(35));
  const Frames frames(traffic.frames);
  const Timestamp middle = frames[frames.size() / 2].time;
  std::vector<TrafficFrame> early, late;
  for (const TrafficFrame& frame : frames) {
    if (frame.time < middle - Duration::hours(2)) early.push_back(frame);
    if (frame.time > middle) late.push_back(frame);
  }
  auto* telescope = open("in-order");
  read(*telescope, early);
  read(*telescope, late);
  judge_all(*telescope);
  const auto expected = judged(*telescope);
  telescope = open("belated");
  read(*telescope, late);
  judge_all(*telescope);
  read(*telescope, early);
  judge_all(*telescope, 7);
  EXPECT_EQ(difference(expected, judged(*telescope)), "");
}

TEST_F(SynchronyDetectorTest, AlarmsAndTheSeriesAreFoundByWhatOneAsksFor) {
  auto* telescope = open("a");
  SynchronyFindings findings;
  findings.sensor = 1;
  for (uint32_t i = 0; i < 6; ++i) {
    JudgedWindow window;
    window.facts.time = 1'600'000'200 / 600 * 600 + i * 600;
    window.facts.sensor = 1;
    window.facts.hosts = static_cast<uint16_t>(i);
    window.densities = {0.6, 0.5, 0.4, 0.3, 0.2, 0.1 * i};
    if (i == 2 || i == 4) {
      window.facts.votes = i == 2 ? 1 : 6;
      window.facts.level = i == 2 ? 1 : 3;
      window.facts.alarmed = 32;
      window.ports = {static_cast<uint16_t>(1000 + i), 7};
      window.port_levels = {1, 3};
      window.port_hosts = {30, 4};
      window.port_packets = {90, 4};
      window.port_votes = {1, 1};
      window.prefixes = {0x0a01, 0x0a02};
    }
    findings.windows.push_back(window);
  }
  ASSERT_TRUE(write_findings(telescope->connection(), findings));
  SynchronyQuestion question;
  question.period = {Timestamp{}, Timestamp::from_seconds(2'000'000'000)};
  const auto times = [&] {
    std::vector<uint32_t> hosts;
    const auto alarms = synchrony_alarms(telescope->connection(), question);
    EXPECT_TRUE(alarms) << alarms.error().message();
    for (const JudgedWindow& alarm : *alarms) hosts.push_back(alarm.facts.hosts);
    return hosts;
  };
  EXPECT_THAT(times(), testing::ElementsAre(4, 2));
  question.port = PortFilter{.port = 1002};
  EXPECT_THAT(times(), testing::ElementsAre(2));
  question.port->tcp = false;
  EXPECT_THAT(times(), testing::ElementsAre());
  question.port = PortFilter{.port = 7};
  question.engine = SynchronyEngine::factorisation;
  EXPECT_THAT(times(), testing::ElementsAre(4));
  question.engine.reset();
  question.level = PortLevel::attack;
  EXPECT_THAT(times(), testing::ElementsAre(2));
  question.sensor = 2;
  EXPECT_THAT(times(), testing::ElementsAre());

  const auto alarms = judged_windows(telescope->connection(), 1, question.period.until);
  ASSERT_TRUE(alarms);
  EXPECT_EQ(row_text((*alarms)[2].row()), row_text(findings.windows[2].row()));
  const auto series = synchrony_series(telescope->connection(), question.period, {}, 100'000'000);
  ASSERT_TRUE(series) << series.error().message();
  ASSERT_EQ(series->points.size(), 6U);
  EXPECT_EQ(series->points[3].densities[5], 0.1 * 3);
  EXPECT_EQ(series->points[4].votes, 6);
  const auto coarse = synchrony_series(telescope->connection(), question.period, {}, 1);
  ASSERT_TRUE(coarse);
  ASSERT_EQ(coarse->points.size(), 1U);
  EXPECT_EQ(coarse->points[0].densities[5], 0.5);
  EXPECT_EQ(coarse->points[0].votes, 7);
}

}  // namespace
}  // namespace yagura::telescope
