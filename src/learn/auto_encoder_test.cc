// SPDX-License-Identifier: Apache-2.0
#include "learn/auto_encoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/random.h"

namespace yagura::learn {
namespace {

// Ten columns that follow from two numbers, with a little noise: what a bottleneck of three
// carries.
Matrix<double> rows_of_two_numbers(size_t n, uint64_t seed) {
  Random random(seed);
  Matrix<double> rows(n, 10);
  for (size_t i = 0; i < n; ++i) {
    const double a = random.unit(), b = random.unit();
    for (size_t j = 0; j < 10; ++j) {
      const auto share = static_cast<double>(j) / 9;
      rows(i, j) = 1000 * (share * a + (1 - share) * b) + random.unit();
    }
  }
  return rows;
}

AutoEncoder fitted_to(const Matrix<double>& rows) {
  auto fitted = AutoEncoder::fit(rows.view(), {});
  CHECK(fitted.has_value());
  return std::move(*fitted);
}

TEST(AutoEncoder, GivesBackBadlyWhatIsUnlikeItsRowsAndSaysWhichFeature) {
  const AutoEncoder encoder = fitted_to(rows_of_two_numbers(2000, 1));
  Matrix<double> rows = rows_of_two_numbers(100, 2);
  const std::vector<double> usual = encoder.score(rows.view());
  for (size_t i = 0; i < rows.rows(); ++i) rows(i, i % 10) += 2000;
  const std::vector<double> unusual = encoder.score(rows.view());
  EXPECT_LT(*std::max_element(usual.begin(), usual.end()),
            *std::min_element(unusual.begin(), unusual.end()));
  const Matrix<double> errors = encoder.errors(rows.view());
  for (size_t i = 0; i < rows.rows(); ++i) {
    const auto row = errors.row(i);
    EXPECT_EQ(std::max_element(row.begin(), row.end()) - row.begin(), static_cast<int>(i % 10));
  }
}

TEST(AutoEncoder, IsGivenBackByLoading) {
  const Matrix<double> rows = rows_of_two_numbers(200, 3);
  const AutoEncoder encoder = fitted_to(rows);
  const auto loaded = AutoEncoder::load(encoder.save());
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->score(rows.view()), encoder.score(rows.view()));
  EXPECT_EQ(loaded->save(), encoder.save());
}

}  // namespace
}  // namespace yagura::learn
