// SPDX-License-Identifier: Apache-2.0
#include "learn/change_finder.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <numbers>
#include <numeric>
#include <sstream>
#include <string>
#include <vector>

#include "base/random.h"

namespace yagura::learn {
namespace {

// The series that Dark-TRACER's authors publish, with the scores that their own R code gives (R
// 4.2.2), and the times at which they state an alarm: see THIRD_PARTY.md.
struct Golden {
  std::vector<std::string> times;
  std::vector<double> packets, hosts, packet_scores, host_scores;
};

Golden read_golden() {
  std::ifstream file(YAGURA_SOURCE_DIR "/tests/learn/dark_tracer/change_scores.csv");
  std::string line;
  std::getline(file, line);
  Golden golden;
  while (std::getline(file, line)) {
    std::vector<std::string> fields;
    std::istringstream row(line);
    for (std::string field; std::getline(row, field, ',');) fields.push_back(field);
    CHECK(fields.size() == 5);
    golden.times.push_back(fields[0]);
    golden.packets.push_back(std::stod(fields[1]));
    golden.hosts.push_back(std::stod(fields[2]));
    golden.packet_scores.push_back(std::stod(fields[3]));
    golden.host_scores.push_back(std::stod(fields[4]));
  }
  return golden;
}

std::vector<std::string> read_alarms() {
  std::ifstream file(YAGURA_SOURCE_DIR "/tests/learn/dark_tracer/change_alarms.txt");
  std::vector<std::string> times;
  for (std::string line; std::getline(file, line);) times.push_back(line);
  return times;
}

void expect_scores(const std::vector<double>& values, const std::vector<double>& expected) {
  ChangeFinder finder;
  for (size_t i = 0; i < values.size(); ++i)
    EXPECT_NEAR(finder.add(values[i]).score, expected[i], 1e-9 * std::abs(expected[i])) << i;
}

TEST(ChangeFinder, GivesTheScoresOfTheAuthorsCode) {
  const Golden golden = read_golden();
  ASSERT_EQ(golden.times.size(), 432u);
  expect_scores(golden.packets, golden.packet_scores);
  expect_scores(golden.hosts, golden.host_scores);
}

TEST(ChangeFinder, AlarmsAtTheAuthorsFifteenTimes) {
  const Golden golden = read_golden();
  ChangeFinder packets, hosts;
  std::vector<std::string> alarms;
  for (size_t i = 0; i < golden.times.size(); ++i) {
    const bool by_packets = packets.add(golden.packets[i]).alarm;
    const bool by_hosts = hosts.add(golden.hosts[i]).alarm;
    if (by_packets || by_hosts) alarms.push_back(golden.times[i]);
  }
  EXPECT_EQ(alarms.size(), 15u);
  EXPECT_EQ(alarms, read_alarms());
}

// One stage over a whole series at once, the linear equations by Cramer's rule: the textbook.
std::vector<double> losses_of(const std::vector<double>& x) {
  constexpr double r = 0.005;
  double mean = 0, c0 = 0, c1 = 0, c2 = 0, variance = 0;
  std::vector<double> losses(x.size(), 0);
  for (size_t t = 2; t < x.size(); ++t) {
    mean += r * (x[t] - mean);
    const double now = x[t] - mean, one = x[t - 1] - mean, two = x[t - 2] - mean;
    c0 += r * (now * now - c0);
    c1 += r * (now * one - c1);
    c2 += r * (now * two - c2);
    const double determinant = c0 * c0 - c1 * c1;
    const double predicted =
        (c1 * c0 - c2 * c1) / determinant * one + (c0 * c2 - c1 * c1) / determinant * two + mean;
    const double error = x[t] - predicted;
    variance += r * (error * error - variance);
    losses[t] = 0.5 * std::log(2 * std::numbers::pi * variance) + error * error / (2 * variance);
  }
  return losses;
}

std::vector<double> moving_means(const std::vector<double>& x, size_t width) {
  std::vector<double> means;
  for (size_t t = 0; t < x.size(); ++t) {
    const size_t first = t + 1 > width ? t + 1 - width : 0;
    const auto begin = x.begin() + static_cast<std::ptrdiff_t>(first);
    const auto end = x.begin() + static_cast<std::ptrdiff_t>(t + 1);
    means.push_back(std::accumulate(begin, end, 0.0) / static_cast<double>(end - begin));
  }
  return means;
}

TEST(ChangeFinder, AgreesWithTheTextbookOnRandomSeries) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    Random random(seed);
    std::vector<double> values;
    for (int i = 0; i < 300; ++i) values.push_back(100 * random.unit() + (i > 200 ? 50 : 0));
    const auto expected = moving_means(losses_of(moving_means(losses_of(values), 10)), 5);
    ChangeFinder finder;
    for (size_t i = 0; i < values.size(); ++i)
      EXPECT_NEAR(finder.add(values[i]).score, expected[i], 1e-6 * (1 + std::abs(expected[i])));
  }
}

