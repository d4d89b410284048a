// SPDX-License-Identifier: Apache-2.0
#include "livenet/triage.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>

#include "learn/isolation_forest.h"
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

// When each meta-alert was first shown, by what names it.
using ShownTimes = std::map<uint64_t, Timestamp>;
using Shower = ShownTimes (*)(const Triage&);

ShownTimes shown_honestly(const Triage& triage) {
  ShownTimes times;
  for (uint32_t i = 0; i < triage.metas().size(); ++i)
    if (triage.verdicts()[i].shown) times[triage.id(i)] = triage.verdicts()[i].shown_at;
  return times;
}
// As if what a meta-alert grew into had been known with its first alert.
ShownTimes shown_in_hindsight(const Triage& triage) {
  ShownTimes times;
  for (uint32_t i = 0; i < triage.metas().size(); ++i)
    if (triage.verdicts()[i].shown) times[triage.id(i)] = triage.metas()[i].first;
  return times;
}

// Whether what was shown by a time depends on how the meta-alerts that were open then went on.
bool shows_by_what_comes(Shower shower) {
  auto alerts = made_record(1, 3);
  const Timestamp begin = record_begin + one_day + one_day + Duration::hours(5);
  for (const char* host : {"host0", "host1", "host2"})
    for (int i = 0; i < 300; ++i)
      alerts.push_back(made_alert(begin + Duration::seconds(i), "4", host));
  std::stable_sort(alerts.begin(), alerts.end(),
                   [](const auto& a, const auto& b) { return a.time < b.time; });
  const AlertLog log = log_of(alerts);
  Triage whole;
  add_all(whole, log);
  const ShownTimes known = shower(whole);
  bool differs = false;
  for (const int cut : {0, 1, 3, 20, 100, 200}) {
    const Timestamp end = begin + Duration::seconds(cut);
    Triage triage;
    for (const AlertRow& row : log.rows())
      if (row.time <= end) succeeded(triage.add(row));
    succeeded(triage.finish());
    ShownTimes by_then;
    for (const auto& [id, time] : known)
      if (time <= end) by_then[id] = time;
    differs |= by_then != shower(triage);
    for (uint32_t i = 0; i < triage.metas().size(); ++i)
      if (triage.verdicts()[i].shown) {
        EXPECT_GE(whole.verdicts()[i].score, triage.verdicts()[i].score);
      }
  }
  return differs;
}

TEST(TriageTest, ShowsByEachTimeWhatItWouldShowIfTheRecordEndedThere) {
  EXPECT_FALSE(shows_by_what_comes(shown_honestly));
}

TEST(TriageTest, IsCheckedByWhatFindsThatAMetaAlertsEndWasKnownAtItsBeginning) {
  EXPECT_TRUE(shows_by_what_comes(shown_in_hindsight));
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

// Made up: `count` meta-alerts of one judgement each, features by chance.
std::vector<PastJudgement> made_past(size_t count) {
  Random random(5);
  std::vector<PastJudgement> past(count);
  for (size_t i = 0; i < count; ++i) {
    past[i].meta = i;
    for (double& feature : past[i].features) feature = random.unit();
  }
  return past;
}

Features odd_in(std::initializer_list<Feature> odd) {
  Features features;
  features.fill(0.5);
  for (const Feature feature : odd) features[static_cast<size_t>(feature)] = 9;
  return features;
}

DayModel model_with_shares(std::array<double, view_count> shares) {
  DayModelOptions options;
  options.shares = shares;
  return *DayModel::fit(made_past(400), options);
}

// The first seven features, by a forest that is fitted here.
TEST(TriageTest, RanksByOneForestOverWhatIsKnownNow) {
  const auto past = made_past(400);
  learn::Matrix<double> rows(past.size(), 7);
  for (size_t i = 0; i < past.size(); ++i)
    std::copy_n(past[i].features.begin(), 7, rows.row(i).begin());
  learn::ForestOptions options;
  options.trees = DayModelOptions{}.trees;
  options.seed = derive(DayModelOptions{}.seed, 4);
  const auto forest = value(learn::IsolationForest::fit(rows.view(), options));
  const auto expected = forest.scores(rows.view());
  const DayModel model = *DayModel::fit(past, {});
  for (size_t i = 0; i < past.size(); ++i) {
    Features features = past[i].features;
    features[static_cast<size_t>(Feature::burst)] = 9;
    features[static_cast<size_t>(Feature::silence_change)] = -9;
    EXPECT_EQ(model.judge(std::span(&features, 1))[0].score, expected[i]);
  }
}

TEST(TriageTest, RanksTheSameWhateverIsShown) {
  const auto past = made_past(400);
  const DayModel few = model_with_shares({0.01, 0, 0}), many = model_with_shares({0.5, 0.5, 0.5});
  size_t differ = 0;
  for (const PastJudgement& judgement : past) {
    const Verdict a = few.judge(std::span(&judgement.features, 1))[0];
    const Verdict b = many.judge(std::span(&judgement.features, 1))[0];
    EXPECT_EQ(a.score, b.score);
    differ += a.shown != b.shown ? 1 : 0;
  }
  EXPECT_GT(differ, 100u);
}

TEST(TriageTest, PutsWhatIsShownBeforeWhatIsNotWhateverTheScore) {
  EXPECT_GT((Verdict{.shown = true, .score = 0.4}.standing()),
            (Verdict{.shown = false, .score = 0.9}.standing()));
  EXPECT_GT((Verdict{.shown = true, .score = 0.5}.standing()),
            (Verdict{.shown = true, .score = 0.4}.standing()));
}

// Beyond all of the past in two views: of those the one that could show less is surpassed more.
TEST(TriageTest, NamesTheViewThatFoundAnAlertMostUnusualForItsShare) {
  const Features odd = odd_in({Feature::rule_rarity, Feature::burst});
  const auto view = [&](std::array<double, view_count> shares) {
    return model_with_shares(shares).judge(std::span(&odd, 1))[0].view;
  };
  EXPECT_EQ(view({0.10, 0.01, 0}), View::rarity);
  EXPECT_EQ(view({0.01, 0.10, 0}), View::conduct);
  EXPECT_EQ(view({0.10, 0, 0}), View::rarity);
  EXPECT_EQ(view({0, 0.10, 0}), View::conduct);
}

TEST(TriageTest, GivesReasonsForShowingAndForTheRankInTurn) {
  const Features odd = odd_in({Feature::burst, Feature::host_rules});
  const DayModel model = model_with_shares({0, 0.10, 0});
  const auto reasons = model.reasons(odd, model.judge(std::span(&odd, 1))[0]);
  ASSERT_GE(reasons.size(), 2u);
  EXPECT_EQ(reasons[0], Feature::burst);
  EXPECT_EQ(reasons[1], Feature::host_rules);
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
