// SPDX-License-Identifier: Apache-2.0
#include "learn/variance_ratio_alarm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <tuple>

#include "base/random.h"
#include "base/result_for_tests.h"
#include "learn/synchrony_golden_for_tests.h"

namespace yagura::learn {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr VarianceRatioOptions short_history{10, 0.98};

// Mostly 1: without one of these the variance is larger, so nothing stands out.
std::vector<double> calm(size_t count) {
  std::vector<double> values;
  for (size_t i = 0; i < count; ++i) values.push_back(i % 5 == 2 ? 0 : 1);
  return values;
}

std::vector<uint64_t> add_all(VarianceRatioAlarm& alarm, const std::vector<double>& values) {
  std::vector<uint64_t> alarmed;
  for (const double value : values) alarmed = alarm.add(value);
  return alarmed;
}

TEST(VarianceRatioAlarm, AlarmsTheNewestValueThatStandsOut) {
  VarianceRatioAlarm alarm(short_history);
  EXPECT_THAT(add_all(alarm, calm(20)), IsEmpty());
  EXPECT_THAT(alarm.add(5), ElementsAre(0));
  EXPECT_THAT(alarm.add(1), IsEmpty());  // the 5 is gone
  EXPECT_EQ(alarm.size(), 10u);
}

TEST(VarianceRatioAlarm, AlarmsWhatCameBeforeOnceThereIsEnoughToJudge) {
  VarianceRatioAlarm alarm(short_history);
  EXPECT_THAT(add_all(alarm, {1, 1, 0, 6, 1, 1, 0, 9}), IsEmpty());  // not yet
  EXPECT_THAT(alarm.add(1), ElementsAre(1, 5));                      // the largest first
}

TEST(VarianceRatioAlarm, NamesTheOldestOfEqualsFirst) {
  VarianceRatioAlarm alarm(short_history);
  EXPECT_THAT(add_all(alarm, {0, 7, 1, 1, 1, 7, 1, 1, 7}), ElementsAre(7, 3, 0));
}

TEST(VarianceRatioAlarm, NeedsOneLessThanItsHistory) {
  for (const size_t values : {8u, 9u}) {
    VarianceRatioAlarm alarm(short_history);
    add_all(alarm, calm(values - 1));
    EXPECT_EQ(alarm.add(50).size(), values == 9 ? 1u : 0u);
  }
}

TEST(VarianceRatioAlarm, FallsSilentUntilWhatItTookAwayIsReplaced) {
  VarianceRatioAlarm alarm(short_history);
  EXPECT_EQ(add_all(alarm, {1, 8, 0, 1, 8, 1, 1, 8, 1}).size(), 3u);
  EXPECT_THAT(alarm.add(50), IsEmpty());
  EXPECT_EQ(alarm.size(), 7u);
  EXPECT_THAT(alarm.add(1), IsEmpty());
  EXPECT_THAT(alarm.add(1), ElementsAre(2));  // seen at last
}

TEST(VarianceRatioAlarm, SaysNothingOfASeriesThatDoesNotVary) {
  VarianceRatioAlarm alarm(short_history);
  EXPECT_THAT(add_all(alarm, std::vector<double>(30, 0.1)), IsEmpty());
}

// The rule, told again with nothing but a list: largest found by looking, variance by its formula.
class Twin {
 public:
  explicit Twin(VarianceRatioOptions options) : options_(options) {}

  std::vector<uint64_t> add(double value) {
    for (; alarms_ > 0; --alarms_) series_.erase(series_.begin() + largest(series_));
    series_.emplace_back(value, runs_++);
    if (series_.size() > options_.history) series_.erase(series_.begin());
    std::vector<uint64_t> alarmed;
    if (series_.size() < options_.history - 1) return alarmed;
    for (auto left = series_; left.size() > 2;) {
      const double with = variance(left);
      const auto at = largest(left);
      const uint64_t run = left[static_cast<size_t>(at)].second;
      left.erase(left.begin() + at);
      if (with == 0 || variance(left) / with > options_.threshold) break;
      alarmed.push_back(runs_ - 1 - run);
    }
    alarms_ = alarmed.size();
    return alarmed;
  }

 private:
  using Series = std::vector<std::pair<double, uint64_t>>;
  static ptrdiff_t largest(const Series& series) {
    return std::max_element(series.begin(), series.end(),
                            [](const auto& a, const auto& b) { return a.first < b.first; }) -
           series.begin();
  }
  static double variance(const Series& series) {
    double sum = 0, squares = 0;
    const auto n = static_cast<double>(series.size());
    for (const auto& [value, run] : series) {
      sum += value;
      squares += value * value;
    }
    return squares / n - sum / n * sum / n;
  }

