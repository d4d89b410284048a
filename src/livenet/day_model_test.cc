// SPDX-License-Identifier: Apache-2.0
#include "livenet/day_model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "base/random.h"
#include "base/result_for_tests.h"
#include "learn/isolation_forest.h"

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
TEST(DayModelTest, RanksByOneForestOverWhatIsKnownNow) {
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

TEST(DayModelTest, RanksTheSameWhateverIsShown) {
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

TEST(DayModelTest, PutsWhatIsShownBeforeWhatIsNotWhateverTheScore) {
  EXPECT_GT((Verdict{.shown = true, .score = 0.4}.standing()),
            (Verdict{.shown = false, .score = 0.9}.standing()));
  EXPECT_GT((Verdict{.shown = true, .score = 0.5}.standing()),
            (Verdict{.shown = true, .score = 0.4}.standing()));
}

// Beyond all of the past in two views: of those the one that could show less is surpassed more.
TEST(DayModelTest, NamesTheViewThatFoundAnAlertMostUnusualForItsShare) {
  const Features odd = odd_in({Feature::rule_rarity, Feature::burst});
  const auto view = [&](std::array<double, view_count> shares) {
    return model_with_shares(shares).judge(std::span(&odd, 1))[0].view;
  };
  EXPECT_EQ(view({0.10, 0.01, 0}), View::rarity);
  EXPECT_EQ(view({0.01, 0.10, 0}), View::conduct);
  EXPECT_EQ(view({0.10, 0, 0}), View::rarity);
  EXPECT_EQ(view({0, 0.10, 0}), View::conduct);
}

TEST(DayModelTest, GivesReasonsForShowingAndForTheRankInTurn) {
  const Features odd = odd_in({Feature::burst, Feature::host_rules});
  const DayModel model = model_with_shares({0, 0.10, 0});
  const auto reasons = model.reasons(odd, model.judge(std::span(&odd, 1))[0]);
  ASSERT_GE(reasons.size(), 2u);
  EXPECT_EQ(reasons[0], Feature::burst);
  EXPECT_EQ(reasons[1], Feature::host_rules);
}

}  // namespace
}  // namespace yagura::livenet
