// SPDX-License-Identifier: Apache-2.0
#include "livenet/day_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/random.h"

namespace yagura::livenet {
namespace {

// `count` meta-alerts, each with `each` judgements whose features are dealt out by chance.
std::vector<PastJudgement> past(size_t count, size_t each = 1) {
  Random random(5);
  std::vector<PastJudgement> judgements;
  for (size_t meta = 0; meta < count; ++meta)
    for (size_t i = 0; i < each; ++i) {
      PastJudgement& judgement = judgements.emplace_back();
      judgement.meta = 7 * meta + 1;
      for (double& feature : judgement.features) feature = random.unit() * random.unit();
    }
  return judgements;
}

// How many meta-alerts of the past a model of the same past would show, by one view alone.
size_t shown_by(View view, double share, const std::vector<PastJudgement>& judgements) {
  DayModelOptions options;
  options.shares = {};
  options.shares[static_cast<size_t>(view)] = share;
  const DayModel model = *DayModel::fit(judgements, options);
  std::vector<Features> rows;
  for (const PastJudgement& judgement : judgements) rows.push_back(judgement.features);
  const auto verdicts = model.judge(rows);
  std::set<uint64_t> shown;
  for (size_t i = 0; i < verdicts.size(); ++i)
    if (verdicts[i].shown) shown.insert(judgements[i].meta);
  return shown.size();
}

// Exactly, as no two of them score the same.
TEST(DayModelTest, ShowsOfThePastTheShareOfEachViewAndWhatReachesItsThreshold) {
  const auto judgements = past(500);
  for (const View view : {View::rarity, View::conduct, View::whole})
    EXPECT_EQ(shown_by(view, 0.10, judgements), 50u) << view_names[static_cast<size_t>(view)];
}

TEST(DayModelTest, CountsAMetaAlertOfThePastOnceWithItsHighestScore) {
  const auto judgements = past(300, 4);
  for (const View view : {View::rarity, View::conduct, View::whole})
    EXPECT_EQ(shown_by(view, 0.10, judgements), 30u) << view_names[static_cast<size_t>(view)];
}

// As where most of a record was heard once, from hosts of their own: all are alike to `conduct`.
TEST(DayModelTest, ShowsNotAllOfThoseThatAreAlikeWhereTheShareEndsAmongThem) {
  auto judgements = past(300);
  for (size_t i = 0; i < judgements.size(); ++i)
    if (i % 50 != 0) judgements[i].features = {};
  for (const View view : {View::rarity, View::conduct, View::whole})
    EXPECT_EQ(shown_by(view, 0.10, judgements), 6u) << view_names[static_cast<size_t>(view)];
  for (PastJudgement& judgement : judgements) judgement.features = {};
  EXPECT_EQ(shown_by(View::conduct, 0.10, judgements), 0u);
}

TEST(DayModelTest, ShowsNothingByAViewWithoutAShare) {
  const auto judgements = past(300);
  EXPECT_EQ(shown_by(View::rarity, 0, judgements), 0u);
  EXPECT_EQ(shown_by(View::rarity, 1, judgements), 300u);
}

// Who speaks is for rarity, how it speaks for conduct.
TEST(DayModelTest, LooksByEachViewAtItsOwnFeatures) {
  const auto judgements = past(400);
  const auto shows = [&](View view, Feature odd) {
    DayModelOptions options;
    options.shares = {};
    options.shares[static_cast<size_t>(view)] = 0.10;
    Features features{};
    features.fill(0.25);
    features[static_cast<size_t>(odd)] = 9;
    const DayModel model = *DayModel::fit(judgements, options);
    return model.judge(std::span(&features, 1))[0].shown;
  };
  for (const Feature who : {Feature::silence, Feature::rule_rarity, Feature::key_rarity}) {
    EXPECT_TRUE(shows(View::rarity, who));
    EXPECT_FALSE(shows(View::conduct, who));
  }
  for (const Feature how : {Feature::burst, Feature::silence_change}) {
    EXPECT_TRUE(shows(View::conduct, how));
    EXPECT_FALSE(shows(View::rarity, how));
  }
  EXPECT_TRUE(shows(View::whole, Feature::host_load));
  EXPECT_FALSE(shows(View::rarity, Feature::host_load));
}

TEST(DayModelTest, NamesAtMostThreeFeaturesAndFirstTheOneThatIsOff) {
  auto judgements = past(400);
  const DayModel model = *DayModel::fit(judgements, {});
  Features odd{};
  odd.fill(0.25);
  odd[static_cast<size_t>(Feature::rule_rarity)] = 9;
  const auto verdicts = model.judge(std::span(&odd, 1));
  EXPECT_TRUE(verdicts[0].shown);
  const auto reasons = model.reasons(odd, verdicts[0]);
  ASSERT_FALSE(reasons.empty());
  EXPECT_LE(reasons.size(), 3u);
  EXPECT_EQ(reasons[0], Feature::rule_rarity);
}

TEST(DayModelTest, IsTheSameAfterSavingAndLoading) {
  const auto judgements = past(300);
  const DayModel model = *DayModel::fit(judgements, {});
  ByteWriter out;
  model.save(out);
  ByteReader in(out.bytes());
  const DayModel again = *DayModel::load(in);
  EXPECT_EQ(in.remaining(), 0u);
  std::vector<Features> rows;
  for (const PastJudgement& judgement : judgements) rows.push_back(judgement.features);
  const auto expected = model.judge(rows), found = again.judge(rows);
  for (size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(found[i].shown, expected[i].shown);
    EXPECT_EQ(found[i].score, expected[i].score);
    EXPECT_EQ(again.reasons(rows[i], found[i]), model.reasons(rows[i], expected[i]));
  }
  for (size_t size = 0; size < out.bytes().size(); size += 997) {
    ByteReader cut(std::string_view(out.bytes()).substr(0, size));
    EXPECT_FALSE(DayModel::load(cut)) << size;
  }
}

}  // namespace
}  // namespace yagura::livenet
