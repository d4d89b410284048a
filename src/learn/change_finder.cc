// SPDX-License-Identifier: Apache-2.0
#include "learn/change_finder.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace yagura::learn {
namespace {

constexpr double forgetting = 0.005;
// What is this much smaller than the largest singular value counts as zero: the square root of the
// machine's precision, as in R's MASS::ginv.
const double relative_zero = std::sqrt(std::numeric_limits<double>::epsilon());
// Of a series that has become constant: a logarithm of it is a number still.
constexpr double least_variance = std::numeric_limits<double>::min();
// No logarithmic loss is larger: an error's square enters the variance with the weight
// `forgetting`.
constexpr double largest_loss = 1000;

double forget(double old, double news) { return (1 - forgetting) * old + forgetting * news; }

bool within(double value, double limit) { return std::abs(value) <= limit; }  // false for NaN

// The weights of the Yule-Walker equations: the pseudo-inverse of ((c0, c1), (c1, c0)) times
// (c1, c2). The eigenvectors of such a matrix are (1, 1) and (1, -1), whatever is in it.
std::array<double, 2> autoregression_weights(const std::array<double, 3>& covariance) {
  const double even = covariance[0] + covariance[1], odd = covariance[0] - covariance[1];
  const double zero = std::max(std::abs(even), std::abs(odd)) * relative_zero;
  const double along_even =
      std::abs(even) > zero ? (covariance[1] + covariance[2]) / (2 * even) : 0;
  const double along_odd = std::abs(odd) > zero ? (covariance[1] - covariance[2]) / (2 * odd) : 0;
  return {along_even + along_odd, along_even - along_odd};
}

double log_loss(double squared_error, double variance) {
  if (variance == 0) return 0;
  return (std::log(2 * std::numbers::pi * variance) + squared_error / variance) / 2;
}

}  // namespace

double DiscountingAutoregression::add(double value) {
  CHECK(within(value, largest_value));
  double loss = 0;
  if (seen_ >= order) {
    mean_ = forget(mean_, value);
    const double centred = value - mean_;
    covariance_[0] = forget(covariance_[0], centred * centred);
    for (size_t lag = 1; lag <= order; ++lag)
      covariance_[lag] = forget(covariance_[lag], centred * (before_[lag - 1] - mean_));
    const auto weights = autoregression_weights(covariance_);
    double expected = weights[0] * (before_[0] - mean_) + weights[1] * (before_[1] - mean_) + mean_;
    if (!within(expected, largest_value)) expected = mean_;  // nearly divided by zero
    const double squared_error = (value - expected) * (value - expected);
    if (squared_error > 0 || error_variance_ > 0)  // else there was nothing but zeros
      error_variance_ = std::max(forget(error_variance_, squared_error), least_variance);
    loss = log_loss(squared_error, error_variance_);
  }
  before_ = {value, before_[0]};
  ++seen_;
  return loss;
}

void DiscountingAutoregression::save(ByteWriter& out) const {
  out.put(seen_);
  for (const double value : before_) out.put(value);
  out.put(mean_);
  for (const double value : covariance_) out.put(value);
  out.put(error_variance_);
}

Result<void> DiscountingAutoregression::load(ByteReader& in) {
  seen_ = in.get<uint64_t>();
  bool sound = true;
  for (double& value : before_) sound &= within(value = in.get<double>(), largest_value);
  mean_ = in.get<double>();
  sound &= within(mean_, largest_value);
  constexpr double largest_square = 4 * largest_value * largest_value;
  for (double& value : covariance_) sound &= within(value = in.get<double>(), largest_square);
  error_variance_ = in.get<double>();
  sound &= error_variance_ >= 0 && std::isfinite(error_variance_);
  if (!in.ok() || !sound) return failure("the state of an autoregression is damaged");
  return {};
}

template <size_t Width>
void MovingMean<Width>::save(ByteWriter& out) const {
  out.put(seen_);
  for (const double value : values_) out.put(value);
}

template <size_t Width>
Result<void> MovingMean<Width>::load(ByteReader& in) {
  seen_ = in.get<uint64_t>();
  bool sound = true;
  for (double& value : values_) sound &= within(value = in.get<double>(), largest_loss);
  if (!in.ok() || !sound) return failure("the state of a moving mean is damaged");
  return {};
}

ChangeScore ChangeFinder::add(double value) {
  const double surprise = outlier_mean_.add(outliers_.add(value));
  const double score = change_mean_.add(changes_.add(surprise));
  return {score, ++seen_ > ignored && score > threshold};
}

void ChangeFinder::save(ByteWriter& out) const {
  out.put(seen_);
  outliers_.save(out);
  outlier_mean_.save(out);
  changes_.save(out);
  change_mean_.save(out);
}

Result<void> ChangeFinder::load(ByteReader& in) {
  seen_ = in.get<uint64_t>();
  TRY_VOID(outliers_.load(in));
  TRY_VOID(outlier_mean_.load(in));
  TRY_VOID(changes_.load(in));
  TRY_VOID(change_mean_.load(in));
  return {};
}

}  // namespace yagura::learn
