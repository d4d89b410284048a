// SPDX-License-Identifier: Apache-2.0
#include "learn/lasso_component.h"

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <utility>

namespace yagura::learn {
namespace {

constexpr double precision = 1e-10;  // of the penalty, as in SmallLasso

// The mean of W over the block of a group of `copies` variables, of which the other variables
// explain `explained`. Alone, it is variance + penalty. While T_ij is not 0 in the group, W_ij =
// variance - penalty beside the diagonal. It is 0 once W_ij would have to be below what is
// explained: then it is where log det W is largest, of which the group's part is the product of
// copies - 1 eigenvalues W_ii - W_ij and of copies (mean - explained).
double own_covariance(double variance, double penalty, double copies, double explained) {
  const double least = variance - penalty;
  return least + 2 * penalty / copies + (copies - 1) / copies * std::max(0.0, explained - least);
}

// Overwrites `matrix`, whose upper triangle alone is looked at. None if it is not positive
// definite.
std::optional<double> log_determinant(std::vector<double>& matrix, size_t size) {
  const auto width = static_cast<Eigen::Index>(size);
  Eigen::Map<Eigen::MatrixXd> transposed(matrix.data(), width, width);
  const Eigen::LLT<Eigen::Ref<Eigen::MatrixXd>> factor(transposed);
  if (factor.info() != Eigen::Success) return std::nullopt;
  return 2 * transposed.diagonal().array().log().sum();
}

}  // namespace

LassoComponent::LassoComponent(const Matrix<double>& covariance, std::vector<double> copies,
                               double penalty, LassoState state)
    : s_(covariance),
      copies_(std::move(copies)),
      penalty_(penalty),
      state_(std::move(state)),
      diagonal_(copies_.size()),
      is_active_(copies_.size()),
      fitted_(copies_.size()),
      factor_(copies_.size() * copies_.size()) {}

void LassoComponent::solve_active(size_t i) {
  const size_t count = active_.size();
  const auto beta = state_.coefficients.row(i);
  among_active_.resize(count * count);
  target_.resize(count);
  coefficients_.resize(count);
  for (size_t a = 0; a < count; ++a) {
    const double* row = state_.covariance.row(active_[a]).data();
    for (size_t b = 0; b < count; ++b) among_active_[a * count + b] = row[active_[b]];
    target_[a] = s_(i, active_[a]);
    coefficients_[a] = beta[active_[a]];
  }
  lasso_.solve({among_active_, count, count}, target_, penalty_, coefficients_);
  for (size_t a = 0; a < count; ++a) beta[active_[a]] = coefficients_[a];
}

void LassoComponent::fit(size_t i) {
  const auto beta = state_.coefficients.row(i);
  const auto width = static_cast<Eigen::Index>(size());
  const auto row = [&](size_t a) {
    return Eigen::Map<const Eigen::VectorXd>(state_.covariance.row(active_[a]).data(), width);
  };
  Eigen::Map<Eigen::VectorXd> fitted(fitted_.data(), width);
  fitted.setZero();
  size_t a = 0;
  for (; a + 4 <= active_.size(); a += 4)  // each pass over `fitted` costs
    fitted += beta[active_[a]] * row(a) + beta[active_[a + 1]] * row(a + 1) +
              beta[active_[a + 2]] * row(a + 2) + beta[active_[a + 3]] * row(a + 3);
  for (; a < active_.size(); ++a) fitted += beta[active_[a]] * row(a);
}

// Those that are 0 and must not be. One that is at work already is not added again, whatever
// rounding makes of it: so this ends.
bool LassoComponent::add_violators(size_t i) {
  const size_t before = active_.size();
  const double* s = s_.row(i).data();
  const double most = penalty_ * (1 + 2 * precision);
  for (size_t j = 0; j < size(); ++j)
    if (std::abs(fitted_[j] - s[j]) > most && !is_active_[j] && j != i) make_active(j);
  return active_.size() > before;
}

void LassoComponent::take_over(size_t i) {
  Matrix<double>& w = state_.covariance;
  const double* beta = state_.coefficients.row(i).data();
  const double* s = s_.row(i).data();
  for (size_t j = 0; j < size(); ++j)
    fitted_[j] = std::clamp(fitted_[j], s[j] - penalty_, s[j] + penalty_);
  double explained = 0;
  for (const uint32_t j : active_) {
    if (beta[j] == 0) continue;
    fitted_[j] = s[j] - std::copysign(penalty_, beta[j]);  // on the bound where there is an edge
    explained += fitted_[j] * beta[j];
  }
  fitted_[i] = own_covariance(s[i], penalty_, copies_[i], explained);
  diagonal_[i] = 1 / (fitted_[i] - explained);
  double* row = w.row(i).data();
  for (size_t j = 0; j < size(); ++j) {
    const double change = fitted_[j] - row[j];
    change_ += change * change;
    w(j, i) = row[j] = fitted_[j];
  }
}

void LassoComponent::make_active(size_t j) {
  active_.push_back(static_cast<uint32_t>(j));
  is_active_[j] = 1;
}

// One row's lasso: among those that are not 0, then checked on all others.
void LassoComponent::update(size_t i) {
  active_.clear();
  std::fill(is_active_.begin(), is_active_.end(), 0);
  const double* beta = state_.coefficients.row(i).data();
  for (size_t j = 0; j < size(); ++j)
    if (beta[j] != 0) make_active(j);
  do {
    solve_active(i);
    fit(i);
  } while (add_violators(i));
  take_over(i);
}

// T_ij for j <= i, times the copies of both, as the row that was updated last says.
double LassoComponent::precision_below(size_t i, size_t j) const {
  return i == j ? diagonal_[i] : -state_.coefficients(i, j) * diagonal_[i];
}

double LassoComponent::upper_bound() {
  double sum = 0;
  for (size_t i = 0; i < size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      const double t = precision_below(i, j);
      sum += 2 * (s_(i, j) * t + penalty_ * std::abs(t));
      factor_[j * size() + i] = t;
    }
    factor_[i * size() + i] = diagonal_[i];
    const double m = copies_[i], within = diagonal_[i] / m;
    const double apart = std::max(within, 1 / (2 * penalty_));  // T_ii - T_ij in the group
    sum += s_(i, i) * diagonal_[i] + std::log(m) - (m - 1) * std::log(apart) +
           penalty_ * (within + (m - 1) * (2 * apart - within));
  }
  const auto determinant = log_determinant(factor_, size());
  return determinant ? sum - *determinant : std::numeric_limits<double>::infinity();
}