TEST(ChangeFinder, AlarmsWhereTheLevelChanges) {
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    Random random(seed);
    ChangeFinder finder;
    std::vector<int> alarms;
    for (int i = 0; i < 1000; ++i) {
      const double level = i < 600 ? 1000 : 5000;
      if (finder.add(level + 100 * random.unit()).alarm && i > 400) alarms.push_back(i);
    }
    ASSERT_FALSE(alarms.empty());
    EXPECT_EQ(alarms.front(), 600);
    EXPECT_LT(alarms.back(), 600 + 10 + 5);  // the outlier has left the first mean, then the second
  }
}

TEST(ChangeFinder, SeesTrafficBeginAfterSilence) {
  ChangeFinder finder;
  for (int i = 0; i < 100; ++i) {
    const ChangeScore silent = finder.add(0);
    EXPECT_TRUE(std::isfinite(silent.score));
    EXPECT_FALSE(silent.alarm);
  }
  EXPECT_TRUE(finder.add(500).alarm);
}

TEST(ChangeFinder, StaysFiniteWhateverComes) {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    Random random(seed);
    ChangeFinder finder;
    for (int i = 0; i < 2000; ++i) {
      double value = 0;
      if (random.one_in(3)) value = std::pow(10, random.unit() * 400 - 300);
      if (random.one_in(2)) value = -value;
      if (random.one_in(100)) value = DiscountingAutoregression::largest_value;
      ASSERT_TRUE(std::isfinite(finder.add(value).score)) << seed << ' ' << i;
    }
  }
}

std::string saved(const ChangeFinder& finder) {
  ByteWriter out;
  finder.save(out);
  return out.bytes();
}

TEST(ChangeFinder, GoesOnFromItsSavedState) {
  const Golden golden = read_golden();
  ChangeFinder whole, first;
  for (size_t i = 0; i < 200; ++i) {
    whole.add(golden.packets[i]);
    first.add(golden.packets[i]);
  }
  const std::string bytes = saved(first);
  ChangeFinder second;
  ByteReader in(bytes);
  ASSERT_TRUE(second.load(in));
  EXPECT_EQ(in.remaining(), 0u);
  for (size_t i = 200; i < golden.packets.size(); ++i)
    EXPECT_EQ(second.add(golden.packets[i]).score, whole.add(golden.packets[i]).score);
  EXPECT_EQ(saved(second), saved(whole));
}

TEST(ChangeFinder, RefusesAStateThatIsCutOrHoldsNoNumbers) {
  ChangeFinder finder;
  for (int i = 0; i < 50; ++i) finder.add(i % 7);
  const std::string bytes = saved(finder);
  for (size_t size = 0; size < bytes.size(); ++size) {
    ByteReader in(std::string_view(bytes).substr(0, size));
    EXPECT_FALSE(ChangeFinder().load(in)) << size;
  }
  const double no_number = std::nan("");
  size_t refused = 0;
  for (size_t at = 0; at + 8 <= bytes.size(); at += 8) {
    std::string damaged = bytes;
    damaged.replace(at, 8, reinterpret_cast<const char*>(&no_number), 8);
    ByteReader in(damaged);
    refused += !ChangeFinder().load(in);
  }
  EXPECT_EQ(refused, bytes.size() / 8 - 5);  // all but the counts, which may be anything
}

}  // namespace
}  // namespace yagura::learn
