// SPDX-License-Identifier: Apache-2.0
//
// How good scores are, judged by labels: for tests, benches and reports on a fitted model. No label
// ever reaches a fit from here. There are as many labels as scores, and each score is a number: NaN
// has no place in an order, and is a fault of whoever scored. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace yagura::learn {

// The area under the ROC curve: how often a positive (label not 0) scores above a negative, ties
// counted half (Mann and Whitney). NaN if either is missing.
double roc_auc(std::span<const double> scores, std::span<const uint8_t> labels);

// What a threshold does: a score of at least the threshold says "positive".
struct Confusion {
  size_t true_positives = 0, false_positives = 0, true_negatives = 0, false_negatives = 0;

  double accuracy() const;             // NaN of nothing
  double recall() const;               // of the positives; NaN if there are none
  double f1() const;                   // of the positives; NaN if all of them are 0
  double false_positive_rate() const;  // of the negatives; NaN if there are none
};
Confusion confusion(std::span<const double> scores, std::span<const uint8_t> labels,
                    double threshold);

struct MeanAndSpread {
  double mean = 0;
  double spread = 0;  // the sample's standard deviation, divisor n - 1; 0 of a single value
};
// `values` is not empty.
MeanAndSpread mean_and_spread(std::span<const double> values);

}  // namespace yagura::learn
