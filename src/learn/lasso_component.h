// SPDX-License-Identifier: Apache-2.0
//
// The graphical lasso of variables that hang together, under one penalty: the part of
// graphical_lasso.cc that computes. How is told there.
//
// Not thread-safe. Deterministic.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "learn/matrix.h"
#include "learn/small_lasso.h"

namespace yagura::learn {

// What is known of a solution: W, and in row i of the coefficients the lasso of variable i on the
// others. From these, T_ij = -coefficients_ij T_ii.
struct LassoState {
  Matrix<double> covariance, coefficients;
};

class LassoComponent {
 public:
  // `covariance` is that of distinct variables and outlives this; `copies` says how often each is
  // there. The covariance of `state` is positive definite and allowed under `penalty`.
  LassoComponent(const Matrix<double>& covariance, std::vector<double> copies, double penalty,
                 LassoState state);

  // Sweeps until the gap per variable is at most `tolerance`, or `max_sweeps` times; how often.
  size_t solve(double tolerance, size_t max_sweeps);

  // Pairs of variables, copies counted, whose T_ij is not 0.
  size_t edges() const;
  double objective() const { return upper_; }
  double gap() const { return upper_ - lower_; }
  const LassoState& state() const { return state_; }

 private:
  size_t size() const { return copies_.size(); }
  void update(size_t i);
  void solve_active(size_t i);
  void fit(size_t i);
  bool add_violators(size_t i);
  void make_active(size_t j);
  void take_over(size_t i);
  double precision_below(size_t i, size_t j) const;
  double upper_bound();
  double lower_bound();

  const Matrix<double>& s_;
  std::vector<double> copies_;
  double penalty_;
  LassoState state_;
  std::vector<double> diagonal_;  // of T, times the square of copies
  double upper_ = 0, lower_ = 0;  // bounds of the least objective
  double change_ = 0;             // of W in this sweep, squared and summed

  // Of the row at work.
  std::vector<uint32_t> active_;
  std::vector<uint8_t> is_active_;
  std::vector<double> fitted_;  // W times its coefficients
  SmallLasso lasso_;
  std::vector<double> among_active_, target_, coefficients_;

  std::vector<double> factor_;  // of a Cholesky decomposition
};

}  // namespace yagura::learn
