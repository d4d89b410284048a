// SPDX-License-Identifier: Apache-2.0
#include "telescope/observed_times.h"

#include <gtest/gtest.h>

#include <vector>

namespace yagura::telescope {
namespace {

Timestamp hour(int64_t n) { return Timestamp{} + Duration::hours(n); }

ObservedTimes some_hours() {
  ObservedTimes observed;
  observed.starts[static_cast<size_t>(Level::hour)] = {hour(1), hour(2), hour(5)};
  observed.starts[static_cast<size_t>(Level::day)] = {hour(0), hour(48)};
  return observed;
}

TEST(ObservedTimesTest, GivesTheBucketsThatTouchAPeriod) {
  const ObservedTimes observed = some_hours();
  const auto within = [&](Timestamp from, Timestamp until) {
    const auto found = observed.within(Level::hour, {from, until});
    return std::vector<Timestamp>(found.begin(), found.end());
  };
  EXPECT_EQ(within(hour(0), hour(9)), (std::vector{hour(1), hour(2), hour(5)}));
  EXPECT_EQ(within(hour(2), hour(5)), (std::vector{hour(2)})) << "the end is not in it";
  EXPECT_EQ(within(hour(2) + Duration::minutes(59), hour(5) + Duration::minutes(1)),
            (std::vector{hour(2), hour(5)}))
      << "a part of a bucket is in it";
  EXPECT_TRUE(within(hour(3), hour(5)).empty());
  EXPECT_TRUE(observed.within(Level::five_minutes, {hour(0), hour(9)}).empty());
}

TEST(ObservedTimesTest, TheDataGoFromTheFirstDayToTheEndOfTheLast) {
  EXPECT_EQ(some_hours().period()->days, (Period{hour(0), hour(72)}));
  EXPECT_FALSE(ObservedTimes().period());
}

TEST(ObservedTimesTest, TheDataEndWithTheFinestStepKeptOfTheLastDay) {
  ObservedTimes observed = some_hours();
  EXPECT_EQ(observed.period()->end, hour(72)) << "the hours kept are of earlier days";
  observed.starts[static_cast<size_t>(Level::hour)].push_back(hour(50));
  EXPECT_EQ(observed.period()->end, hour(51));
  observed.starts[static_cast<size_t>(Level::five_minutes)] = {hour(4)};
  EXPECT_EQ(observed.period()->end, hour(51));
  observed.starts[static_cast<size_t>(Level::five_minutes)] = {hour(4), hour(50)};
  EXPECT_EQ(observed.period()->end, hour(50) + Duration::minutes(5));
}

TEST(ObservedTimesTest, WhatIsReadAgainReplacesWhatWasThere) {
  ObservedTimes observed;
  for (const int64_t n : {1, 23, 24, 30, 47, 48})
    observed.starts[static_cast<size_t>(Level::hour)].push_back(hour(n));
  ObservedTimes again;
  for (const int64_t n : {5, 25, 30, 46, 50})  // the first and the last are of other days
    again.starts[static_cast<size_t>(Level::hour)].push_back(hour(n));
  observed.replace({hour(24), hour(48)}, again);
  EXPECT_EQ(observed.starts[static_cast<size_t>(Level::hour)],
            (std::vector{hour(1), hour(23), hour(25), hour(30), hour(46), hour(48)}));
}

}  // namespace
}  // namespace yagura::telescope
