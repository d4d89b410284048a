// SPDX-License-Identifier: Apache-2.0
#include "livenet/triage_ranking.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>
#include <sstream>

#include "livenet/alerts_for_tests.h"
#include "livenet/triage_reasons.h"

namespace yagura::livenet {
namespace {

class TriageRankingTest : public testing::Test {
 protected:
  TriageRankingTest() : log_(log_of(made_record(1, 3, 900))) { add_all(triage_, log_); }

  std::vector<RankedMeta> ranked(const std::vector<state::AlertMark>& marks) {
    return rank(triage_, log_, Marks(marks));
  }
  std::string rule(const RankedMeta& ranked) {
    return log_.rule_name(triage_.metas()[ranked.meta].rule);
  }
  std::string host(const RankedMeta& ranked) {
    return log_.host_name(triage_.metas()[ranked.meta].host);
  }

  AlertLog log_;
  Triage triage_;
};

TEST_F(TriageRankingTest, ListsWhatIsShownByScore) {
  const auto ranking = ranked({});
  ASSERT_GT(ranking.size(), 10u);
  for (size_t i = 0; i < ranking.size(); ++i) {
    EXPECT_TRUE(triage_.verdicts()[ranking[i].meta].shown);
    if (i == 0) continue;
    EXPECT_LE(triage_.verdicts()[ranking[i].meta].score,
              triage_.verdicts()[ranking[i - 1].meta].score);
  }
}

// Of what is marked important, too, although it is listed whatever the model says.
TEST_F(TriageRankingTest, OrdersWhatIsMarkedAlikeByStanding) {
  const auto ranking = ranked({{"suricata 1", "", true, {}}});
  size_t not_shown = 0;
  for (size_t i = 1; i < ranking.size(); ++i) {
    if (ranking[i].mark != ranking[i - 1].mark) continue;
    const MetaVerdict& verdict = triage_.verdicts()[ranking[i].meta];
    EXPECT_GE(triage_.verdicts()[ranking[i - 1].meta].standing(), verdict.standing());
    not_shown += verdict.shown ? 0 : 1;
  }
  EXPECT_GT(not_shown, 10u);
}

TEST_F(TriageRankingTest, LeadsWithWhatIsImportantAndEndsWithWhatIsNot) {
  const auto ranking = ranked({{"suricata 1", "", true, {}}, {"suricata 2", "", false, {}}});
  int stage = 0;
  for (const RankedMeta& meta : ranking) {
    const int now = rule(meta) == "suricata 1" ? 0 : rule(meta) == "suricata 2" ? 2 : 1;
    EXPECT_GE(now, stage);
    stage = now;
  }
  EXPECT_EQ(stage, 2);
}

// Whatever else was said, and whether the model would show it or has not begun to judge.
TEST_F(TriageRankingTest, NeverHidesWhatWasMarkedImportant) {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    Random random(seed);
    std::vector<state::AlertMark> marks;
    for (uint32_t i = 0; i < 6; ++i)
      for (uint32_t j = 0; j < 4; ++j)
        if (random.one_in(3))
          marks.push_back({"suricata " + std::to_string(i),
                           j == 3 ? "" : "host" + std::to_string(j),
                           random.one_in(2),
                           {}});
    const auto ranking = ranked(marks);
    std::set<uint32_t> listed;
    for (const RankedMeta& meta : ranking) listed.insert(meta.meta);
    size_t important = 0;
    for (uint32_t i = 0; i < triage_.metas().size(); ++i) {
      const RankedMeta meta{i, Mark::none};
      const bool is_important =
          std::any_of(marks.begin(), marks.end(), [&](const state::AlertMark& mark) {
            return mark.important && mark.rule == rule(meta) &&
                   (mark.host.empty() || mark.host == host(meta));
          });
      important += is_important ? 1 : 0;
      EXPECT_EQ(listed.contains(i), is_important || triage_.verdicts()[i].shown);
    }
    for (size_t i = 0; i < ranking.size(); ++i)
      EXPECT_EQ(ranking[i].mark == Mark::important, i < important);
  }
}

// What a list of alerts is read for, at the widths of terminals: nothing of a rule, a host or a
// file is cut, and no line is longer than the terminal is wide.
TEST(RankingTableTest, SaysWhatARuleSaysAndHowSevereItIsInEveryWidth) {
  std::vector<model::Alert> alerts = made_record(1, 3, 900);
  for (int i = 0; i < 40; ++i) {
    alerts.push_back(made_alert(record_begin + Duration::days(2) + Duration::seconds(i), "2013504",
                                "192.168.123.101"));
    alerts.back().text = "ET INFO a package management user agent that is told in many words";
    alerts.back().severity = model::Severity::high;
  }
  std::stable_sort(alerts.begin(), alerts.end(),
                   [](const auto& a, const auto& b) { return a.time < b.time; });
  const AlertLog log = log_of(alerts);
  Triage triage;
  add_all(triage, log);
  const std::vector<state::AlertMark> marks = {{"suricata 2013504", "", true, {}}};
  const auto ranking = rank(triage, log, Marks(marks));
  const Table list = ranking_table(ranking, triage, log, 10);
  const std::vector<std::string> files = {"/var/log/suricata/a/folder/of/some/length/eve.json"};
  const Table members = members_table(ranking[0].meta, triage, log, files);
  for (const size_t width : {size_t{80}, size_t{120}, SIZE_MAX}) {
    for (const Table* table : {&list, &members}) {
      const std::string text = write_table(*table, OutputFormat::text, width);
      EXPECT_THAT(text, testing::AllOf(testing::HasSubstr("192.168.123.101"),
                                       testing::HasSubstr("suricata 2013504"),
                                       testing::HasSubstr("high"), testing::HasSubstr("ET INFO")));
      std::istringstream lines(text);
      for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), width) << line;
    }
    EXPECT_THAT(write_table(members, OutputFormat::text, width), testing::HasSubstr(files[0]));
  }
  EXPECT_THAT(write_table(list, OutputFormat::text, SIZE_MAX),
              testing::Not(testing::HasSubstr("...")));
}

