// SPDX-License-Identifier: Apache-2.0
#include "learn/lasso_component.h"

#include <gtest/gtest.h>

#include <cmath>
#include <utility>

#include "base/random.h"

namespace yagura::learn {
namespace {

// The covariance of samples that share something, and where to begin: W = S beside the diagonal.
struct Problem {
  Matrix<double> covariance;
  LassoState start;
};
Problem random_problem(Random& random, size_t size, double penalty) {
  constexpr size_t samples = 12;
  Matrix<double> x(samples, size);
  for (size_t i = 0; i < samples; ++i) {
    const double common = random.unit() - 0.5;
    for (size_t j = 0; j < size; ++j)
      x(i, j) = 4 * (random.unit() - 0.5) + (j % 3 == 0 ? 4 * common : 0);
  }
  Problem problem{Matrix<double>(size, size), {{}, Matrix<double>(size, size)}};
  for (size_t i = 0; i < size; ++i)
    for (size_t j = 0; j < size; ++j)
      for (size_t k = 0; k < samples; ++k)
        problem.covariance(i, j) += x(k, i) * x(k, j) / static_cast<double>(samples);
  problem.start.covariance = problem.covariance;
  for (size_t i = 0; i < size; ++i) problem.start.covariance(i, i) += penalty;
  return problem;
}

// What makes a T the solution, whoever found it: W, its inverse, is S + penalty * the sign of T
// where T is not 0, and nowhere farther than the penalty from S.
TEST(LassoComponent, MeetsTheConditionsOfTheOptimum) {
  constexpr size_t size = 40;
  Random random(1);
  for (const double penalty : {0.3, 0.6, 0.9}) {
    Problem problem = random_problem(random, size, penalty);
    const Matrix<double>& s = problem.covariance;
    LassoComponent component(s, std::vector<double>(size, 1), penalty, std::move(problem.start));
    component.solve(1e-13, 1'000);
    EXPECT_NEAR(component.gap(), 0, 1e-11);
    const auto& [w, coefficients] = component.state();
    Matrix<double> t(size, size);
    size_t edges = 0;
    for (size_t i = 0; i < size; ++i) {
      double own = w(i, i);
      for (size_t j = 0; j < size; ++j) own -= w(i, j) * coefficients(i, j);
      for (size_t j = 0; j < size; ++j) t(i, j) = -coefficients(i, j) / own;
      t(i, i) = 1 / own;
    }
    for (size_t i = 0; i < size; ++i) {
      for (size_t j = 0; j < size; ++j) {
        EXPECT_NEAR(t(i, j), t(j, i), 1e-5);
        EXPECT_EQ(t(i, j) == 0, t(j, i) == 0) << i << ", " << j;
        if (t(i, j) != 0)
          EXPECT_NEAR(w(i, j), s(i, j) + std::copysign(penalty, t(i, j)), 1e-12);
        else
          EXPECT_LT(std::abs(w(i, j) - s(i, j)), penalty);
        double product = 0;
        for (size_t k = 0; k < size; ++k) product += w(i, k) * t(k, j);
        EXPECT_NEAR(product, i == j ? 1 : 0, 1e-5) << i << ", " << j;
        if (j < i && t(i, j) != 0) ++edges;
      }
    }
    EXPECT_EQ(component.edges(), edges);
    EXPECT_GT(edges, 30u);
  }
}

}  // namespace
}  // namespace yagura::learn
