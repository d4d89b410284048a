// SPDX-License-Identifier: Apache-2.0
#include "learn/auto_encoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/bytes.h"
#include "base/random.h"
#include "learn/model_text.h"

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

TEST(AutoEncoder, LeavesAColumnThatDoesNotVaryAsItIs) {
  Matrix<double> rows = rows_of_two_numbers(300, 4);
  for (size_t i = 0; i < rows.rows(); ++i) rows(i, 3) = 0.1;
  const AutoEncoder encoder = fitted_to(rows);
  rows(0, 3) = 2.1;
  EXPECT_NEAR(encoder.errors(rows.view())(0, 3), 4, 1);  // the difference, in units of 1
  EXPECT_LT(encoder.errors(rows.view())(1, 3), 0.2);
}

TEST(AutoEncoder, KeepsAnErrorFiniteHoweverFarAway) {
  Matrix<double> rows = rows_of_two_numbers(300, 5);
  const AutoEncoder encoder = fitted_to(rows);
  rows(0, 0) = std::numeric_limits<double>::max();
  const double score = encoder.score(rows.view())[0];
  EXPECT_TRUE(std::isfinite(score));
  EXPECT_GT(score, 1e6);
}

TEST(AutoEncoder, IsNotFittedToNothingNorToWhatIsNotANumber) {
  EXPECT_FALSE(AutoEncoder::fit({}, {}));
  for (const double odd : {std::nan(""), HUGE_VAL, std::numeric_limits<double>::max()}) {
    Matrix<double> rows = rows_of_two_numbers(10, 6);
    rows(3, 3) = odd;
    EXPECT_FALSE(AutoEncoder::fit(rows.view(), {})) << odd;
  }
}

struct Model {
  uint64_t columns = 1;
  std::vector<double> scales{0.5, 2};  // means, then deviations
  uint32_t outputs = 1;
  std::vector<float> numbers{1, 2};

  Result<AutoEncoder> load() const {
    ByteWriter network, out;
    network.put(uint8_t{0});
    network.put(uint64_t{2});
    network.put(uint32_t{1});
    network.put(outputs);
    for (const float number : numbers) network.put(number);
    out.put(columns);
    for (const double scale : scales) out.put(scale);
    out.put_text(seal_model("network", 1, network.bytes()));
    return AutoEncoder::load(seal_model("auto-encoder", 1, out.bytes()));
  }
};

TEST(AutoEncoder, IsNotLoadedFromWhatIsNone) {
  EXPECT_TRUE(Model{}.load());
  EXPECT_FALSE((Model{.scales = {0.5, 0}}.load()));
  EXPECT_FALSE((Model{.scales = {0.5, -1}}.load()));
  EXPECT_FALSE((Model{.scales = {NAN, 1}}.load()));
  EXPECT_FALSE((Model{.scales = {0.5, HUGE_VAL}}.load()));
  EXPECT_FALSE((Model{.scales = {0.5}}.load()));
  EXPECT_FALSE((Model{.columns = 2, .scales = {1, 1, 1, 1}}.load()));
  EXPECT_FALSE((Model{.columns = uint64_t{1} << 62}.load()));
  EXPECT_FALSE((Model{.outputs = 2, .numbers = {1, 2, 3, 4}}.load()));
  EXPECT_FALSE((Model{.numbers = {1, NAN}}.load()));
}

}  // namespace
}  // namespace yagura::learn
