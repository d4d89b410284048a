// SPDX-License-Identifier: Apache-2.0
//
// ChangeFinder: says where a series of numbers begins to behave otherwise (Takeuchi and Yamanishi,
// "A unifying framework for detecting outliers and change points from time series", IEEE TKDE 18,
// 2006), in the form and with the numbers that Dark-TRACER ran beside its other engines (Han et
// al., IEEE Access 10, 2022; github.com/Gotchance/Dark-TRACER, ChangeFinder): packets and hosts per
// ten minutes, forgetting 0.005, moving means of 10 and then 5, threshold 3, 15 first values
// ignored.
//
// Two stages of the same model. The first scores each value by how little an autoregression, learnt
// from the values before with slow forgetting, expected it: outliers. A moving mean turns lone
// outliers into little and a lasting surprise into much. The second stage scores that mean in the
// same way, and another moving mean makes the score of change.
//
// Constant memory and time per value; the score of a value depends on it and those before alone,
// and in the last digit on the machine's logarithm (libm). Not thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"
#include "learn/moving_mean.h"

namespace yagura::learn {

// Sequentially discounting autoregression of order 2: mean, autocovariances and the variance of the
// error of prediction, all of them forgetting exponentially.
class DiscountingAutoregression {
 public:
  // The squares of larger values would not be numbers any more.
  static constexpr double largest_value = 1e100;

  // Learns `value`, of a magnitude up to largest_value, and returns the logarithmic loss of it: how
  // unlikely it is under what is then known. 0 for the first two.
  double add(double value);

  void save(ByteWriter& out) const;
  Result<void> load(ByteReader& in);

 private:
  static constexpr size_t order = 2;

  std::array<double, order> before_{};  // the latest first
  uint64_t seen_ = 0;
  double mean_ = 0;
  std::array<double, order + 1> covariance_{};  // at lag 0, 1, 2
  double error_variance_ = 0;
};

struct ChangeScore {
  double score = 0;
  bool alarm = false;  // above the threshold, and not among the first
};

class ChangeFinder {
 public:
  static constexpr double threshold = 3;
  static constexpr uint64_t ignored = 15;  // the models are still empty

  // `value`: of a magnitude up to DiscountingAutoregression::largest_value.
  ChangeScore add(double value);

  void save(ByteWriter& out) const;
  Result<void> load(ByteReader& in);

 private:
  DiscountingAutoregression outliers_;
  MovingMean<10> outlier_mean_;
  DiscountingAutoregression changes_;
  MovingMean<5> change_mean_;
  uint64_t seen_ = 0;
};

}  // namespace yagura::learn
