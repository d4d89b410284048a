// SPDX-License-Identifier: Apache-2.0
#include "livenet/triage.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>

#include "livenet/alerts_for_tests.h"

namespace yagura::livenet {
namespace {

using testing::HasSubstr;

constexpr Duration one_day = Duration::days(1);

TEST(TriageTest, DoesNotJudgeTheFirstDay) {
  const AlertLog log = log_of(made_record(1, 3));
  Triage triage;
  add_all(triage, log);
  size_t judged = 0;
  for (size_t i = 0; i < triage.metas().size(); ++i) {
    EXPECT_EQ(triage.verdicts()[i].judged, triage.metas()[i].last >= record_begin + one_day);
    judged += triage.verdicts()[i].judged ? 1 : 0;
  }
  EXPECT_GT(judged, 100u);
}

TEST(TriageTest, OnlyLearnsWhileItHasSeenTooLittle) {
  std::vector<model::Alert> alerts;
  for (int i = 0; i < 48; ++i)
    alerts.push_back(made_alert(record_begin + Duration::hours(2 * i), "1", "a"));
  const AlertLog log = log_of(alerts);
  Triage triage;
  add_all(triage, log);
  for (const MetaVerdict& verdict : triage.verdicts()) EXPECT_FALSE(verdict.judged);
}

TEST(TriageTest, JudgesOnceItHasSeenEnough) {
  for (const size_t count : {Triage::least_past - 1, Triage::least_past}) {
    std::vector<model::Alert> alerts;
    for (size_t i = 0; i < count; ++i)
      alerts.push_back(made_alert(record_begin + Duration::minutes(static_cast<int64_t>(10 * i)),
                                  std::to_string(i % 7), "a"));
    ASSERT_LT(alerts.back().time, record_begin + one_day);
    alerts.push_back(made_alert(record_begin + one_day, "1", "a"));
    const AlertLog log = log_of(alerts);
    Triage triage;
    add_all(triage, log);
    EXPECT_EQ(triage.verdicts().back().judged, count == Triage::least_past);
  }
}

TEST(TriageTest, LearnsFromThirtyDaysAndNotFromWhatIsOlder) {
  for (const int days : {30, 31}) {
    auto alerts = made_record(1, 1);  // well over `least_past`
    alerts.push_back(made_alert(record_begin + Duration::days(days), "1", "host1"));
    const AlertLog log = log_of(alerts);
    Triage triage;
    add_all(triage, log);
    EXPECT_EQ(triage.verdicts().back().judged, days == 30);
  }
}

TEST(TriageTest, KeepsItsGapInWhatItSaves) {
  const std::vector<model::Alert> alerts = {
      made_alert(record_begin, "1", "a"),
      made_alert(record_begin + Duration::seconds(20), "1", "a"),
      made_alert(record_begin + Duration::seconds(41), "1", "a")};
  TriageOptions options;
  options.gap = Duration::seconds(20);
  const AlertLog first_log = log_of({alerts.begin(), alerts.begin() + 2});
  Triage first(options);
  add_all(first, first_log);
  EXPECT_EQ(first.metas().size(), 1u);
  AlertLog log;
  Triage second = value(Triage::load(first.save(first_log), log));
  EXPECT_EQ(second.gap(), options.gap);
  log = log_of({alerts.begin() + 2, alerts.end()}, std::move(log));
  add_all(second, log);
  ASSERT_EQ(second.metas().size(), 2u);
  EXPECT_EQ(second.metas()[0].count, 2u);
  EXPECT_EQ(second.metas()[1].count, 1u);
}

TEST(TriageTest, ShowsAboutItsSharesOfARecordThatGoesOnAsItWas) {
  const AlertLog log = log_of(made_record(1, 5, 900));
  Triage triage;
  add_all(triage, log);
  double judged = 0, shown = 0;
  for (const MetaVerdict& verdict : triage.verdicts()) {
    judged += verdict.judged ? 1 : 0;
    shown += verdict.shown ? 1 : 0;
  }
  EXPECT_LT(shown / judged, 0.165);  // all three shares together
  EXPECT_GT(shown / judged, 0.01);
}

TEST(TriageTest, ShowsWhatIsPlantedAndSaysWhy) {
  auto alerts = made_record(1, 4);
  const Timestamp time = record_begin + one_day + one_day + one_day + Duration::hours(5);
  alerts.push_back(made_alert(time, "planted", "host1"));
  for (int i = 0; i < 500; ++i)
    alerts.push_back(made_alert(time + Duration::seconds(i), "3", "host2"));
  const AlertLog log = log_of(alerts);
  Triage triage;
  add_all(triage, log);
  std::map<std::string, double> best;
  size_t higher = 0;
  for (size_t i = 0; i < triage.metas().size(); ++i) {
    const MetaAlert& meta = triage.metas()[i];
    const MetaVerdict& verdict = triage.verdicts()[i];
    const std::string& rule = log.rule_name(meta.rule);
    if (rule == "suricata planted" || meta.count >= 500) {
      EXPECT_TRUE(verdict.shown) << rule;
      EXPECT_FALSE(verdict.reasons.empty());
      EXPECT_EQ(verdict.facts.rule_metas == 0, rule == "suricata planted");
      best[rule] = verdict.score;
    }
  }
  ASSERT_EQ(best.size(), 2u);
  for (const MetaVerdict& verdict : triage.verdicts())
    higher += verdict.shown && verdict.score > best["suricata planted"] ? 1 : 0;
  EXPECT_LT(higher, 3u);
}

// The slow twin: every day by itself, and of each meta-alert all verdicts with their reasons.
struct SlowVerdict {
  Timestamp time;
  Verdict verdict;
  uint64_t count = 0;
  std::vector<Feature> reasons;
};

std::map<uint64_t, std::vector<SlowVerdict>> judged_slowly(const AlertLog& log) {
  Aggregation aggregation(Duration::seconds(60));
  AlertHistory history;
  std::vector<PastJudgement> all;
  std::vector<uint64_t> counts;
  for (const AlertRow& row : log.rows()) {
    Judgement judgement;
    const uint32_t meta = aggregation.add(row);
    if (!history.add(aggregation.metas()[meta], judgement)) continue;
    all.push_back({judgement.features, meta, row.time});
    counts.push_back(judgement.facts.count);
  }
  std::map<uint64_t, std::vector<SlowVerdict>> verdicts;
  for (Timestamp day = record_begin + one_day; day <= log.rows().back().time; day = day + one_day) {
    std::vector<PastJudgement> past;
    std::copy_if(all.begin(), all.end(), std::back_inserter(past),
                 [&](const PastJudgement& judgement) { return judgement.time < day; });
    DayModelOptions options;
    options.seed = derive(options.seed, static_cast<uint64_t>(day.seconds()));
    const DayModel model = *DayModel::fit(past, options);
    for (size_t i = past.size(); i < all.size() && all[i].time < day + one_day; ++i) {
      const Verdict verdict = model.judge(std::span(&all[i].features, 1))[0];
      verdicts[all[i].meta].push_back(
          {all[i].time, verdict, counts[i], model.reasons(all[i].features, verdict)});
    }
  }
  return verdicts;
}

TEST(TriageTest, KeepsOfEachMetaAlertTheVerdictThatStandsHighest) {
  auto alerts = made_record(1, 3, 600);
  for (int i = 0; i < 300; ++i)  // one that is judged many times
    alerts.push_back(made_alert(record_begin + one_day + Duration::seconds(40 * i), "3", "host2"));
  const AlertLog log = log_of(alerts);
  Triage triage;
  add_all(triage, log);
  size_t changed = 0;
  for (const auto& [meta, all] : judged_slowly(log)) {
    const MetaVerdict& kept = triage.verdicts()[meta];
    const auto highest =
        std::max_element(all.begin(), all.end(), [](const SlowVerdict& a, const SlowVerdict& b) {
          return a.verdict.standing() < b.verdict.standing();
        });
    EXPECT_EQ(kept.standing(), highest->verdict.standing());
    EXPECT_EQ(kept.facts.count, highest->count);
    if (kept.shown) {
      const auto first = std::find_if(all.begin(), all.end(),
                                      [](const SlowVerdict& slow) { return slow.verdict.shown; });
      EXPECT_EQ(kept.shown_at, first->time);
      EXPECT_EQ(kept.reasons, highest->reasons);
    }
    changed += highest == all.begin() ? 0 : 1;
  }
  EXPECT_GT(changed, 0u);
}

TEST(TriageTest, DecidesTheSameInSeveralRunsAsInOne) {
  auto alerts = made_record(1, 4, 900);
  for (int i = 0; i < 7200; i += 30)  // a meta-alert that is open at a cut, over midnight
    alerts.push_back(made_alert(record_begin + one_day + Duration::hours(23) + Duration::seconds(i),
                                "long", "host0"));
  std::stable_sort(alerts.begin(), alerts.end(),
                   [](const auto& a, const auto& b) { return a.time < b.time; });
  const AlertLog whole_log = log_of(alerts);
  Triage whole;
  add_all(whole, whole_log);
  for (const Duration cut : {Duration::hours(7), Duration::hours(24), Duration::hours(40),
                             Duration::hours(47) + Duration::minutes(30), Duration::hours(75)}) {
    const auto later = std::find_if(alerts.begin(), alerts.end(), [&](const model::Alert& alert) {
      return alert.time > record_begin + cut;
    });
    const AlertLog first_log = log_of({alerts.begin(), later});
    Triage first;
    add_all(first, first_log);
    AlertLog log;
    Triage second = value(Triage::load(first.save(first_log), log));
    log = log_of({later, alerts.end()}, std::move(log));
    add_all(second, log);
    EXPECT_EQ(second.left_out(), 0u);
    for (uint32_t i = 0; i < second.metas().size(); ++i) {
      const auto same = whole.find(second.id(i));
      ASSERT_TRUE(same);
      EXPECT_EQ(whole.metas()[*same].count, second.metas()[i].count);
      EXPECT_EQ(whole.verdicts()[*same].shown_at, second.verdicts()[i].shown_at);
      EXPECT_EQ(whole.verdicts()[*same].score, second.verdicts()[i].score);
      EXPECT_EQ(whole.verdicts()[*same].reasons, second.verdicts()[i].reasons);
    }
    EXPECT_EQ(whole.save(whole_log).size(), second.save(log).size());
  }
}

TEST(TriageTest, LeavesOutWhatItHasLearntFromBefore) {
  const auto alerts = made_record(1, 2);
  const AlertLog log = log_of(alerts);
  Triage triage;
  add_all(triage, log);
  AlertLog again;
  Triage second = value(Triage::load(triage.save(log), again));
  again = log_of(alerts, std::move(again));
  const size_t open = second.metas().size();
  add_all(second, again);
  EXPECT_EQ(second.left_out(), alerts.size());
  EXPECT_EQ(second.metas().size(), open);
}

TEST(TriageTest, RefusesAModelThatIsDamagedOrNone) {
  const AlertLog log = log_of(made_record(1, 2));
  Triage triage;
  add_all(triage, log);
  const std::string model = triage.save(log);
  AlertLog empty;
  EXPECT_THAT(error_of(Triage::load("hello", empty)), HasSubstr("model"));
  for (size_t at = 0; at < model.size(); at += model.size() / 50) {
    std::string damaged = model;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    AlertLog names;
    EXPECT_FALSE(Triage::load(damaged, names)) << at;
    AlertLog others;
    EXPECT_FALSE(Triage::load(model.substr(0, at), others)) << at;
  }
}

// Each by itself is all that the other run has not had.
TEST(TriageTest, JudgesWhatSharesTheLastSecondOfTheRunBefore) {
  auto alerts = made_record(1, 2);
  const Timestamp last = alerts.back().time;
  for (int i = 0; i < 20; ++i)
    alerts.push_back(made_alert(last, "late" + std::to_string(i % 10), "host0"));
  const AlertLog whole_log = log_of(alerts);
  Triage whole;
  add_all(whole, whole_log);
  const AlertLog first_log = log_of({alerts.begin(), alerts.end() - 5});
  Triage first;
  add_all(first, first_log);
  AlertLog log;
  Triage second = value(Triage::load(first.save(first_log), log));
  std::vector<model::Alert> others(alerts.end() - 5, alerts.end());
  others.insert(others.end(), alerts.end() - 25, alerts.end() - 5);
  log = log_of(others, std::move(log));
  second.put_learnt_first(log);
  add_all(second, log);
  EXPECT_EQ(second.left_out(), 20u);
  EXPECT_EQ(second.memberships().size(), 5u);
  for (size_t i = 0; i < 5; ++i) {
    const uint32_t meta = second.memberships()[i];
    EXPECT_EQ(second.metas()[meta].rule, log.rows()[second.left_out() + i].rule);
    EXPECT_EQ(whole.metas()[*whole.find(second.id(meta))].count, second.metas()[meta].count);
  }
}

// The rules of the first two days are silent for longer than is remembered: gone from both.
TEST(TriageTest, ForgetsInSeveralRunsWhatItForgetsInOne) {
  auto alerts = made_record(1, 2, 14'400);
  for (model::Alert alert : made_record(2, 33, 14'400)) {
    alert.time = alert.time + one_day + one_day;
    alert.rule = "new" + alert.rule;
    alerts.push_back(alert);
  }
  const AlertLog whole_log = log_of(alerts);
  TriageOptions options;
  options.model.trees = 10;
  Triage whole(options);
  add_all(whole, whole_log);
  const auto later = std::find_if(alerts.begin(), alerts.end(), [&](const model::Alert& alert) {
    return alert.time > record_begin + Duration::days(34);
  });
  const AlertLog first_log = log_of({alerts.begin(), later});
  Triage first(options);
  add_all(first, first_log);
  AlertLog log;
  Triage second = value(Triage::load(first.save(first_log), log));
  EXPECT_EQ(log.rules(), 6u);
  log = log_of({later, alerts.end()}, std::move(log));
  add_all(second, log);
  for (uint32_t i = 0; i < second.metas().size(); ++i)
    EXPECT_EQ(whole.verdicts()[*whole.find(second.id(i))].score, second.verdicts()[i].score);
  EXPECT_EQ(whole.save(whole_log), second.save(log));
}

// Meta-alerts that are judged again and again: the highest score may come before a threshold is
// reached, which a lower one does.
TEST(TriageTest, ShowsNothingWithoutAReason) {
  std::vector<model::Alert> alerts;
  Random random(7);
  for (int i = 0; i < 4000; ++i) {
    const Timestamp time = record_begin + Duration::seconds(random.below(4 * 86'400));
    const std::string rule = std::to_string(random.below(1 + random.below(60)));
    const std::string host = "host" + std::to_string(random.below(12));
    const int64_t spacing = 1 + random.below(29);
    for (int64_t j = 0, size = int64_t{1} << random.below(6); j < size; ++j)
      alerts.push_back(made_alert(time + Duration::seconds(j * spacing), rule, host));
  }
  const AlertLog log = log_of(alerts);
  Triage triage;
  add_all(triage, log);
  for (const MetaVerdict& verdict : triage.verdicts())
    EXPECT_EQ(verdict.reasons.empty(), !verdict.shown);
}

TEST(TriageTest, RefusesMoreMetaAlertsThanItHasMemoryFor) {
  TriageOptions options;
  options.most_metas = 2;
  Triage triage(options);
  const AlertLog log =
      log_of({made_alert(record_begin, "1", "a"), made_alert(record_begin, "2", "a"),
              made_alert(record_begin, "2", "a"), made_alert(record_begin, "3", "a")});
  for (size_t i = 0; i < 3; ++i) succeeded(triage.add(log.rows()[i]));
  EXPECT_THAT(error_of(triage.add(log.rows()[3])), HasSubstr("give fewer days"));
}

}  // namespace
}  // namespace yagura::livenet
