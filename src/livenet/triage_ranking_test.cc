// SPDX-License-Identifier: Apache-2.0
#include "livenet/triage_ranking.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "livenet/alerts_for_tests.h"

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

}  // namespace
}  // namespace yagura::livenet
