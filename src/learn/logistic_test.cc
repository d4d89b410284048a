// SPDX-License-Identifier: Apache-2.0
#include "learn/logistic.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace yagura::learn {
namespace {

TEST(Logistic, FollowsTheLibrarysExponential) {
  for (double x = -100; x <= 100; x += 0.0137)
    EXPECT_NEAR(exponential(x) / std::exp(x), 1, 1e-14) << x;
  for (float x = -50; x <= 50; x += 0.013F)
    EXPECT_FLOAT_EQ(logistic(x), static_cast<float>(1 / (1 + std::exp(-double{x})))) << x;
}

TEST(Logistic, StaysWithinItsBounds) {
  EXPECT_EQ(logistic(0), 0.5F);
  EXPECT_EQ(logistic(std::numeric_limits<float>::max()), 1);
  EXPECT_GE(logistic(std::numeric_limits<float>::lowest()), 0);
  EXPECT_LT(logistic(std::numeric_limits<float>::lowest()), 1e-40);
}

TEST(Logistic, SaysNothingOfNoNumber) {
  EXPECT_EQ(logistic(std::numeric_limits<float>::quiet_NaN()), 0.5F);
}

}  // namespace
}  // namespace yagura::learn
