// SPDX-License-Identifier: Apache-2.0
//
// The graphical lasso: which variables depend on each other directly, from few samples of many.
//
// For a covariance S the precision matrix T is sought that minimises
//
//   -log det T + trace(S T) + penalty * (sum of |T_ij|, the diagonal included)
//
// and what counts here is where T is not zero: an edge between two variables. How dense these edges
// are is what tells hosts that act in step from hosts that do not (Han et al., "Real-time detection
// of malware activities by analyzing darknet traffic using graphical lasso", TrustCom 2019).
//
// The answer is the exact one: T_ij is 0, not small, where the solution is, and each answer carries
// its duality gap, which bounds how far its objective is from the least there is, whatever solver
// was used. How it is found stands in graphical_lasso.cc. Pure; deterministic on one machine, whose
// libm gives the logarithms.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/result.h"
#include "learn/matrix.h"

namespace yagura::learn {

struct GraphicalLassoOptions {
  double tolerance = 1e-12;   // of the duality gap, per variable
  size_t max_sweeps = 1'000;  // over the variables, per penalty; the gap says if it was too few
};

struct LassoPoint {
  double penalty = 0;
  size_t edges = 0;      // pairs i < j whose T_ij is not 0
  double objective = 0;  // of T, as above: an upper bound of the least one
  double gap = 0;        // `objective` is at most this much above the least one
  size_t sweeps = 0;     // passes over the variables of the largest component
};

// Nine matrices of that width are in memory at the most: 0.7 GB.
inline constexpr size_t max_lasso_variables = 3'000;

// One answer for each penalty, in their order. A row of `samples` is a sample, a column a variable;
// the covariance has the divisor n. The penalties, in any order, are solved from the largest to the
// smallest, each from where the one before has led. Fails without samples or variables, for more
// than `max_lasso_variables`, for a value that is not finite, a penalty that is not above 0 or so
// small beside the variances that the precision of numbers does not do.
Result<std::vector<LassoPoint>> graphical_lasso_path(MatrixView<double> samples,
                                                     std::span<const double> penalties,
                                                     const GraphicalLassoOptions& options = {});

// Edges over ordered pairs, p (p - 1): half of what is usually called density, as Han et al. count
// it; 0 for less than two variables.
double graph_density(size_t edges, size_t variables);

// What Han et al. make of packet counts before the covariance: 0 becomes 0.1, then the natural
// logarithm. The caller applies it to each count; the path takes the numbers as they are.
double log_of_count(double count);

}  // namespace yagura::learn
