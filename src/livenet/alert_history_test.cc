// SPDX-License-Identifier: Apache-2.0
#include "livenet/alert_history.h"

#include <gmock/gmock.h>

#include <cmath>

#include "livenet/alerts_for_tests.h"

namespace yagura::livenet {
namespace {

KeptNames all_names(const AlertLog& log) {
  KeptNames all;
  for (uint32_t i = 0; i < log.rules(); ++i) all.rules.push_back(i);
  for (uint32_t i = 0; i < log.hosts(); ++i) all.hosts.push_back(i);
  return all;
}

class AlertHistoryTest : public testing::Test {
 protected:
  // Whether the alert is one at which its meta-alert is judged.
  bool add(Duration after_begin, uint32_t rule, uint32_t host = 0) {
    AlertRow row;
    row.time = record_begin + after_begin;
    row.rule = rule;
    row.host = host;
    const uint32_t meta = aggregation_.add(row);
    return history_.add(aggregation_.metas()[meta], judgement_);
  }
  double at(Feature feature) { return judgement_.at(feature); }

  Aggregation aggregation_{Duration::seconds(60)};
  AlertHistory history_;
  Judgement judgement_;
};

TEST_F(AlertHistoryTest, JudgesAMetaAlertWheneverItHasDoubled) {
  std::vector<int> judged;
  for (int i = 1; i <= 20; ++i)
    if (add(Duration::seconds(i), 1)) judged.push_back(i);
  EXPECT_THAT(judged, testing::ElementsAre(1, 2, 4, 8, 16));
}

TEST_F(AlertHistoryTest, JudgesAMetaAlertAgainOnTheNextDay) {
  for (int i = 0; i < 4; ++i) add(Duration::days(1) - Duration::seconds(90 - 20 * i), 1);
  EXPECT_TRUE(add(Duration::days(1) + Duration::seconds(20), 1));  // the fifth
  EXPECT_FALSE(add(Duration::days(1) + Duration::seconds(30), 1));
}

// Every value by hand, by what the header says of it.
TEST_F(AlertHistoryTest, KnowsWhatIsUsualForARuleOnAHost) {
  for (int i = 0; i < 4; ++i) {  // a meta-alert of two each hour
    add(Duration::hours(i), 1);
    add(Duration::hours(i) + Duration::seconds(1), 1);
  }
  ASSERT_TRUE(add(Duration::hours(6), 1));
  const double hour = std::log1p(3599), three_hours = std::log1p(3 * 3600 - 1);
  EXPECT_DOUBLE_EQ(at(Feature::count), 0);
  EXPECT_DOUBLE_EQ(at(Feature::silence), three_hours);
  EXPECT_DOUBLE_EQ(at(Feature::rule_rarity), std::log(6.0 / 5));
  EXPECT_DOUBLE_EQ(at(Feature::key_rarity), std::log(6.0 / 5));
  EXPECT_DOUBLE_EQ(at(Feature::burst), 0);
  EXPECT_NEAR(at(Feature::silence_change), (three_hours - hour) / 0.3, 1e-6);
  EXPECT_EQ(judgement_.facts.metas, 4u);
  EXPECT_EQ(judgement_.facts.rule_metas, 4u);
  EXPECT_EQ(judgement_.facts.key_metas, 4u);
  EXPECT_NEAR(judgement_.facts.usual_count, 2, 1e-9);
  EXPECT_NEAR(judgement_.facts.usual_silence.as_seconds(), 3599, 1e-3);
  for (int i = 1; i < 8; ++i) add(Duration::hours(6) + Duration::seconds(i), 1);
  EXPECT_DOUBLE_EQ(at(Feature::burst), 2);  // 8 is 2 doubled twice
  EXPECT_DOUBLE_EQ(at(Feature::duration), std::log1p(7));
}

TEST_F(AlertHistoryTest, MeasuresASilenceByTheMeanAndTheDeviationOfThoseBefore) {
  add(Duration::hours(0), 1);
  add(Duration::hours(1), 1);
  EXPECT_EQ(at(Feature::silence_change), 0);  // none is known but the one before it
  add(Duration::hours(3), 1);
  const double one = std::log1p(3600), two = std::log1p(2 * 3600);
  EXPECT_NEAR(at(Feature::silence_change), (two - one) / 0.3, 1e-9);
  add(Duration::hours(4), 1);
  // Of one and two hours the deviation is half of what lies between them.
  EXPECT_NEAR(at(Feature::silence_change), (one - (one + two) / 2) / ((two - one) / 2 + 0.3), 1e-9);
}

// By its own past on the host, else by the rule's elsewhere; a burst is never less than none.
TEST_F(AlertHistoryTest, MeasuresABurstByTheKeyAndElseByTheRule) {
  const auto burst = [&](Duration begin, int count, uint32_t host) {
    for (int i = 0; i < count; ++i) add(begin + Duration::seconds(i), 1, host);
  };
  burst(Duration::hours(0), 16, 0);
  burst(Duration::hours(1), 1, 0);  // the one before is over
  EXPECT_EQ(at(Feature::burst), 0);
  EXPECT_NEAR(judgement_.facts.usual_count, 16, 1e-9);
  burst(Duration::hours(2), 64, 1);
  EXPECT_NEAR(at(Feature::burst), 2, 1e-9);  // 64 is 16 doubled twice, as the rule is on host 0
  burst(Duration::hours(3), 64, 0);
  EXPECT_NEAR(at(Feature::burst), 4, 1e-9);  // 16 and 1 before: 4 on average
  burst(Duration::hours(4), 1, 1);
  EXPECT_NEAR(judgement_.facts.usual_count, 64, 1e-9);
}

TEST_F(AlertHistoryTest, SaysNoLongerSilenceThanThirtyDays) {
  add(Duration::hours(1), 1);
  ASSERT_TRUE(add(Duration::days(40), 1));
  EXPECT_DOUBLE_EQ(at(Feature::silence), std::log1p(30 * 86'400));
  EXPECT_EQ(judgement_.facts.silence, Duration::days(30));
}

TEST_F(AlertHistoryTest, SaysThirtyDaysOfSilenceOfARuleNeverHeardOnTheHost) {
  add(Duration::hours(1), 1, 0);
  ASSERT_TRUE(add(Duration::hours(2), 1, 1));
  EXPECT_DOUBLE_EQ(at(Feature::silence), std::log1p(30 * 86'400));
  EXPECT_DOUBLE_EQ(at(Feature::rule_rarity), std::log(3.0 / 2));
  EXPECT_DOUBLE_EQ(at(Feature::key_rarity), std::log(3.0));
  EXPECT_EQ(judgement_.facts.key_metas, 0u);
}

TEST_F(AlertHistoryTest, CountsTheRulesOnAHostWithinTheHour) {
  add(Duration::minutes(0), 1);
  add(Duration::minutes(30), 2);
  add(Duration::minutes(40), 3, 1);
  add(Duration::minutes(60), 4);
  EXPECT_DOUBLE_EQ(at(Feature::host_rules), 3);
  EXPECT_DOUBLE_EQ(at(Feature::host_load), std::log(3.0));
  add(Duration::minutes(61), 5);
  EXPECT_DOUBLE_EQ(at(Feature::host_rules), 3);
  EXPECT_DOUBLE_EQ(judgement_.facts.usual_host_rules, 2);  // 1, 2 and 3 before
}

TEST_F(AlertHistoryTest, GoesOnAsIfItHadNotBeenSaved) {
  const AlertLog log = log_of(made_record(1, 2));
  Aggregation aggregation(Duration::seconds(60));
  AlertHistory whole, saved;
  for (size_t i = 0; i < log.rows().size(); ++i) {
    if (i % 97 == 0) {
      ByteWriter out;
      whole.save(out, all_names(log));
      ByteReader in(out.bytes());
      saved = {};
      ASSERT_TRUE(saved.load(in, log.rules(), log.hosts()));
      EXPECT_EQ(in.remaining(), 0u);
    }
    const uint32_t number = aggregation.add(log.rows()[i]);
    const MetaAlert& meta = aggregation.metas()[number];
    Judgement by_whole, by_saved;
    ASSERT_EQ(whole.add(meta, by_whole), saved.add(meta, by_saved));
    ASSERT_EQ(by_whole.features, by_saved.features);
    ASSERT_EQ(by_whole.facts.key_metas, by_saved.facts.key_metas);
    ASSERT_EQ(by_whole.facts.usual_count, by_saved.facts.usual_count);
    ASSERT_EQ(by_whole.facts.usual_silence, by_saved.facts.usual_silence);
    ASSERT_EQ(by_whole.facts.usual_host_rules, by_saved.facts.usual_host_rules);
  }
}

// As the same record that was never heard before would be judged.
TEST_F(AlertHistoryTest, ForgetsWhatWasSilentForLong) {
  add(Duration::hours(0), 1, 0);
  add(Duration::hours(1), 2, 0);
  add(Duration::hours(1), 2, 1);
  history_.forget(record_begin + Duration::hours(1));
  EXPECT_THAT(history_.known().rules, testing::ElementsAre(2));
  EXPECT_THAT(history_.known().hosts, testing::ElementsAre(0, 1));
  ASSERT_TRUE(add(Duration::hours(2), 1, 0));
  EXPECT_EQ(judgement_.facts.rule_metas, 0u);
  ASSERT_TRUE(add(Duration::hours(2), 2, 1));
  EXPECT_EQ(judgement_.facts.key_metas, 1u);
}

TEST_F(AlertHistoryTest, ForgetsTheHalfThatWasSilentLongestWhereThereAreTooMany) {
  history_ = AlertHistory(100);
  for (uint32_t host = 0; host < 100; ++host) add(Duration::seconds(host), 1, host);
  EXPECT_EQ(history_.known().hosts.size(), 100u);
  add(Duration::seconds(100), 1, 100);
  EXPECT_EQ(history_.known().hosts.size(), 50u);
  EXPECT_EQ(history_.known().hosts.front(), 51u);
  EXPECT_EQ(history_.known().hosts.back(), 100u);
}

TEST_F(AlertHistoryTest, JudgesAMetaAlertThatWasForgottenWhileItWasOpen) {
  history_ = AlertHistory(1);
  add(Duration::seconds(0), 1, 0);
  add(Duration::seconds(1), 1, 1);
  ASSERT_TRUE(add(Duration::seconds(2), 1, 0));
  EXPECT_DOUBLE_EQ(at(Feature::count), 1);
  EXPECT_EQ(judgement_.facts.key_metas, 0u);
  for (const double feature : judgement_.features) EXPECT_TRUE(std::isfinite(feature));
}

TEST_F(AlertHistoryTest, SavesWhatItKnowsByTheNumbersThatAreKept) {
  for (int i = 0; i < 3; ++i) add(Duration::hours(i), 5, 7);
  ByteWriter out;
  history_.save(out, history_.known());
  ByteReader in(out.bytes());
  AlertHistory loaded;
  ASSERT_TRUE(loaded.load(in, 1, 1));
  MetaAlert meta;
  meta.first = meta.last = record_begin + Duration::hours(3);
  meta.count = 1;
  Judgement of_loaded;
  ASSERT_TRUE(loaded.add(meta, of_loaded));
  ASSERT_TRUE(add(Duration::hours(3), 5, 7));
  EXPECT_EQ(of_loaded.features, judgement_.features);
}

}  // namespace
}  // namespace yagura::livenet