TEST_F(TriageRankingTest, LeavesOutWhatIsKnownOfNoneForPeopleAlone) {
  const Table table = ranking_table(ranked({}), triage_, log_, 10);
  EXPECT_THAT(write_table(table, OutputFormat::text), testing::Not(testing::HasSubstr("severity")));
  EXPECT_THAT(write_table(table, OutputFormat::csv), testing::HasSubstr(",severity,"));
}

TEST_F(TriageRankingTest, TellsMarksThatCoverNoAlert) {
  const std::vector<state::AlertMark> marks = {{"suricata 1", "", true, {}},
                                               {"suricata 1", "host9", true, {}},
                                               {"suricata 2", "host0", false, {}},
                                               {"suricata 77", "", true, {}}};
  std::vector<std::string> texts;
  for (const state::AlertMark& mark : unmatched(marks, triage_, log_))
    texts.push_back(mark_text(mark));
  EXPECT_THAT(texts, testing::ElementsAre("suricata 1 on host9", "suricata 77 on every host"));
}

TEST(RuleNameTest, IsADetectorAndAnId) {
  for (const std::string_view name :
       {"suricata 2013504", "wazuh W-Acc-400", "aminer a b", "other x"})
    EXPECT_TRUE(is_rule_name(name)) << name;
  for (const std::string_view name :
       {"", "foo", "W-Acc-400", "Wazuh 5710", "wazuh", "wazuh ", " 5710", "A A-Cron"})
    EXPECT_FALSE(is_rule_name(name)) << name;
}

TEST_F(TriageRankingTest, PrintsTheListAndTheAlertsOfEach) {
  const std::vector<state::AlertMark> marks = {{"suricata 1", "host1", true, {}}};
  const auto ranking = rank(triage_, log_, Marks(marks));
  const Table table = ranking_table(ranking, triage_, log_, 3);
  ASSERT_EQ(table.rows.size(), 3u);
  EXPECT_THAT(write_table(table, OutputFormat::csv), testing::HasSubstr("marked important"));
  const uint32_t meta = ranking[0].meta;
  const std::vector<std::string> files = {"a.json"};
  const Table members = members_table(meta, triage_, log_, files);
  EXPECT_EQ(members.rows.size(), triage_.metas()[meta].count);
  EXPECT_THAT(write_table(members, OutputFormat::csv), testing::HasSubstr("a.json"));
  EXPECT_THAT(write_table(marks_table(marks), OutputFormat::csv),
              testing::HasSubstr("suricata 1,host1,important"));
}

