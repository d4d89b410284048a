// SPDX-License-Identifier: Apache-2.0
//
// Coordinate descent finds out quickly which variables are not 0 and their signs, but is slow to
// find their values where they are much alike, as bots of one botnet are; with the signs given, the
// values are the solution of a linear system. So the two take turns. When the solution has other
// signs than those it was asked for, only the way to the first change is gone, and the variable
// that would change becomes 0 (as in the feature-sign search of Lee et al., NIPS 2006, who go on to
// the best point of the way). Each step makes the objective fall.
#include "learn/small_lasso.h"

#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <algorithm>
#include <cmath>

namespace yagura::learn {
namespace {

// Of the penalty; and of the largest of `s`, below which a residual is only rounding.
constexpr double precision = 1e-10, rounding = 1e-13;
constexpr int descents = 3, settlements = 8;
// More than it ever took: each turn makes the objective fall, through finitely many signs.
constexpr int max_turns = 200;

using Vector = Eigen::Map<Eigen::VectorXd>;
using ConstVector = Eigen::Map<const Eigen::VectorXd>;
using Square = Eigen::Map<Eigen::MatrixXd>;
using ConstSquare = Eigen::Map<const Eigen::MatrixXd>;

Eigen::Index index(size_t size) { return static_cast<Eigen::Index>(size); }

double soft(double value, double threshold) {
  return value > threshold ? value - threshold : value < -threshold ? value + threshold : 0;
}

}  // namespace

void SmallLasso::find_residual() {
  const auto size = index(b_.size());
  Vector(residual_.data(), size) =
      ConstVector(s_.data(), size) -
      ConstSquare(q_.numbers().data(), size, size) * ConstVector(b_.data(), size);
}

// One round over all variables; the largest change of a residual by its own variable.
double SmallLasso::descend() {
  const auto size = index(b_.size());
  double largest = 0;
  for (size_t i = 0; i < b_.size(); ++i) {
    const double own = q_(i, i);
    const double step = soft(residual_[i] + own * b_[i], penalty_) / own - b_[i];
    if (step == 0) continue;
    // Exactly 0 where that is the answer, which a sum need not be.
    b_[i] = soft(residual_[i] + own * b_[i], penalty_) / own;
    Vector(residual_.data(), size) -= step * ConstVector(q_.row(i).data(), size);
    largest = std::max(largest, std::abs(step) * own);
  }
  return largest;
}

// Moves those that are not 0 to their least for the signs they have, or towards it until the first
// is 0. Whether it got there.
bool SmallLasso::settle() {
  places_.clear();
  for (size_t i = 0; i < b_.size(); ++i)
    if (b_[i] != 0) places_.push_back(i);
  const size_t count = places_.size();
  factor_.resize(count * count);
  target_.resize(count);
  for (size_t i = 0; i < count; ++i) {
    const auto row = q_.row(places_[i]);
    for (size_t j = 0; j < count; ++j) factor_[i * count + j] = row[places_[j]];
    target_[i] = s_[places_[i]] - std::copysign(penalty_, b_[places_[i]]);
  }
  Square square(factor_.data(), index(count), index(count));
  const Eigen::LLT<Eigen::Ref<Eigen::MatrixXd>> factor(square);
  Vector target(target_.data(), index(count));
  factor.solveInPlace(target);
  double way = 1;
  for (size_t i = 0; i < count; ++i) {
    const double from = b_[places_[i]], to = target_[i];
    if (from * to < 0 || to == 0) way = std::min(way, from / (from - to));
  }
  for (size_t i = 0; i < count; ++i) {
    double& b = b_[places_[i]];
    const double next = way == 1 ? target_[i] : b + way * (target_[i] - b);
    b = next * b > 0 && (way == 1 || b / (b - target_[i]) != way) ? next : 0;
  }
  return way == 1;
}

bool SmallLasso::optimal() const {
  for (size_t i = 0; i < b_.size(); ++i) {
    const double excess = b_[i] == 0 ? std::max(0.0, std::abs(residual_[i]) - penalty_)
                                     : residual_[i] - std::copysign(penalty_, b_[i]);
    if (std::abs(excess) > tolerance_) return false;
  }
  return true;
}

void SmallLasso::solve(MatrixView<double> q, std::span<const double> s, double penalty,
                       std::span<double> b) {
  q_ = q;
  s_ = s;
  b_ = b;
  penalty_ = penalty;
  tolerance_ = precision * penalty;
  for (const double value : s) tolerance_ = std::max(tolerance_, rounding * std::abs(value));
  residual_.resize(b.size());
  find_residual();
  for (int turn = 0; turn < max_turns && !optimal(); ++turn) {
    for (int i = 0; i < descents; ++i) descend();
    for (int i = 0; i < settlements && !settle();) ++i;
    find_residual();
  }
}

}  // namespace yagura::learn
