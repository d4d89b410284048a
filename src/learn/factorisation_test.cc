// SPDX-License-Identifier: Apache-2.0
#include "learn/factorisation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/random.h"

namespace yagura::learn {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

double product(const Factors& factors, size_t row, size_t column) {
  double sum = 0;
  for (size_t k = 0; k < factors.w.columns(); ++k) sum += factors.w(row, k) * factors.h(k, column);
  return sum;
}

double error_of(const Factors& factors, MatrixView<double> v) {
  double sum = 0;
  for (size_t i = 0; i < v.rows(); ++i)
    for (size_t j = 0; j < v.columns(); ++j) sum += std::pow(v(i, j) - product(factors, i, j), 2);
  return sum / static_cast<double>(v.rows() * v.columns());
}

// Lee and Seung's updates entry by entry over all columns, from the start that is given.
Factors factorise_slowly(MatrixView<double> v, const Matrix<double>& w, const Matrix<double>& h) {
  Factors f{w, h};
  const size_t rank = w.columns();
  const auto updated = [](double old, double numerator, double denominator) {
    return old == 0 || denominator == 0 ? 0 : old * numerator / denominator;
  };
  for (f.rounds = 1; f.rounds <= 3000; ++f.rounds) {
    Matrix<double> next = f.h;
    for (size_t k = 0; k < rank; ++k)
      for (size_t j = 0; j < v.columns(); ++j) {
        double numerator = 0, denominator = 0;
        for (size_t i = 0; i < v.rows(); ++i) {
          numerator += f.w(i, k) * v(i, j);
          denominator += f.w(i, k) * product(f, i, j);
        }
        next(k, j) = updated(f.h(k, j), numerator, denominator);
      }
    f.h = next;
    next = f.w;
    for (size_t i = 0; i < v.rows(); ++i)
      for (size_t k = 0; k < rank; ++k) {
        double numerator = 0, denominator = 0;
        for (size_t j = 0; j < v.columns(); ++j) {
          numerator += v(i, j) * f.h(k, j);
          denominator += product(f, i, j) * f.h(k, j);
        }
        next(i, k) = updated(f.w(i, k), numerator, denominator);
      }
    f.w = next;
    const double before = f.error;
    f.error = error_of(f, v);
    if (std::abs(before - f.error) < 1e-5) break;
  }
  return f;
}

// The `count` largest singular vectors on the left, by power iteration on V times its transpose.
std::vector<std::vector<double>> left_vectors(MatrixView<double> v, size_t count) {
  std::vector<std::vector<double>> vectors;
  Random random(7);
  while (vectors.size() < count) {
    std::vector<double> x(v.rows());
    for (double& value : x) value = random.unit() - 0.5;
    for (int round = 0; round < 20000; ++round) {
      std::vector<double> y(v.rows(), 0);
      for (size_t j = 0; j < v.columns(); ++j) {
        double along = 0;
        for (size_t i = 0; i < v.rows(); ++i) along += v(i, j) * x[i];
        for (size_t i = 0; i < v.rows(); ++i) y[i] += v(i, j) * along;
      }
      for (const auto& earlier : vectors) {
        double along = 0;
        for (size_t i = 0; i < v.rows(); ++i) along += earlier[i] * y[i];
        for (size_t i = 0; i < v.rows(); ++i) y[i] -= along * earlier[i];
      }
      double length = 0;
      for (const double value : y) length += value * value;
      for (size_t i = 0; i < v.rows(); ++i) x[i] = y[i] / std::sqrt(length);
    }
    vectors.push_back(x);
  }
  return vectors;
}

// The absolute singular vectors, as Dark-NMF starts.
Factors start_slowly(MatrixView<double> v, size_t rank) {
  const auto left = left_vectors(v, rank);
  Factors f{Matrix<double>(v.rows(), rank), Matrix<double>(rank, v.columns())};
  for (size_t k = 0; k < rank; ++k) {
    double length = 0;
    for (size_t j = 0; j < v.columns(); ++j) {
      double along = 0;
      for (size_t i = 0; i < v.rows(); ++i) along += left[k][i] * v(i, j);
      f.h(k, j) = std::abs(along);
      length += along * along;
    }
    for (double& value : f.h.row(k)) value /= std::sqrt(length);
    for (size_t i = 0; i < v.rows(); ++i) f.w(i, k) = std::abs(left[k][i]);
  }
  return f;
}

// Counts, many of them small, with columns that are equal and multiples of each other.
Matrix<double> random_counts(Random& random, size_t rows, size_t columns) {
  Matrix<double> v(rows, columns);
  for (double& value : v.numbers()) value = random.one_in(2) ? random.below(9) : 0;
  for (size_t i = 0; i < rows; ++i) {
    v(i, 1) = v(i, 0);
    v(i, 3) = 3 * v(i, 2);
  }
  return v;
}

TEST(Factorise, AgreesWithUpdatesEntryByEntry) {
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    Random random(seed);
    const Matrix<double> v = random_counts(random, 5, 8);
    const auto factors = factorise(v.view());
    ASSERT_EQ(factors.size(), 4u);  // five rows: one less
    for (const Factors& fast : factors) {
      const Factors start = start_slowly(v.view(), fast.w.columns());
      const Factors slow = factorise_slowly(v.view(), start.w, start.h);
      EXPECT_EQ(fast.rounds, slow.rounds);
      EXPECT_NEAR(fast.error, slow.error, 1e-9);
      for (size_t i = 0; i < v.rows(); ++i)
        for (size_t k = 0; k < fast.w.columns(); ++k) EXPECT_NEAR(fast.w(i, k), slow.w(i, k), 1e-6);
      for (size_t k = 0; k < fast.w.columns(); ++k)
        for (size_t j = 0; j < v.columns(); ++j) EXPECT_NEAR(fast.h(k, j), slow.h(k, j), 1e-6);
    }
  }
}

