// SPDX-License-Identifier: Apache-2.0
//
// That neither a label nor what comes later reaches a decision of the triage. Each check is shown a
// planted leak as well, and must find it.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "livenet/alert_reader.h"
#include "livenet/alerts_for_tests.h"
#include "livenet/triage.h"

namespace yagura::livenet {
namespace {

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

TEST(TriageLeaksTest, DecidesWithoutWhatComesLater) { EXPECT_FALSE(leaks(decide)); }

TEST(TriageLeaksTest, IsCheckedByWhatFindsAPlantedLeakOfTheFuture) {
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

TEST(TriageLeaksTest, ShowsByEachTimeWhatItWouldShowIfTheRecordEndedThere) {
  EXPECT_FALSE(shows_by_what_comes(shown_honestly));
}

TEST(TriageLeaksTest, IsCheckedByWhatFindsThatAMetaAlertsEndWasKnownAtItsBeginning) {
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

TEST(TriageLeaksTest, DecidesWithoutLabels) { EXPECT_FALSE(reads_labels(read_honestly)); }

TEST(TriageLeaksTest, IsCheckedByWhatFindsASmuggledLabel) {
  EXPECT_TRUE(reads_labels(read_with_label));
}

}  // namespace
}  // namespace yagura::livenet
