// SPDX-License-Identifier: Apache-2.0
//
// The graphical lasso and the alarm on its densities, for bench/learn/synchrony.py:
//
//   glasso_bench window HOSTS BOTS SEED      a synthetic window: 12 lines with a packet count per
//                                            host, BOTS of which are a botnet
//   glasso_bench solve PENALTY... < windows  the path of each window (12 lines of counts, commas):
//                                            window, penalty, edges, density, objective, gap,
//                                            sweeps, CPU seconds of the whole path
//   glasso_bench alarms < densities          lines of series and density, in the order of the runs
//                                            of each series: run, series, alarmed run
//
// The window is made up, not real darknet traffic: the rate of a host is lognormal, its counts are
// Poisson, hosts without a packet do not exist; bots send 3 to 15 packets on average in the samples
// in which their botnet is on, about half of the twelve, and nothing in the others.
#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <map>
#include <numbers>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "learn/graphical_lasso.h"
#include "learn/variance_ratio_alarm.h"

namespace yagura::bench {
namespace {

using learn::Matrix;

constexpr size_t samples = 12;
// Of the logarithm of packets per sample, as in the golden windows of the data folder.
constexpr double rate_mean = -0.9, rate_spread = 1.35;

template <typename Number>
Number number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) {
    fmt::print(stderr, "glasso_bench: not a number: {}\n", text);
    std::exit(2);
  }
  return value;
}

double normal(Random& random) {  // Box and Muller
  const double radius = std::sqrt(-2 * std::log(1 - random.unit()));
  return radius * std::cos(2 * std::numbers::pi * random.unit());
}

double poisson(Random& random, double mean) {
  if (mean > 30) return std::max(0.0, std::round(mean + std::sqrt(mean) * normal(random)));
  const double least = std::exp(-mean);
  double count = 0;
  for (double product = random.unit(); product > least; product *= random.unit()) ++count;
  return count;
}

Matrix<double> synthetic_window(size_t hosts, size_t bots, uint64_t seed) {
  Random random(seed);
  Matrix<double> counts(samples, hosts);
  std::vector<bool> on(samples);
  for (size_t i = 0; i < samples; ++i) on[i] = random.one_in(2);
  for (size_t host = 0; host < hosts; ++host) {
    const bool is_bot = host < bots;
    bool any = false;
    while (!any) {
      const double rate =
          is_bot ? 3 + 12 * random.unit() : std::exp(rate_mean + rate_spread * normal(random));
      for (size_t i = 0; i < samples; ++i) {
        counts(i, host) = !is_bot || on[i] ? poisson(random, rate) : 0;
        any |= counts(i, host) > 0 || is_bot;
      }
    }
  }
  return counts;
}

int print_window(std::span<char*> words) {
  const auto counts = synthetic_window(number<size_t>(words[0]), number<size_t>(words[1]),
                                       number<uint64_t>(words[2]));
  for (size_t i = 0; i < counts.rows(); ++i) fmt::print("{}\n", fmt::join(counts.row(i), ","));
  return 0;
}

// The next window, its counts as logarithms; without rows at the end.
Matrix<double> read_window() {
  Matrix<double> window;
  std::string line;
  while (window.rows() < samples && std::getline(std::cin, line)) {
    std::vector<double> row;
    for (size_t at = 0; at <= line.size();) {
      const size_t end = std::min(line.find(',', at), line.size());
      row.push_back(
          learn::log_of_count(number<double>(std::string_view(line).substr(at, end - at))));
      at = end + 1;
    }
    window.add_row(row);
  }
  return window;
}

int solve(std::span<char*> words) {
  std::vector<double> penalties;
  for (const char* word : words) penalties.push_back(number<double>(word));
  for (size_t count = 0;; ++count) {
    const Matrix<double> window = read_window();
    if (window.rows() < samples) return 0;
    const std::clock_t start = std::clock();
    const auto path = learn::graphical_lasso_path(window.view(), penalties);
    const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    if (!path) {
      fmt::print(stderr, "glasso_bench: {}\n", path.error().message());
      return 1;
    }
    for (const auto& point : *path)
      fmt::print("{} {} {} {:.10f} {:.17g} {:.3g} {} {:.6f}\n", count, point.penalty, point.edges,
                 learn::graph_density(point.edges, window.columns()), point.objective, point.gap,
                 point.sweeps, seconds);
  }
}

int alarms() {
  struct Series {
    learn::VarianceRatioAlarm alarm;
    uint64_t runs = 0;
  };
  std::map<std::string, Series> all;
  std::string name;
  double density = 0;
  while (std::cin >> name >> density) {
    Series& series = all[name];
    for (const uint64_t ago : series.alarm.add(density))
      fmt::print("{} {} {}\n", series.runs, name, series.runs - ago);
    ++series.runs;
  }
  return 0;
}

int run(std::span<char*> words) {
  const std::string_view verb = words.size() > 1 ? words[1] : "";
  if (verb == "window" && words.size() == 5) return print_window(words.subspan(2));
  if (verb == "solve" && words.size() > 2) return solve(words.subspan(2));
  if (verb == "alarms" && words.size() == 2) return alarms();
  fmt::print(stderr, "usage: glasso_bench window HOSTS BOTS SEED | solve PENALTY... | alarms\n");
  return 2;
}

}  // namespace
}  // namespace yagura::bench

int main(int count, char** words) {
  return yagura::bench::run({words, static_cast<size_t>(count)});
}