TEST(Factorise, SaysTheErrorItLeavesAndNeverGrowsItWithTheRank) {
  Random random(5);
  const Matrix<double> v = random_counts(random, 30, 60);
  const auto factors = factorise(v.view());
  ASSERT_EQ(factors.size(), 10u);
  for (const Factors& f : factors) {
    EXPECT_NEAR(f.error, error_of(f, v.view()), 1e-9);
    EXPECT_LE(f.rounds, most_rounds);
    EXPECT_LE(f.error, factors.front().error);
  }
  EXPECT_LT(factors.back().error, factors.front().error);
}

TEST(Factorise, HasNoFactorsOfNothing) {
  EXPECT_THAT(factorise(Matrix<double>(30, 12).view()), IsEmpty());      // zeros
  EXPECT_THAT(factorise(Matrix<double>(30, 1, 5.0).view()), IsEmpty());  // one host
  EXPECT_THAT(factorise(Matrix<double>(1, 30, 5.0).view()), IsEmpty());  // one row
  EXPECT_THAT(factorise(Matrix<double>().view()), IsEmpty());
}

TEST(Factorise, StopsAtTheRankOfTheMatrix) {
  const auto factors = factorise(Matrix<double>(30, 40, 2.0).view());
  ASSERT_EQ(factors.size(), 1u);  // all rows are the same
  EXPECT_NEAR(factors[0].error, 0, 1e-12);
}

// Half an hour of lone hosts, and two bands that send in bursts at times of their own.
struct Telescope {
  Matrix<double> packets{30, 200};
  std::vector<size_t> first_band, second_band;

  explicit Telescope(uint64_t seed) {
    Random random(seed);
    for (double& value : packets.numbers()) value = random.one_in(12) ? 1 + random.below(2) : 0;
    for (size_t host = 20; host < 50; ++host) first_band.push_back(host);
    for (size_t host = 100; host < 112; ++host) second_band.push_back(host);
    for (const size_t minute : {3, 4, 11, 19})
      for (const size_t host : first_band) packets(minute, host) += 5 + random.below(2);
    for (const size_t minute : {7, 8, 25})
      for (const size_t host : second_band) packets(minute, host) += 9 + random.below(3);
  }
};

TEST(SynchronousGroups, FindsPlantedBands) {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    const Telescope telescope(seed);
    std::vector<std::vector<size_t>> found;
    for (const HostGroup& group : synchronous_groups(telescope.packets.view()))
      found.push_back(group.hosts);
    EXPECT_THAT(found, testing::Contains(telescope.first_band)) << seed;
    EXPECT_THAT(found, testing::Contains(telescope.second_band)) << seed;
  }
}

TEST(SynchronousGroups, AreListedOnceByRankAndComponent) {
  const Telescope telescope(1);
  const auto groups = synchronous_groups(telescope.packets.view());
  for (size_t i = 0; i < groups.size(); ++i) {
    EXPECT_GE(groups[i].hosts.size(), 2u);
    EXPECT_LT(groups[i].component, groups[i].rank);
    EXPECT_TRUE(std::ranges::is_sorted(groups[i].hosts));
    for (size_t j = 0; j < i; ++j) {
      EXPECT_NE(groups[i].hosts, groups[j].hosts);
      EXPECT_LE(std::pair(groups[j].rank, groups[j].component),
                std::pair(groups[i].rank, groups[i].component));
    }
  }
}

