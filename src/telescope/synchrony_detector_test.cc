// SPDX-License-Identifier: Apache-2.0
#include "telescope/synchrony_detector.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "store/native_block.h"
#include "telescope/synchrony.h"
#include "telescope/synchrony_for_tests.h"
#include "telescope/telescope_for_tests.h"

namespace yagura::telescope {
namespace {

class SynchronyDetectorTest : public TelescopeTest {
 protected:
  // Each time by a detector of its own, as other processes would.
  static void judge_all_forgetfully(Telescope& telescope, size_t most) {
    for (;;) {
      SynchronyDetector detector = new_detector(telescope);
      if (judge_next(detector, telescope, most).empty()) return;
    }
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
      for (int i = 0; i < 2; ++i) {
        if (forgetful)
          judge_all_forgetfully(*telescope, 5);
        else
          judge_all(*telescope, 5);
      }
    }
    EXPECT_EQ(difference(expected, judged(*telescope)), "") << forgetful;
  }
}

TEST_F(SynchronyDetectorTest, AWindowThatIsWrittenTwiceIsThereOnce) {
  const Traffic traffic(busy(31));
  auto* telescope = open("a");
  read(*telescope, traffic.frames);
  SynchronyDetector detector = new_detector(*telescope);
  const auto findings =
      detector.judge(telescope->reader(), telescope->database(), 1000, [] { return false; });
  ASSERT_TRUE(findings);
  ASSERT_GT(findings->windows.size(), 12U);
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(write_findings(telescope->connection(), *findings));
  EXPECT_EQ(judged(*telescope).size(), findings->windows.size());
}

TEST_F(SynchronyDetectorTest, GivesUpBetweenTwoWindowsAndGoesOnFromThere) {
  const Traffic traffic(busy(36));
  auto* telescope = open("whole");
  read(*telescope, traffic.frames);
  judge_all(*telescope);
  const auto expected = judged(*telescope);
  telescope = open("given-up");
  read(*telescope, traffic.frames);
  SynchronyDetector detector = new_detector(*telescope);
  int asked = 0;
  const auto findings =
      detector.judge(telescope->reader(), telescope->database(), 1000, [&] { return ++asked > 3; });
  ASSERT_TRUE(findings) << findings.error().message();
  EXPECT_EQ(findings->windows.size(), 3U);
  EXPECT_EQ(detector.due(), expected.size() - 3);
  ASSERT_TRUE(write_findings(telescope->connection(), *findings));
  judge_all(*telescope);
  EXPECT_EQ(judged(*telescope), expected);
}

TEST_F(SynchronyDetectorTest, AGapIsNotJudgedAndWhatIsForgottenGoes) {
  const Traffic traffic(busy(34));
  const Frames frames(traffic.frames);
  const Timestamp middle = frames[frames.size() / 2].time;
  const Frames early = frames_before(frames, middle),
               late = frames_after(frames, middle + Duration::hours(1));
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
  const Frames early = frames_before(frames, middle - Duration::hours(2)),
               late = frames_after(frames, middle);
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

  const auto all = judged_windows(*telescope);
  ASSERT_EQ(all.size(), 6U);
  EXPECT_EQ(row_text(all[2].row()), row_text(findings.windows[2].row()));
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

// Two sensors; of the first two campaigns that overlap, of the second one that is larger than what
// is read at once, of more windows than a quiet stretch may be cut at.
class SynchronyCampaignsTest : public TelescopeTest {
 protected:
  static constexpr uint32_t first = 1'600'000'200 / 600 * 600;

  static JudgedWindow alarm(uint16_t sensor, uint32_t window, uint16_t port) {
    JudgedWindow judged;
    judged.facts.time = first + window * 600;
    judged.facts.sensor = sensor;
    judged.facts.votes = 1;
    judged.facts.level = 1;
    judged.ports = {port, 443};
    judged.port_levels = {1, 3};
    judged.port_hosts = {30, 4};
    judged.port_packets = {90, 4};
    judged.port_votes = {1, 1};
    judged.prefixes = {0x0a01};
    return judged;
  }
  // Of each that was asked for: sensor, first window, number of windows.
  static std::vector<std::string> found(Telescope& telescope, const SynchronyQuestion& question) {
    const auto campaigns = synchrony_campaigns(telescope.connection(), question);
    EXPECT_TRUE(campaigns) << campaigns.error().message();
    std::vector<std::string> texts;
    for (const SynchronyCampaign& campaign : *campaigns)
      texts.push_back(fmt::format("{}: {} +{}", campaign.sensor,
                                  (campaign.from.seconds() - first) / 600,
                                  campaign.windows.size()));
    return texts;
  }
  static void write(Telescope& telescope) {
    std::vector<JudgedWindow> of_one, of_two;
    for (uint32_t i = 0; i < 3; ++i) of_one.push_back(alarm(1, 10 + i, 7547));
    for (uint32_t i = 0; i < 3; ++i) of_one.push_back(alarm(1, 14 + i, 5358));
    for (uint32_t i = 0; i < 1200; ++i) of_two.push_back(alarm(2, 11 + i, 23));
    for (uint32_t i = 0; i < 600; ++i)  // lone ones, each quiet enough for a cut
      of_two.push_back(alarm(2, 2000 + 20 * i, static_cast<uint16_t>(1000 + i)));
    for (const auto& windows : {of_one, of_two}) {
      SynchronyFindings findings;
      findings.sensor = windows[0].facts.sensor;
      findings.windows = windows;
      ASSERT_TRUE(write_findings(telescope.connection(), findings));
    }
  }
};

TEST_F(SynchronyCampaignsTest, AreFoundWholeLatestFirstByWhatOneAsksFor) {
  auto* telescope = open("a");
  write(*telescope);
  const auto at = [](uint32_t window) { return Timestamp::from_seconds(first + window * 600); };
  SynchronyQuestion question;
  question.period = {at(0), at(1000)};
  EXPECT_THAT(found(*telescope, question),
              testing::ElementsAre("1: 14 +3", "2: 11 +1200", "1: 10 +3"));
  question.period = {at(16), at(17)};
  EXPECT_THAT(found(*telescope, question), testing::ElementsAre("1: 14 +3", "2: 11 +1200"));
  question.period = {at(17), at(18)};
  EXPECT_THAT(found(*telescope, question), testing::ElementsAre("2: 11 +1200"));
  question.period = {at(0), at(11)};
  EXPECT_THAT(found(*telescope, question), testing::ElementsAre("1: 10 +3"));
  question.period = {at(0), at(1000)};
  question.sensor = 1;
  EXPECT_THAT(found(*telescope, question), testing::ElementsAre("1: 14 +3", "1: 10 +3"));
  question.port = PortFilter{.port = 443};  // only next best: no campaign's
  EXPECT_THAT(found(*telescope, question), testing::IsEmpty());
  question.port = PortFilter{.port = 7547};
  EXPECT_THAT(found(*telescope, question), testing::ElementsAre("1: 10 +3"));
  question.engine = SynchronyEngine::factorisation;
  EXPECT_THAT(found(*telescope, question), testing::IsEmpty());
  question.engine.reset();
  question.level = PortLevel::survey;
  EXPECT_THAT(found(*telescope, question), testing::IsEmpty());
}

TEST_F(SynchronyCampaignsTest, PagesOfAnySizeAreTheWholeList) {
  auto* telescope = open("a");
  write(*telescope);
  SynchronyQuestion question;
  question.period = {Timestamp{}, Timestamp::from_seconds(2'000'000'000)};
  question.limit = 10'000;
  const auto all = found(*telescope, question);
  ASSERT_EQ(all.size(), 603U);
  EXPECT_EQ(all[0], fmt::format("2: {} +1", 2000 + 20 * 599));
  std::vector<std::string> paged;
  for (question.limit = 97; question.offset < 700; question.offset += question.limit)
    for (const std::string& one : found(*telescope, question)) paged.push_back(one);
  EXPECT_EQ(paged, all);
}

// Judges all that is due by a detector that goes on, as a live one does; returns what was news.
std::vector<uint32_t> go_on(SynchronyDetector& detector, Telescope& telescope, size_t most) {
  std::vector<uint32_t> news;
  for (const SynchronyFindings& found : judge_all(detector, telescope, most)) {
    EXPECT_TRUE(std::is_sorted(found.again.begin(), found.again.end(),
                               [](const auto& a, const auto& b) { return a.until < b.from; }));
    for (const JudgedWindow& window : found.windows)
      if (window.facts.time >= found.news_from.seconds()) news.push_back(window.facts.time);
  }
  return news;
}

std::vector<TrafficFrame> frames_of(const Traffic& traffic, Timestamp from, Timestamp until) {
  std::vector<TrafficFrame> frames;
  for (const TrafficFrame& frame : traffic.frames)
    if (frame.time >= from && frame.time < until) frames.push_back(frame);
  return frames;
}

state::Run run_at(Telescope& telescope, bool latest) {
  const auto runs = state::runs(telescope.database(), 1);
  EXPECT_TRUE(runs && !runs->empty());
  return latest ? runs->back() : runs->front();
}

TEST_F(SynchronyDetectorTest, OneThatGoesOnJudgesWhatIsReadAndForgottenAsANewOneWould) {
  const Traffic traffic(busy(37, 8000));
  const Timestamp begin = traffic.frames.front().time, middle = begin + Duration::hours(3),
                  end = begin + Duration::hours(7);
  const auto early = frames_of(traffic, begin, middle - Duration::hours(1)),
             late = frames_of(traffic, middle, end);
  auto* telescope = open("both");
  read(*telescope, early);
  read(*telescope, late);
  judge_all(*telescope);
  const auto of_both = judged(*telescope);
  telescope = open("kept");
  SynchronyDetector detector = new_detector(*telescope);
  read(*telescope, late);
  EXPECT_EQ(go_on(detector, *telescope, 100).size(), 7U);
  const auto of_late = judged(*telescope);
  read(*telescope, early);
  EXPECT_THAT(go_on(detector, *telescope, 100), testing::IsEmpty()) << "judged again is no news";
  EXPECT_EQ(difference(of_both, judged(*telescope)), "");
  ASSERT_TRUE(telescope->forget_run(run_at(*telescope, false)));
  go_on(detector, *telescope, 7);
  EXPECT_EQ(difference(of_late, judged(*telescope)), "");
  // Forgotten and read anew between two looks, the windows are of the new run.
  ASSERT_TRUE(telescope->forget_run(run_at(*telescope, true)));
  read(*telescope, late);
  go_on(detector, *telescope, 100);
  EXPECT_EQ(difference(of_late, judged(*telescope)), "");
  for (const JudgedWindow& window : judged_windows(*telescope))
    EXPECT_EQ(window.facts.run, static_cast<uint64_t>(run_at(*telescope, true).id));
}

TEST_F(SynchronyDetectorTest, WhatIsForgottenAfterWhatIsReadBelatedlyGoesToo) {
  const Traffic traffic(busy(38, 8000));
  const Timestamp begin = traffic.frames.front().time;
  const auto part = [&](int hour) {
    return frames_of(traffic, begin + Duration::hours(hour), begin + Duration::hours(hour + 1));
  };
  auto* telescope = open("a");
  SynchronyDetector detector = new_detector(*telescope);
  read(*telescope, part(4));
  read(*telescope, part(2));
  go_on(detector, *telescope, 100);
  const auto before = judged_windows(*telescope);
  ASSERT_GE(before.size(), 8U);
  read(*telescope, part(0));
  ASSERT_TRUE(telescope->forget_run(run_at(*telescope, true)));
  go_on(detector, *telescope, 100);
  const auto after = judged_windows(*telescope);
  ASSERT_GE(after.size(), 8U);
  EXPECT_LT(after.front().facts.time, before.front().facts.time);
  EXPECT_LT(after.back().facts.time, (begin + Duration::hours(3)).seconds());
}

TEST_F(SynchronyDetectorTest, FindingsThatCouldNotBeWrittenAreFoundAgain) {
  TrafficOptions close = busy(39);
  close.length = Duration::hours(3);
  const Traffic traffic(close);
  auto* telescope = open("a");
  const Timestamp begin = traffic.frames.front().time.floor(judged_length) + judged_length;
  std::vector<TrafficFrame> frames =
      frames_of(traffic, begin, begin + Duration::hours(2) + Duration::seconds(1));
  frames.front().time = begin;  // observed from the first to the last second of twelve windows
  frames.back().time = begin + Duration::hours(2);
  read(*telescope, frames);
  SynchronyDetector detector = new_detector(*telescope);
  for (int i = 0; i < 2; ++i) {
    const auto findings =
        detector.judge(telescope->reader(), telescope->database(), 100, [] { return false; });
    ASSERT_TRUE(findings) << findings.error().message();
    ASSERT_EQ(findings->windows.size(), 12U);
    EXPECT_EQ(findings->windows[0].facts.time, begin.seconds());
    detector.forget_all();
  }
}

TEST_F(SynchronyDetectorTest, AGroupIsNotLookedForWhereTheMiddleOfTheHalfHourIsMissing) {
  const Traffic traffic(busy(40, 1000));
  auto* telescope = open("a");
  read(*telescope, traffic.frames);
  const auto begin =
      static_cast<uint32_t>(traffic.frames.front().time.floor(judged_length).seconds());
  store::NativeBlockWriter<SynchronyRow> block;
  for (uint32_t slot = judged_slots; slot < 8 * judged_slots; ++slot)
    for (uint16_t host = 500; host < 530 && slot / judged_slots != 4; ++host)
      block.add({.time = begin + slot * Synchrony::slot_seconds,
                 .sensor = 1,
                 .prefix = host,
                 .port = 50'000,
                 .packets = slot % 2 == 0 ? 4U : 1U});
  ASSERT_TRUE(telescope->connection().execute("TRUNCATE TABLE synchrony"));
  ASSERT_TRUE(store::insert_rows(telescope->connection(), block));
  judge_all(*telescope);
  std::vector<std::string> found;
  for (const JudgedWindow& window : judged_windows(*telescope))
    found.push_back(fmt::format("{}{}", (window.facts.time - begin) / judged_seconds,
                                window.facts.groups == 0 ? "" : " group"));
  EXPECT_THAT(found, testing::ElementsAre("1", "2", "3 group", "5", "6", "7 group"));
}

TEST_F(SynchronyCampaignsTest, AnEndBelongsToItsCampaignHoweverManyAlarmsThisHas) {
  auto* telescope = open("a");
  write(*telescope);
  SynchronyFindings findings;
  findings.sensor = 2;
  // The last time that ChangeFinder can tell of the one that ends with window 1210.
  findings.windows = {alarm(2, 1211 + change_memory, 23), alarm(2, 10, 8888)};
  findings.windows[0].facts.votes = 2;
  findings.windows[0].port_levels = {3, 3};
  findings.windows[0].port_votes = {2, 2};
  ASSERT_TRUE(write_findings(telescope->connection(), findings));
  const auto at = [](uint32_t window) { return Timestamp::from_seconds(first + window * 600); };
  SynchronyQuestion question;
  question.period = {at(1211 + change_memory), at(1300)};
  EXPECT_THAT(found(*telescope, question), testing::ElementsAre("2: 11 +1200"));
  question.port = PortFilter{.port = 23, .tcp = false};
  EXPECT_THAT(found(*telescope, question), testing::IsEmpty());
  // Two that begin together are listed by sensor.
  question.port.reset();
  question.period = {at(0), at(11)};
  EXPECT_THAT(found(*telescope, question), testing::ElementsAre("1: 10 +3", "2: 10 +1"));
}

}  // namespace
}  // namespace yagura::telescope
