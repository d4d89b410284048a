// SPDX-License-Identifier: Apache-2.0
#include "learn/isolation_forest.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/random.h"

namespace yagura::learn {
namespace {

// A cloud of rows around the origin.
Matrix<double> cloud(size_t rows, size_t columns, uint64_t seed) {
  Random random(seed);
  Matrix<double> result(rows, columns);
  for (double& number : result.numbers())
    for (int i = 0; i < 6; ++i) number += random.unit() - 0.5;
  return result;
}

class EverySplitTest : public ::testing::TestWithParam<ForestSplit> {
 protected:
  ForestOptions options(uint64_t seed = 1) const {
    ForestOptions options;
    options.split = GetParam();
    options.seed = seed;
    return options;
  }
};

TEST_P(EverySplitTest, ExplainsAPlantedOutlierByItsColumn) {
  Matrix<double> rows = cloud(500, 6, 1);
  for (size_t column = 0; column < 6; ++column) {
    std::vector<double> outlier(rows.row(7).begin(), rows.row(7).end());
    outlier[column] = 8;
    Matrix<double> with = rows;
    std::ranges::copy(outlier, with.row(7).begin());
    const auto forest = IsolationForest::fit(with.view(), options());
    ASSERT_TRUE(forest);
    const auto scores = forest->scores(with.view());
    EXPECT_GT(scores[7], 0.5);
    const auto shares = forest->explain(with.row(7));
    EXPECT_EQ(std::ranges::max_element(shares) - shares.begin(), static_cast<long>(column));
    double sum = 0;
    for (const double share : shares) sum += share;
    EXPECT_NEAR(sum, 1 + std::log2(scores[7]), 1e-12);
  }
}

TEST_P(EverySplitTest, IsTheSameAfterSavingAndLoading) {
  const Matrix<double> rows = cloud(500, 6, 1);
  const auto forest = IsolationForest::fit(rows.view(), options());
  ASSERT_TRUE(forest);
  const auto again = IsolationForest::load(forest->save());
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(again->save(), forest->save());
  EXPECT_EQ(again->scores(rows.view()), forest->scores(rows.view()));
}

INSTANTIATE_TEST_SUITE_P(Splits, EverySplitTest,
                         ::testing::Values(ForestSplit::plain, ForestSplit::extended,
                                           ForestSplit::guided));

}  // namespace
}  // namespace yagura::learn