double LassoComponent::lower_bound() {
  const auto w = state_.covariance.numbers();
  factor_.assign(w.begin(), w.end());
  const auto determinant = log_determinant(factor_, size());
  if (!determinant) return -std::numeric_limits<double>::infinity();
  double sum = *determinant;
  for (size_t i = 0; i < size(); ++i) {
    const double m = copies_[i];
    sum += m + std::log(m);
    if (m > 1)
      sum += (m - 1) * std::log(m / (m - 1) * (s_(i, i) + penalty_ - state_.covariance(i, i)));
  }
  return sum;
}

// Sweeps until the gap should be small enough, and looks, which costs as much as a sweep. Near the
// solution the gap is a multiple of the squared change of W in a sweep, and a slowly falling one,
// so that what it was says when to look again. The lower bound rises with every sweep; where it
// does not, the precision of numbers is used up.
size_t LassoComponent::solve(double tolerance, size_t max_sweeps) {
  constexpr size_t first_look = 3;
  const double most = tolerance * std::accumulate(copies_.begin(), copies_.end(), 0.0);
  double ratio = 0;
  size_t next_look = first_look;
  lower_ = -std::numeric_limits<double>::infinity();
  for (size_t sweep = 1;; ++sweep) {
    change_ = 0;
    for (size_t i = 0; i < size(); ++i) update(i);
    const bool is_last = sweep >= max_sweeps || change_ == 0;
    const bool is_near = sweep >= first_look && ratio * change_ <= most;
    if (!is_last && !is_near && sweep < next_look) continue;
    const double lower = std::exchange(lower_, lower_bound());
    upper_ = upper_bound();
    if (is_last || gap() <= most || !(lower_ > lower)) return sweep;
    ratio = std::isfinite(gap()) ? gap() / change_ / 8 : 0;
    next_look = 2 * sweep;
  }
}

size_t LassoComponent::edges() const {
  double count = 0;
  for (size_t i = 0; i < size(); ++i) {
    for (size_t j = 0; j < i; ++j)
      if (precision_below(i, j) != 0) count += copies_[i] * copies_[j];
    const double m = copies_[i];
    if (diagonal_[i] / m < 1 / (2 * penalty_)) count += m * (m - 1) / 2;
  }
  return static_cast<size_t>(count);
}

}  // namespace yagura::learn
