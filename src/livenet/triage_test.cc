// SPDX-License-Identifier: Apache-2.0
#include "livenet/triage.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>

#include "livenet/alert_reader.h"
#include "livenet/alerts_for_tests.h"

namespace yagura::livenet {
namespace {

using testing::HasSubstr;

constexpr Duration one_day = Duration::days(1);

// All that was decided before a time, to the last bit.
std::string decisions_before(const Triage& triage, const AlertLog& log, Timestamp time) {
  std::string text;
  for (size_t i = 0; i < triage.metas().size(); ++i) {
    const MetaAlert& meta = triage.metas()[i];
    const MetaVerdict& verdict = triage.verdicts()[i];
    if (meta.last >= time) continue;
    ByteWriter out;
    out.put(meta.first.nanoseconds);
    out.put(meta.count);
    out.put(verdict.judged);
    out.put(verdict.shown);
    out.put(verdict.shown_at.nanoseconds);
    out.put(verdict.score);
    for (const Feature reason : verdict.reasons) out.put(reason);
    text += log.rule_name(meta.rule) + '@' + log.host_name(meta.host) + out.bytes();
  }
  return text;
}

// A way to decide on a record, honest or not: what a check for leaks is shown.
using Decider = std::string (*)(const std::vector<model::Alert>&, Timestamp before);

std::string decide(const std::vector<model::Alert>& alerts, Timestamp before) {
  const AlertLog log = log_of(alerts);
  Triage triage;
  add_all(triage, log);
  return decisions_before(triage, log, before);
}

// The same idea with the fit done wrongly: the model of a day has seen the day and all others.
std::string decide_with_the_future(const std::vector<model::Alert>& alerts, Timestamp before) {
  const AlertLog log = log_of(alerts);
  Aggregation aggregation(Duration::seconds(60));
  AlertHistory history;
  std::vector<PastJudgement> all;
  for (const AlertRow& row : log.rows()) {
    Judgement judgement;
    const uint32_t meta = aggregation.add(row);
    if (history.add(aggregation.metas()[meta], judgement))
      all.push_back({judgement.features, meta, row.time});
  }
  const DayModel model = *DayModel::fit(all, {});
  std::string text;
  for (const PastJudgement& judgement : all) {
    if (judgement.time >= before) break;
    ByteWriter out;
    out.put(model.judge(std::span(&judgement.features, 1))[0].score);
    text += out.bytes();
  }
  return text;
}

// Whether what is decided before a time depends on what comes after it.
bool leaks(Decider decider) {
  const auto record = made_record(1, 4);
  const Timestamp time = record_begin + one_day + one_day + Duration::hours(9);
  std::vector<model::Alert> other;
  for (const model::Alert& alert : record)
    if (alert.time < time) other.push_back(alert);
  for (model::Alert& alert : made_record(99, 4, 600)) {
    if (alert.time < time) continue;
    alert.rule = "other" + alert.rule;
    other.push_back(alert);
  }
  // A meta-alert that goes on past the time is the same alert for both only until then.
  const std::string decided = decider(record, time - Duration::minutes(10));
  EXPECT_FALSE(decided.empty());
  return decided != decider(other, time - Duration::minutes(10));
}

TEST(TriageTest, DecidesWithoutWhatComesLater) { EXPECT_FALSE(leaks(decide)); }

TEST(TriageTest, IsCheckedByWhatFindsAPlantedLeakOfTheFuture) {
  EXPECT_TRUE(leaks(decide_with_the_future));
}

// A record as CSV of the AIT data set, with a label to each alert that `seed` deals out.
std::string labelled_csv(const std::vector<model::Alert>& alerts, uint64_t seed) {
  Random random(seed);
  std::string csv = "time,name,ip,host,short,time_label,event_label\n";
  for (const model::Alert& alert : alerts)
    csv += std::to_string(alert.time.seconds()) + ",Suricata: x,192.0.2.1," + alert.host + ",S-" +
           alert.rule + (random.one_in(3) ? ",dirb,dirb\n" : ",false_positive,-\n");
  return csv;
}

using Reader = Line (*)(AlertParser&, std::string_view line, model::Alert& alert);

Line read_honestly(AlertParser& parser, std::string_view line, model::Alert& alert) {
  return parser.parse(line, alert);
}
// With the label smuggled into what the features are made of.
Line read_with_label(AlertParser& parser, std::string_view line, model::Alert& alert) {
  const Line kind = parser.parse(line, alert);
  alert.rule += line.substr(line.rfind(','));
  return kind;
}

// Whether decisions depend on the labels.
bool reads_labels(Reader reader) {
  std::vector<std::string> decided;
  for (const uint64_t seed : {1U, 2U}) {
    const auto parser = make_ait_parser();
    AlertLog log;
    std::string csv = labelled_csv(made_record(1, 3), seed);
    uint32_t line = 0;
    for (size_t at = 0; at < csv.size();) {
      const size_t end = csv.find('\n', at);
      model::Alert alert;
      if (reader(*parser, std::string_view(csv).substr(at, end - at), alert) == Line::alert)
        succeeded(log.add(alert, 0, ++line));
      at = end + 1;
    }
    log.sort();
    Triage triage;
    add_all(triage, log);
    decided.emplace_back();
    for (const MetaVerdict& verdict : triage.verdicts())
      decided.back() += std::to_string(verdict.score) + (verdict.shown ? "+" : "-");
  }
  return decided[0] != decided[1];
}

TEST(TriageTest, DecidesWithoutLabels) { EXPECT_FALSE(reads_labels(read_honestly)); }

TEST(TriageTest, IsCheckedByWhatFindsASmuggledLabel) { EXPECT_TRUE(reads_labels(read_with_label)); }

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
  for (const auto& [rule, score] : best) EXPECT_GT(score, 3) << rule;
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
