// SPDX-License-Identifier: Apache-2.0
//
// A lasso of few variables, solved exactly: what the graphical lasso solves once per row and sweep
// among the variables that matter. One object serves many problems and keeps its memory.
//
// Not thread-safe. Deterministic.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "learn/matrix.h"

namespace yagura::learn {

class SmallLasso {
 public:
  // Moves `b` to where b' q b / 2 - s' b + penalty |b|_1 is least; `q` is symmetric and positive
  // definite. The nearer `b` begins, the faster. Optimal to 1e-10 of the penalty,
  // or to 1e-13 of the largest of `s` if that is more.
  void solve(MatrixView<double> q, std::span<const double> s, double penalty, std::span<double> b);

 private:
  void find_residual();
  double descend();
  bool settle();
  bool optimal() const;

  MatrixView<double> q_;
  std::span<const double> s_;
  std::span<double> b_;
  double penalty_ = 0, tolerance_ = 0;
  std::vector<double> residual_;  // s - q b
  // For `settle`: which are not 0, q among them, and where their least is.
  std::vector<size_t> places_;
  std::vector<double> factor_, target_;
};

}  // namespace yagura::learn
