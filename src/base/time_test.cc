// SPDX-License-Identifier: Apache-2.0
#include "base/time.h"

#include <gtest/gtest.h>

namespace yagura {
namespace {

TEST(TimeTest, PrintsAndParsesTheSameInstant) {
  const auto time = parse_time("2009-03-15T08:45:06.25Z");
  ASSERT_TRUE(time);
  EXPECT_EQ(time->nanoseconds, 1237106706'250'000'000);
  EXPECT_EQ(format_time(*time), "2009-03-15T08:45:06.250Z");
  EXPECT_EQ(format_time_for_people(*time), "2009-03-15 08:45:06");
  EXPECT_EQ(format_day(*time), "2009-03-15");
  EXPECT_EQ(year_of(*time), 2009);
}

TEST(TimeTest, TakesAYearAMonthOrADay) {
  EXPECT_EQ(*parse_time("2024"), start_of_year(2024));
  EXPECT_EQ(format_time(*parse_time("2024-02")), "2024-02-01T00:00:00Z");
  EXPECT_EQ(format_time(*parse_time("2024-02-29")), "2024-02-29T00:00:00Z");
  EXPECT_EQ(format_time(*parse_time("2024-02-29 23:59")), "2024-02-29T23:59:00Z");
}

TEST(TimeTest, RefusesWhatIsNoTime) {
  for (const char* text : {"", "yesterday", "2023-02-29", "2024-13", "2024-1-1", "2024-01-01T24:00",
                           "1969-12-31", "2024-01-01T00:00:00.1234567890Z", "2024-01-01Z00:00"})
    EXPECT_FALSE(parse_time(text)) << text;
}

TEST(TimeTest, FloorsToAStepAlsoBeforeTheEpoch) {
  EXPECT_EQ(Timestamp{-1}.floor(Duration::seconds(300)), Timestamp::from_seconds(-300));
  EXPECT_EQ(Timestamp::from_seconds(301).floor(Duration::seconds(300)),
            Timestamp::from_seconds(300));
  EXPECT_EQ(Timestamp{-1}.seconds(), -1);
}

TEST(DurationTest, ReadsAUnitAndPrintsTwo) {
  EXPECT_EQ(parse_duration("30d")->nanoseconds, Duration::days(30).nanoseconds);
  EXPECT_EQ(format_duration(Duration::seconds(66064)), "18 h 21 min");
  EXPECT_EQ(format_duration(Duration::days(1)), "1 d");
  EXPECT_EQ(format_duration(Duration::milliseconds(250)), "250 ms");
  for (const char* text : {"", "5", "m", "-5m", "5 m", "99999999999d"})
    EXPECT_FALSE(parse_duration(text)) << text;
}

}  // namespace
}  // namespace yagura
