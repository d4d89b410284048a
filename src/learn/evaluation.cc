// SPDX-License-Identifier: Apache-2.0
#include "learn/evaluation.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "base/result.h"

namespace yagura::learn {
namespace {

double ratio(double part, double whole) {
  return whole == 0 ? std::numeric_limits<double>::quiet_NaN() : part / whole;
}
double ratio(size_t part, size_t whole) {
  return ratio(static_cast<double>(part), static_cast<double>(whole));
}

void check_scores(std::span<const double> scores, std::span<const uint8_t> labels) {
  CHECK(scores.size() == labels.size());
  CHECK(std::none_of(scores.begin(), scores.end(), [](double score) { return std::isnan(score); }));
}

}  // namespace

double roc_auc(std::span<const double> scores, std::span<const uint8_t> labels) {
  check_scores(scores, labels);
  std::vector<size_t> order(scores.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return scores[a] < scores[b]; });
  double above = 0, negatives = 0, positives = 0;
  for (size_t from = 0, until = 0; from < order.size(); from = until) {
    double tied_positives = 0, tied_negatives = 0;
    for (; until < order.size() && scores[order[until]] == scores[order[from]]; ++until)
      (labels[order[until]] != 0 ? tied_positives : tied_negatives) += 1;
    above += tied_positives * (negatives + tied_negatives / 2);
    positives += tied_positives;
    negatives += tied_negatives;
  }
  return ratio(above, positives * negatives);
}

double Confusion::accuracy() const {
  return ratio(true_positives + true_negatives,
               true_positives + true_negatives + false_positives + false_negatives);
}
double Confusion::recall() const { return ratio(true_positives, true_positives + false_negatives); }
double Confusion::f1() const {
  return ratio(2 * true_positives, 2 * true_positives + false_positives + false_negatives);
}
double Confusion::false_positive_rate() const {
  return ratio(false_positives, false_positives + true_negatives);
}

Confusion confusion(std::span<const double> scores, std::span<const uint8_t> labels,
                    double threshold) {
  check_scores(scores, labels);
  Confusion counts;
  for (size_t i = 0; i < scores.size(); ++i) {
    if (scores[i] >= threshold)
      ++(labels[i] != 0 ? counts.true_positives : counts.false_positives);
    else
      ++(labels[i] != 0 ? counts.false_negatives : counts.true_negatives);
  }
  return counts;
}

MeanAndSpread mean_and_spread(std::span<const double> values) {
  CHECK(!values.empty());
  const auto n = static_cast<double>(values.size());
  MeanAndSpread result;
  result.mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double squares = 0;
  for (const double value : values) squares += (value - result.mean) * (value - result.mean);
  if (n > 1) result.spread = std::sqrt(squares / (n - 1));
  return result;
}

}  // namespace yagura::learn
