// SPDX-License-Identifier: Apache-2.0
//
// Isolation Forest: how unlike the others each row is, learnt without labels. A tree splits a small
// random sample of the rows at random until each row is alone; a row that is soon alone is unusual.
//
//   c(n) = 2 H(n - 1) - 2 (n - 1) / n   the mean path length in a search tree of n rows
//   h    = depth of the leaf + c(rows of the sample in it), cut at depth ceil(log2(sample))
//   score = 2^(-mean of h over the trees / c(sample))
//
// A score is in (0, 1): about 0.5 for rows like all others, towards 1 for unusual ones. Constants
// and the plain split are those of Liu, Ting and Zhou 2008 ("Isolation Forest", ICDM).
//
// What is defined at the edges: a column that is constant in a node is not split there; a sample
// larger than the rows takes all of them once; rows that cannot be told apart (one row, constant or
// duplicate rows) score 0.5. A fit refuses no rows, no columns and numbers that are not finite or
// past 1e100; a score takes them: NaN goes where the smallest numbers go.
//
// Fitting and scoring run on the caller's thread and are deterministic by seed, on one machine:
// they take logarithms and powers of its libm. A fitted forest is a value and does not change:
// sharing one for scoring is thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "learn/isolation_tree.h"
#include "learn/matrix.h"

namespace yagura::learn {

class IsolationForest {
 public:
  // Fails if there are no rows or columns, or a number or an option is out of its bounds.
  static Result<IsolationForest> fit(MatrixView<double> rows, const ForestOptions& options);
  static Result<IsolationForest> fit(MatrixView<float> rows, const ForestOptions& options);

  const ForestOptions& options() const { return options_; }
  size_t columns() const { return columns_; }

  // One score a row; the rows have columns(). A row's score depends on nothing but the row.
  std::vector<double> scores(MatrixView<double> rows) const;
  std::vector<double> scores(MatrixView<float> rows) const;

  // Why `row` has its score: how much each column shortened (positive) or lengthened (negative) its
  // path, against what was to be expected of the rows it was with. In units of c(sample), so the
  // shares add up to 1 + log2(score), which is 0 for a row like all others and towards 1 for the
  // most unusual. A hyperplane's part is shared out by how far the row is off in each column.
  std::vector<double> explain(std::span<const double> row) const;

  // A sealed model (learn/model_text.h), and back. Fails if the model is not one that scoring can
  // walk safely, and says what is wrong.
  std::string save() const;
  static Result<IsolationForest> load(std::string_view model);

 private:
  template <typename Number>
  static Result<IsolationForest> fit_any(MatrixView<Number> rows, const ForestOptions& options);
  template <typename Number>
  std::vector<double> scores_any(MatrixView<Number> rows) const;

  ForestOptions options_;
  size_t columns_ = 0;
  size_t sample_ = 0;  // rows a tree was grown from: options_.sample, or all rows if fewer
  IsolationTrees trees_;
};

}  // namespace yagura::learn
