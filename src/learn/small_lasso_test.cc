// SPDX-License-Identifier: Apache-2.0
#include "learn/small_lasso.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/random.h"

namespace yagura::learn {
namespace {

// The covariance of `size` variables that have `alike` in common, with a small ridge.
Matrix<double> covariance(Random& random, size_t size, double alike) {
  constexpr size_t samples = 12;
  Matrix<double> x(samples, size);
  for (size_t i = 0; i < samples; ++i) {
    const double common = random.unit() - 0.5;
    for (size_t j = 0; j < size; ++j)
      x(i, j) = alike * common + (1 - alike) * (random.unit() - 0.5);
  }
  Matrix<double> q(size, size);
  for (size_t i = 0; i < size; ++i) {
    for (size_t j = 0; j < size; ++j)
      for (size_t k = 0; k < samples; ++k) q(i, j) += x(k, i) * x(k, j);
    q(i, i) += 0.01;
  }
  return q;
}

// Optimal means: the gradient is minus the penalty with the sign of b, or within it where b is 0.
void expect_optimal(const Matrix<double>& q, const std::vector<double>& s, double penalty,
                    const std::vector<double>& b) {
  for (size_t i = 0; i < b.size(); ++i) {
    double residual = s[i];
    for (size_t j = 0; j < b.size(); ++j) residual -= q(i, j) * b[j];
    if (b[i] != 0)
      EXPECT_NEAR(residual, std::copysign(penalty, b[i]), 1e-9 * penalty) << i;
    else
      EXPECT_LE(std::abs(residual), penalty * (1 + 1e-9)) << i;
  }
}

TEST(SmallLasso, IsOptimalWhereVariablesAreMuchAlikeAndFromWhereverItBegins) {
  Random random(1);
  SmallLasso lasso;
  size_t zeros = 0, others = 0;
  for (size_t round = 0; round < 300; ++round) {
    const size_t size = 1 + random.below(24);
    const double alike = round % 3 == 0 ? 0 : round % 3 == 1 ? 0.9 : 0.999;
    const Matrix<double> q = covariance(random, size, alike);
    std::vector<double> s(size), b(size);
    for (double& value : s) value = random.unit() - 0.3;
    for (double& value : b)
      if (round % 2 == 0 && random.one_in(2)) value = 5 * (random.unit() - 0.5);
    const double penalty = 0.02 + 0.3 * random.unit();
    lasso.solve(q.view(), s, penalty, b);
    expect_optimal(q, s, penalty, b);
    const auto zero = static_cast<size_t>(std::count(b.begin(), b.end(), 0.0));
    zeros += zero;
    others += size - zero;
  }
  EXPECT_GT(zeros, 100u);
  EXPECT_GT(others, 100u);
}

TEST(SmallLasso, LeavesNothingWhereThePenaltyIsTheLargest) {
  Matrix<double> q(2, 2);
  q(0, 0) = q(1, 1) = 1;
  std::vector<double> b{3, -4};
  SmallLasso lasso;
  lasso.solve(q.view(), std::vector<double>{0.5, -0.5}, 0.5, b);
  EXPECT_EQ(b, (std::vector<double>{0, 0}));
}

TEST(SmallLasso, HasNothingToDoWithoutVariables) {
  SmallLasso lasso;
  lasso.solve({}, {}, 1, {});
}

}  // namespace
}  // namespace yagura::learn