// Every cell of the list, also of what is marked and was never judged: of that no score is known.
TEST_F(TriageRankingTest, SaysOfEachWhatTheTriageKnows) {
  const std::vector<state::AlertMark> marks = {{"suricata 1", "", true, {}},
                                               {"suricata 2", "", false, {}}};
  const auto ranking = ranked(marks);
  const Table table = ranking_table(ranking, triage_, log_, SIZE_MAX);
  ASSERT_EQ(table.rows.size(), ranking.size());
  size_t unjudged = 0, unimportant = 0;
  for (size_t i = 0; i < ranking.size(); ++i) {
    const MetaAlert& meta = triage_.metas()[ranking[i].meta];
    const MetaVerdict& verdict = triage_.verdicts()[ranking[i].meta];
    const auto cell = [&](std::string_view key) {
      for (size_t column = 0; column < table.columns.size(); ++column)
        if (table.columns[column].key == key) return table.rows[i][column];
      ADD_FAILURE() << key;
      return Cell();
    };
    EXPECT_EQ(cell("rank"), Cell(uint64_t{i + 1}));
    EXPECT_EQ(cell("id"), Cell(triage_.id(ranking[i].meta)));
    EXPECT_EQ(cell("first"), Cell(meta.first));
    EXPECT_EQ(cell("last"), Cell(meta.last));
    EXPECT_EQ(cell("shown_at"), verdict.shown ? Cell(verdict.shown_at) : Cell());
    EXPECT_EQ(cell("host"), Cell(host(ranking[i])));
    EXPECT_EQ(cell("rule"), Cell(rule(ranking[i])));
    EXPECT_EQ(cell("text"), Cell(log_.text(meta.text)));
    EXPECT_EQ(cell("alerts"), Cell(meta.count));
    EXPECT_EQ(cell("score"), verdict.judged ? Cell(verdict.score) : Cell());
    std::string why = reasons_text(verdict.reasons, verdict.facts, meta.count);
    if (ranking[i].mark != Mark::none) {
      if (!why.empty()) why.insert(0, "; ");
      why.insert(0, ranking[i].mark == Mark::important ? "marked important" : "marked unimportant");
    }
    EXPECT_EQ(cell("why"), Cell(why));
    unjudged += verdict.judged ? 0 : 1;
    unimportant += ranking[i].mark == Mark::unimportant ? 1 : 0;
  }
  EXPECT_GT(unjudged, 0u);
  EXPECT_GT(unimportant, 0u);
}

// A rule and a host whose names run together say nothing of another rule and host.
TEST(MarksTest, HoldForTheirRuleAndHostAlone) {
  const Marks marks(std::vector<state::AlertMark>{{"suricata 1", "2a", true, {}}});
  EXPECT_EQ(marks.of("suricata 1", "2a"), Mark::important);
  EXPECT_EQ(marks.of("suricata 12", "a"), Mark::none);
  EXPECT_EQ(marks.of("suricata 12a", ""), Mark::none);
}

TEST(MembersTableTest, NamesTheAlertsOfAMetaAlertWhereEarlierOnesAreLeftOut) {
  const std::vector<model::Alert> alerts = {
      made_alert(record_begin, "old", "a"), made_alert(record_begin + Duration::hours(1), "1", "b"),
      made_alert(record_begin + Duration::hours(1), "2", "b")};
  const AlertLog first_log = log_of({alerts.front()});
  Triage first;
  add_all(first, first_log);
  AlertLog log;
  Triage triage = value(Triage::load(first.save(first_log), log));
  log = log_of(alerts, std::move(log));
  add_all(triage, log);
  ASSERT_EQ(triage.left_out(), 1u);
  const auto meta = static_cast<uint32_t>(triage.metas().size() - 1);
  const Table members = members_table(meta, triage, log, std::vector<std::string>{"a.json"});
  ASSERT_EQ(members.rows.size(), 1u);
  EXPECT_EQ(members.rows[0][2], Cell("suricata 2"));
  EXPECT_EQ(members.rows[0].back(), Cell(uint64_t{3}));
}

}  // namespace
}  // namespace yagura::livenet
