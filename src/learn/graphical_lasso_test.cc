// SPDX-License-Identifier: Apache-2.0
//
// Expected values are closed forms, those of a slow twin (proximal gradient descent on the whole
// matrix, nothing merged, nothing screened), or of R's glasso: see tests/synchrony/README.md.
#include "learn/graphical_lasso.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>

#include "base/random.h"
#include "base/result_for_tests.h"
#include "learn/synchrony_golden_for_tests.h"

namespace yagura::learn {
namespace {

using testing::HasSubstr;

constexpr std::array penalties{0.4, 0.5, 0.6, 0.7, 0.8, 0.9};

LassoPoint lasso(const Matrix<double>& samples, double penalty) {
  return value(graphical_lasso_path(samples.view(), std::array{penalty})).at(0);
}

Matrix<double> covariance_of(const Matrix<double>& samples) {
  const auto n = static_cast<double>(samples.rows());
  const size_t p = samples.columns();
  Matrix<double> s(p, p);
  std::vector<double> mean(p);
  for (size_t i = 0; i < samples.rows(); ++i)
    for (size_t j = 0; j < p; ++j) mean[j] += samples(i, j) / n;
  for (size_t i = 0; i < samples.rows(); ++i)
    for (size_t j = 0; j < p; ++j)
      for (size_t k = 0; k < p; ++k)
        s(j, k) += (samples(i, j) - mean[j]) * (samples(i, k) - mean[k]) / n;
  return s;
}

// The inverse and the logarithm of the determinant, by Gauss and Jordan; none if it is not positive
// definite.
struct Inverse {
  Matrix<double> matrix;
  double log_determinant = 0;
};
std::optional<Inverse> inverse(Matrix<double> a) {
  const size_t p = a.rows();
  Inverse result{Matrix<double>(p, p), 0};
  for (size_t i = 0; i < p; ++i) result.matrix(i, i) = 1;
  for (size_t i = 0; i < p; ++i) {
    const double pivot = a(i, i);
    if (!(pivot > 0)) return std::nullopt;
    result.log_determinant += std::log(pivot);
    for (size_t k = 0; k < p; ++k) {
      a(i, k) /= pivot;
      result.matrix(i, k) /= pivot;
    }
    for (size_t j = 0; j < p; ++j) {
      const double factor = a(j, i);
      if (j == i || factor == 0) continue;
      for (size_t k = 0; k < p; ++k) {
        a(j, k) -= factor * a(i, k);
        result.matrix(j, k) -= factor * result.matrix(i, k);
      }
    }
  }
  return result;
}

double soft(double x, double threshold) {
  return std::copysign(std::max(0.0, std::abs(x) - threshold), x);
}

// The slow twin.
struct Twin {
  size_t edges = 0;
  double objective = 0;
};
Twin slow_lasso(const Matrix<double>& s, double penalty) {
  const size_t p = s.rows();
  Matrix<double> t(p, p), next(p, p);
  for (size_t i = 0; i < p; ++i) t(i, i) = 1 / (s(i, i) + penalty);
  Inverse now = *inverse(t);
  for (double step = 1, moved = 1; moved > 1e-13 && step > 1e-9;) {
    double along = 0, squared = 0, linear = 0;
    moved = 0;
    for (size_t i = 0; i < p * p; ++i) {
      const double gradient = s.numbers()[i] - now.matrix.numbers()[i];
      double& to = next.numbers()[i];
      to = soft(t.numbers()[i] - step * gradient, step * penalty);
      const double difference = to - t.numbers()[i];
      along += gradient * difference;
      squared += difference * difference;
      linear += s.numbers()[i] * difference;
      moved = std::max(moved, std::abs(difference));
    }
    const auto there = inverse(next);
    if (!there || now.log_determinant - there->log_determinant + linear >
                      along + squared / (2 * step) + 1e-15) {
      step /= 2;
      moved = 1;
      continue;
    }
    std::swap(t, next);
    now = *there;
  }
  Twin twin{0, -now.log_determinant};
  for (size_t i = 0; i < p; ++i) {
    for (size_t j = 0; j < p; ++j) {
      twin.objective += s(i, j) * t(i, j) + penalty * std::abs(t(i, j));
      if (j < i && t(i, j) != 0) ++twin.edges;
    }
  }
  return twin;
}

// Variables that depend on each other; some are copies of others, some hardly vary.
Matrix<double> random_samples(Random& random, size_t variables) {
  constexpr size_t rows = 12;
  Matrix<double> x(rows, variables);
  for (size_t j = 0; j < variables; ++j) {
    const bool is_copy = j > 0 && random.one_in(3);
    const size_t other = j > 0 ? random.below(static_cast<uint32_t>(j)) : 0;
    const double size = random.one_in(5) ? 0.3 : 3, share = j > 0 ? random.unit() : 0;
    for (size_t i = 0; i < rows; ++i)
      x(i, j) = is_copy ? x(i, other) : size * (random.unit() - 0.5) + share * x(i, other);
  }
  return x;
}

TEST(GraphicalLasso, FindsWhatTheSlowTwinFinds) {
  Random random(1);
  size_t edges = 0;
  for (size_t round = 0; round < 60; ++round) {
    const Matrix<double> x = random_samples(random, 2 + random.below(7));
    const Matrix<double> s = covariance_of(x);
    const auto path = value(graphical_lasso_path(x.view(), penalties));
    for (const size_t i : {0u, 3u}) {
      const Twin twin = slow_lasso(s, penalties[i]);
      EXPECT_EQ(path[i].edges, twin.edges) << round << ", " << penalties[i];
      EXPECT_NEAR(path[i].objective, twin.objective, 1e-9) << round << ", " << penalties[i];
      EXPECT_LE(std::abs(path[i].gap), 1e-10);
      edges += twin.edges;
    }
  }
  EXPECT_GT(edges, 300u);
}

TEST(GraphicalLasso, OfOneVariableIsAQuotient) {
  Matrix<double> x(4, 1);
  x(0, 0) = x(1, 0) = 3;  // variance 2.25
  const LassoPoint point = lasso(x, 0.5);
  EXPECT_EQ(point.edges, 0u);
  EXPECT_NEAR(point.objective, std::log(2.25 + 0.5) + 1, 1e-12);
}

TEST(GraphicalLasso, OfTwoVariablesShrinksTheirCovarianceByThePenalty) {
  Matrix<double> x(4, 2);
  x(0, 0) = x(1, 0) = 4;  // variance 4, and of the other 3; covariance 2
  x(0, 1) = 4;
  EXPECT_NEAR(lasso(x, 0.5).objective, std::log(4.5 * 3.5 - 1.5 * 1.5) + 2, 1e-12);
  EXPECT_EQ(lasso(x, 0.5).edges, 1u);
  EXPECT_NEAR(lasso(x, 2).objective, std::log(6.0 * 5.0) + 2, 1e-12);
  EXPECT_EQ(lasso(x, 2).edges, 0u);  // at the penalty it is 0
  for (size_t i = 0; i < 4; ++i) x(i, 1) = -x(i, 1);
  EXPECT_NEAR(lasso(x, 0.5).objective, std::log(4.5 * 3.5 - 1.5 * 1.5) + 2, 1e-12);
}

// W is variance + penalty on the diagonal and variance - penalty beside it.
TEST(GraphicalLasso, OfCopiesHasAClosedForm) {
  for (const size_t copies : {2u, 3u, 50u}) {
    Matrix<double> x(4, copies);
    for (size_t j = 0; j < copies; ++j) x(0, j) = x(1, j) = 2;  // variance 1
    const auto m = static_cast<double>(copies);
    const LassoPoint point = lasso(x, 0.4);
    EXPECT_EQ(point.edges, copies * (copies - 1) / 2);
    EXPECT_NEAR(point.objective, (m - 1) * std::log(0.8) + std::log(1.4 + (m - 1) * 0.6) + m,
                1e-11 * m);
    EXPECT_EQ(lasso(x, 1).edges, 0u);  // the penalty is the covariance
    EXPECT_NEAR(lasso(x, 1.5).objective, m * (std::log(2.5) + 1), 1e-11 * m);
  }
}

TEST(GraphicalLasso, OfCopiesIsThatOfVariablesThatAreAlmostCopies) {
  Random random(3);
  for (size_t round = 0; round < 10; ++round) {
    const Matrix<double> few = random_samples(random, 6);
    Matrix<double> merged(12, 24), apart(12, 24);
    for (size_t i = 0; i < 12; ++i) {
      for (size_t j = 0; j < 24; ++j) {
        merged(i, j) = few(i, j % 6);
        apart(i, j) = few(i, j % 6) + 1e-9 * random.unit();
      }
    }
    for (const double penalty : penalties) {
      const LassoPoint a = lasso(merged, penalty), b = lasso(apart, penalty);
      EXPECT_EQ(a.edges, b.edges) << round << ", " << penalty;
      EXPECT_NEAR(a.objective, b.objective, 1e-6) << round << ", " << penalty;
    }
  }
}

TEST(GraphicalLasso, IsTheSameForEveryOrderOfVariables) {
  Random random(4);
  const Matrix<double> x = random_samples(random, 40);
  Matrix<double> turned(12, 40);
  for (size_t i = 0; i < 12; ++i)
    for (size_t j = 0; j < 40; ++j) turned(i, j) = x(i, (j * 7 + 3) % 40);
  const auto a = value(graphical_lasso_path(x.view(), penalties));
  const auto b = value(graphical_lasso_path(turned.view(), penalties));
  for (size_t i = 0; i < penalties.size(); ++i) {
    EXPECT_EQ(a[i].edges, b[i].edges);
    EXPECT_NEAR(a[i].objective, b[i].objective, 1e-9);
  }
}

TEST(GraphicalLasso, AnswersEachPenaltyAsIfItWereAskedAlone) {
  Random random(5);
  const Matrix<double> x = random_samples(random, 30);
  const std::array asked{0.7, 0.4, 0.9, 0.4, 50.0};
  const auto path = value(graphical_lasso_path(x.view(), asked));
  ASSERT_EQ(path.size(), asked.size());
  for (size_t i = 0; i < asked.size(); ++i) {
    const LassoPoint alone = lasso(x, asked[i]);
    EXPECT_EQ(path[i].penalty, asked[i]);
    EXPECT_EQ(path[i].edges, alone.edges);
    EXPECT_NEAR(path[i].objective, alone.objective, 1e-10);
  }
  EXPECT_TRUE(value(graphical_lasso_path(x.view(), {})).empty());
}

TEST(GraphicalLasso, ConnectsNoConstantVariable) {
  Matrix<double> x(12, 3, 7);
  x(3, 2) = 1;
  EXPECT_EQ(lasso(x, 0.4).edges, 0u);
  const double variance = 36.0 * 11 / 144;
  EXPECT_NEAR(lasso(x, 0.4).objective, 2 * std::log(0.4) + std::log(variance + 0.4) + 3, 1e-12);
}

TEST(GraphicalLasso, BoundsWhatASingleSweepLeaves) {
  Random random(6);
  const Matrix<double> x = random_samples(random, 60);
  const LassoPoint best = lasso(x, 0.4);
  GraphicalLassoOptions options;
  options.max_sweeps = 3;
  const auto path = value(graphical_lasso_path(x.view(), std::array{0.4}, options));
  EXPECT_EQ(path[0].sweeps, 3u);
  EXPECT_GT(path[0].gap, 1e-9);
  EXPECT_GE(path[0].objective, best.objective);
  EXPECT_LE(path[0].objective - path[0].gap, best.objective + 1e-9);
}

TEST(GraphicalLasso, SaysWhatItCannotSolve) {
  const auto refusal = [](const Matrix<double>& x, double penalty) {
    return error_of(graphical_lasso_path(x.view(), std::array{penalty}));
  };
  Matrix<double> x(3, 2);
  EXPECT_EQ(refusal(x, 0.5), "");
  EXPECT_THAT(refusal(x, 0), HasSubstr("above 0"));
  EXPECT_THAT(refusal(x, NAN), HasSubstr("above 0"));
  EXPECT_THAT(refusal({}, 0.5), HasSubstr("no samples"));
  EXPECT_THAT(refusal(Matrix<double>(2, max_lasso_variables + 1), 0.5), HasSubstr("at most 3000"));
  x(1, 1) = 1e200;
  EXPECT_THAT(refusal(x, 0.5), HasSubstr("too small"));
  x(1, 1) = INFINITY;
  EXPECT_THAT(refusal(x, 0.5), HasSubstr("not a finite number"));
}

// The larger the variances are beside the penalty, the sooner rounding ends the search: with a
// larger gap, or without an answer, but it ends.
TEST(GraphicalLasso, EndsWhereThePrecisionOfNumbersDoes) {
  Random random(7);
  for (const double size : {1e2, 1e3, 1e4, 1e6}) {
    for (size_t round = 0; round < 5; ++round) {
      Matrix<double> x = random_samples(random, 20);
      for (double& value : x.numbers()) value *= size;
      const auto path = graphical_lasso_path(x.view(), penalties);
      if (size >= 1e4 && !path) {
        EXPECT_THAT(path.error().message(), HasSubstr("too small"));
        continue;
      }
      for (const auto& point : value(path)) {
        EXPECT_LT(point.sweeps, 1'000u);
        EXPECT_LT(std::abs(point.gap), (size < 1e4 ? 1e-6 : 1e-2) * std::abs(point.objective));
      }
    }
  }
}

TEST(GraphDensity, IsEdgesOverOrderedPairs) {
  EXPECT_DOUBLE_EQ(graph_density(569, 100), 569.0 / 9900);
  EXPECT_EQ(graph_density(0, 1), 0);
  EXPECT_EQ(graph_density(0, 0), 0);
}

TEST(LogOfCount, TakesATenthForNothing) {
  EXPECT_DOUBLE_EQ(log_of_count(0), std::log(0.1));
  EXPECT_EQ(log_of_count(1), 0);
}

TEST(GraphicalLasso, IsWithinOneEdgeOfRsOnTheGoldenWindows) {
  std::map<size_t, Matrix<double>> windows;
  for (const auto& row : synchrony_golden("windows.csv")) {
    std::vector<double> sample;
    for (size_t i = 2; i < row.size(); ++i) sample.push_back(log_of_count(row[i]));
    windows[static_cast<size_t>(row[0])].add_row(sample);
  }
  const auto edges = synchrony_golden("edges.csv");
  ASSERT_EQ(windows.size(), 22u);
  for (const auto& [number, window] : windows) {
    const auto path = value(graphical_lasso_path(window.view(), penalties));
    for (size_t i = 0; i < penalties.size(); ++i) {
      EXPECT_NEAR(static_cast<double>(path[i].edges), edges.at(number).at(i + 1), 1)
          << number << ", " << penalties[i];
      EXPECT_LE(path[i].gap, 1e-10);
    }
  }
}

}  // namespace
}  // namespace yagura::learn