TEST(SynchronousGroups, PassOverHostsOfOnePacketAndLoudOnes) {
  Matrix<double> packets(30, 6);
  for (size_t host = 0; host < 6; ++host) packets(4, host) = packets(9, host) = 20;
  packets(4, 0) = 61;                    // one more than may be in a minute
  packets(4, 1) = 60;                    // not too many
  packets(4, 5) = 0, packets(9, 5) = 1;  // one packet
  const auto groups = synchronous_groups(packets.view());
  ASSERT_FALSE(groups.empty());
  for (const HostGroup& group : groups)
    for (const size_t host : group.hosts) {
      EXPECT_NE(host, 0u);
      EXPECT_NE(host, 5u);
    }
  EXPECT_THAT(groups.front().hosts, ElementsAre(1, 2, 3, 4));
}

TEST(SynchronousGroups, TakeHostsOfAtLeastHalfTheLoudest) {
  Matrix<double> packets(30, 12);
  for (size_t host = 0; host < 12; ++host)
    for (const size_t minute : {2, 13, 27})
      packets(minute, host) = host == 0 ? 20 : static_cast<double>(host) - 1;
  // One course, so one rank: the loudest sends 60, those with ten and more a minute half of it.
  const auto groups = synchronous_groups(packets.view());
  ASSERT_EQ(groups.size(), 1u);
  EXPECT_THAT(groups[0].hosts, ElementsAre(0, 11));
  GroupRules rules;
  rules.share_of_loudest = 0.25;
  EXPECT_THAT(synchronous_groups(packets.view(), rules)[0].hosts,
              ElementsAre(0, 6, 7, 8, 9, 10, 11));
}

TEST(SynchronousGroups, AreTheSameForHostsInAnotherOrder) {
  const Telescope telescope(2);
  const size_t hosts = telescope.packets.columns();
  Matrix<double> mirrored(30, hosts);
  for (size_t row = 0; row < 30; ++row)
    for (size_t host = 0; host < hosts; ++host)
      mirrored(row, host) = telescope.packets(row, hosts - 1 - host);
  auto groups = synchronous_groups(mirrored.view());
  const auto straight = synchronous_groups(telescope.packets.view());
  ASSERT_EQ(groups.size(), straight.size());
  for (size_t i = 0; i < groups.size(); ++i) {
    for (size_t& host : groups[i].hosts) host = hosts - 1 - host;
    std::ranges::reverse(groups[i].hosts);
    EXPECT_EQ(groups[i].hosts, straight[i].hosts);
  }
}

TEST(SynchronousGroups, AreNoneWhereThereIsNothing) {
  EXPECT_THAT(synchronous_groups(Matrix<double>(30, 0).view()), IsEmpty());
  EXPECT_THAT(synchronous_groups(Matrix<double>(30, 50).view()), IsEmpty());
  EXPECT_THAT(synchronous_groups(Matrix<double>(30, 1, 4.0).view()), IsEmpty());
}

TEST(PortsOfGroup, AreThoseOfThreeTenthsOfTheHostsAndOfTwo) {
  std::vector<std::vector<uint32_t>> ports(12);
  HostGroup group;
  for (size_t host = 0; host < 10; ++host) {
    group.hosts.push_back(host);
    ports[host].push_back(23);
    if (host < 3) ports[host].push_back(80);    // three tenths
    if (host < 2) ports[host].push_back(8080);  // less
    if (host >= 7) ports[host].push_back(22);
  }
  ports[11] = {80, 8080};  // not of the group
  const auto found = ports_of_group(group, ports);
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0].port, 23u);
  EXPECT_EQ(found[0].hosts, 10u);
  EXPECT_EQ(found[1].port, 22u);  // as many as 80, the smaller first
  EXPECT_EQ(found[2].port, 80u);
  EXPECT_EQ(found[2].hosts, 3u);
  EXPECT_THAT(ports_of_group({1, 0, {0, 11}}, std::vector<std::vector<uint32_t>>(12)), IsEmpty());
}

TEST(PortsOfGroup, NeedTwoHostsEvenInASmallGroup) {
  const std::vector<std::vector<uint32_t>> ports{{1, 2}, {2}};
  const auto found = ports_of_group({1, 0, {0, 1}}, ports);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].port, 2u);
}

}  // namespace
}  // namespace yagura::learn