  VarianceRatioOptions options_;
  Series series_;
  uint64_t runs_ = 0;
  size_t alarms_ = 0;
};

TEST(VarianceRatioAlarm, DoesWhatTheSlowTwinDoes) {
  Random random(1);
  size_t alarms = 0;
  for (const double threshold : {0.9, 0.98, 0.995}) {
    const VarianceRatioOptions options{40, threshold};
    VarianceRatioAlarm alarm(options);
    Twin twin(options);
    for (size_t run = 0; run < 1'000; ++run) {
      // Of few different values, so that there are equals.
      const double value = random.below(8) + (random.one_in(30) ? random.below(40) : 0);
      const auto alarmed = alarm.add(value);
      ASSERT_EQ(alarmed, twin.add(value)) << threshold << ", " << run;
      alarms += alarmed.size();
    }
  }
  EXPECT_GT(alarms, 100u);
}

TEST(VarianceRatioAlarm, GoesOnFromWhereItWasSaved) {
  Random random(2);
  VarianceRatioAlarm whole(short_history);
  VarianceRatioAlarm parts(short_history);
  for (size_t run = 0; run < 200; ++run) {
    ByteWriter out;
    parts.save(out);
    ByteReader in(out.bytes());
    parts = value(VarianceRatioAlarm::load(in, short_history));
    EXPECT_EQ(in.remaining(), 0u);
    const double next = random.below(5) + (random.one_in(10) ? 30 : 0);
    ASSERT_EQ(parts.add(next), whole.add(next)) << run;
  }
}

TEST(VarianceRatioAlarm, RefusesDamagedSeries) {
  const auto refusal = [](const ByteWriter& bytes) {
    ByteReader in(bytes.bytes());
    return error_of(VarianceRatioAlarm::load(in, short_history));
  };
  const auto series = [](uint64_t added, uint64_t alarms, const std::vector<double>& values,
                         uint64_t first = 0) {
    ByteWriter out;
    out.put(added);
    out.put(alarms);
    out.put(uint64_t{values.size()});
    for (const double value : values) {
      out.put(first++);
      out.put(value);
    }
    return out;
  };
  EXPECT_EQ(refusal(series(3, 2, {1, 2, 3})), "");
  EXPECT_EQ(refusal(series(10, 0, calm(10))), "");
  EXPECT_THAT(refusal(series(11, 0, calm(11))), HasSubstr("longer"));
  EXPECT_THAT(refusal(series(3, 4, {1, 2, 3})), HasSubstr("damaged"));
  EXPECT_THAT(refusal(series(3, 0, {1, NAN, 3})), HasSubstr("value 1 is damaged"));
  EXPECT_THAT(refusal(series(3, 0, {1, 2, 3}, 1)), HasSubstr("value 2 is damaged"));
  ByteWriter twice = series(3, 0, {1, 2});
  twice.put(uint64_t{1});
  twice.put(3.0);
  std::string bytes = twice.bytes();
  bytes[16] = 3;  // values
  ByteWriter unordered;
  unordered.put_bytes(bytes.data(), bytes.size());
  EXPECT_THAT(refusal(unordered), HasSubstr("value 2 is damaged"));
  EXPECT_THAT(refusal({}), HasSubstr("damaged"));
  ByteWriter cut;
  cut.put_bytes(series(3, 0, {1, 2, 3}).bytes().data(), 50);
  EXPECT_THAT(refusal(cut), HasSubstr("damaged"));
}

// tests/synchrony/README.md says where they come from.
TEST(VarianceRatioAlarm, AlarmsTheGoldenSeriesAsTheAuthorsProgramDoes) {
  using Alarm = std::tuple<int, int, int>;  // run, ten times the penalty, window
  std::set<Alarm> expected, found;
  for (const auto& row : synchrony_golden("alarms.csv"))
    expected.emplace(static_cast<int>(row[0]), std::lround(10 * row[1]), static_cast<int>(row[2]));
  ASSERT_EQ(expected.size(), 32u);
  std::array<VarianceRatioAlarm, 6> alarms;
  for (const auto& row : synchrony_golden("edges.csv")) {
    const auto run = static_cast<int>(row[0]);
    for (size_t i = 0; i < alarms.size(); ++i)
      for (const uint64_t ago : alarms[i].add(row[i + 1] / 9900))
        found.emplace(run, static_cast<int>(i) + 4, run - static_cast<int>(ago));
  }
  EXPECT_EQ(found, expected);
}

}  // namespace
}  // namespace yagura::learn
