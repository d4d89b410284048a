// SPDX-License-Identifier: Apache-2.0
#include "learn/evaluation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "base/random.h"

namespace yagura::learn {
namespace {

// Every pair of a positive and a negative, one by one.
double auc_by_pairs(const std::vector<double>& scores, const std::vector<uint8_t>& labels) {
  double above = 0, pairs = 0;
  for (size_t i = 0; i < scores.size(); ++i)
    for (size_t j = 0; j < scores.size(); ++j)
      if (labels[i] != 0 && labels[j] == 0) {
        above += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
        pairs += 1;
      }
  return above / pairs;
}

TEST(RocAuc, IsTheShareOfPairsInOrder) {
  Random random(1);
  for (int round = 0; round < 50; ++round) {
    std::vector<double> scores;
    std::vector<uint8_t> labels{0, 1};
    for (int i = 0; i < 40; ++i) scores.push_back(random.below(12));  // with many ties
    while (labels.size() < scores.size()) labels.push_back(random.one_in(3));
    EXPECT_DOUBLE_EQ(roc_auc(scores, labels), auc_by_pairs(scores, labels));
  }
}

TEST(RocAuc, IsNoNumberWithoutBothLabels) {
  EXPECT_TRUE(std::isnan(roc_auc(std::vector<double>{1, 2}, std::vector<uint8_t>{1, 1})));
}

TEST(RocAucDeathTest, AScoreThatIsNoNumberIsAFaultAndNoEndlessLoop) {
  const std::vector<double> scores{1, std::nan(""), 2};
  const std::vector<uint8_t> labels{0, 1, 1};
  EXPECT_DEATH(roc_auc(scores, labels), "isnan");
  EXPECT_DEATH(confusion(scores, labels, 0.5), "isnan");
}

TEST(Confusion, CountsAScoreAtTheThresholdAsPositive) {
  const Confusion counts =
      confusion(std::vector<double>{0.1, 0.5, 0.9, 0.4}, std::vector<uint8_t>{0, 0, 1, 1}, 0.5);
  EXPECT_EQ(counts.true_positives, 1u);
  EXPECT_EQ(counts.false_positives, 1u);
  EXPECT_EQ(counts.true_negatives, 1u);
  EXPECT_EQ(counts.false_negatives, 1u);
  EXPECT_DOUBLE_EQ(counts.accuracy(), 0.5);
  EXPECT_DOUBLE_EQ(counts.recall(), 0.5);
  EXPECT_DOUBLE_EQ(counts.f1(), 0.5);
  EXPECT_DOUBLE_EQ(counts.false_positive_rate(), 0.5);
}

TEST(MeanAndSpread, DividesBySizeLessOne) {
  const MeanAndSpread result = mean_and_spread(std::vector<double>{1, 2, 3, 4});
  EXPECT_DOUBLE_EQ(result.mean, 2.5);
  EXPECT_DOUBLE_EQ(result.spread, std::sqrt(5.0 / 3));
  EXPECT_DOUBLE_EQ(mean_and_spread(std::vector<double>{7}).spread, 0);
}

}  // namespace
}  // namespace yagura::learn
