// SPDX-License-Identifier: Apache-2.0
#include "telescope/question_text.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>

#include "base/result_for_tests.h"

namespace yagura::telescope {
namespace {

Timestamp hour(int64_t n) { return Timestamp{} + Duration::hours(n); }

const DataPeriod data{{hour(0), hour(48)}, hour(33)};

PeriodText last(std::string duration, std::string until = "") {
  return {"", "", std::move(until), std::move(duration)};
}

Period within(const PeriodText& text) { return value(period_within(text, data, "--")); }

TEST(PeriodWithinTest, IsOfAllDaysThatHoldDataWhereNothingIsSaid) {
  EXPECT_EQ(within({}), data.days);
  EXPECT_EQ(value(period_within({}, std::nullopt, "--")), Period{});
}

TEST(PeriodWithinTest, CountsTheLastHoursFromTheEndOfTheDataAndNotOfTheirDay) {
  EXPECT_EQ(within(last("3h")), (Period{hour(30), hour(33)}));
}

TEST(PeriodWithinTest, CountsTheLastHoursFromTheEndThatIsSaid) {
  EXPECT_EQ(within(last("3h", "1970-01-01T12:00")), (Period{hour(9), hour(12)}));
}

TEST(PeriodWithinTest, RefusesNoTimeAtAll) { EXPECT_FALSE(period_within(last("0h"), data, "--")); }

}  // namespace
}  // namespace yagura::telescope
