// SPDX-License-Identifier: Apache-2.0
#include "model/quiet_hours.h"

#include <gmock/gmock.h>

#include "base/result_for_tests.h"

namespace yagura::model {
namespace {

using testing::HasSubstr;

bool quiet(std::string_view hours, std::string_view time) {
  return value(QuietHours::parse(hours)).hold(value(parse_time(time)));
}

TEST(QuietHours, HoldOverMidnightByTheClockOfTheirOffset) {
  constexpr std::string_view tokyo = "22:00-07:00 +09:00";
  EXPECT_FALSE(quiet(tokyo, "2026-11-27T12:59:59Z"));  // 21:59:59 in Tokyo
  EXPECT_TRUE(quiet(tokyo, "2026-11-27T13:00"));
  EXPECT_TRUE(quiet(tokyo, "2026-11-27T21:59:59Z"));
  EXPECT_FALSE(quiet(tokyo, "2026-11-27T22:00"));  // 07:00
}

TEST(QuietHours, HoldWithinADayAndWestOfGreenwich) {
  constexpr std::string_view caracas = "12:30-13:30 -04:30";
  EXPECT_FALSE(quiet(caracas, "2026-11-27T16:59"));
  EXPECT_TRUE(quiet(caracas, "2026-11-27T17:00"));
  EXPECT_FALSE(quiet(caracas, "2026-11-27T18:00"));
}

TEST(QuietHours, NeverHoldWithoutALength) {
  EXPECT_FALSE(quiet("", "2026-11-27T12:00"));
  EXPECT_FALSE(quiet("12:00-12:00", "2026-11-27T12:00"));
}

TEST(QuietHours, AreWrittenAsTheyAreRead) {
  for (const std::string_view text : {"22:00-07:00 +09:00", "00:00-23:59 -14:00", ""})
    EXPECT_EQ(value(QuietHours::parse(text)).to_string(), text);
  EXPECT_EQ(value(QuietHours::parse(" 22:00-07:00 ")).to_string(), "22:00-07:00 +00:00");
}

TEST(QuietHours, OfAnotherShapeAreRefused) {
  for (const std::string_view text :
       {"22-7", "22:00-24:00", "22:00 07:00", "22:00-07:00 09:00", "22:00-07:00 +15:00",
        "22:60-07:00", "22:00-07:00+09:00x", "ab:cd-ef:gh"}) {
    const auto parsed = QuietHours::parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_THAT(parsed.error().message(), HasSubstr("22:00-07:00 +09:00"));
  }
}

}  // namespace
}  // namespace yagura::model
