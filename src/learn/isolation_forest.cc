// SPDX-License-Identifier: Apache-2.0
#include "learn/isolation_forest.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <utility>

#include "learn/isolation_scoring.h"

namespace yagura::learn {
namespace {

// Rows that are walked down a tree at the same time: their steps do not wait for each other.
constexpr size_t lanes = 8;
// Numbers of a block of rows: it stays in the cache while all trees pass over it.
constexpr size_t block_numbers = 32'768;

struct Column {
  template <typename Number>
  static double project(const IsolationTrees&, const TreeNode& node, const Number* row) {
    return static_cast<double>(row[node.what]);
  }
};

struct Hyperplane {
  template <typename Number>
  static double project(const IsolationTrees& trees, const TreeNode& node, const Number* row) {
    const HyperplaneTerm* const terms = trees.terms.data() + node.what * trees.dimensions;
    double sum = 0;
    for (size_t i = 0; i < trees.dimensions; ++i)
      sum += terms[i].weight * (static_cast<double>(row[terms[i].column]) - terms[i].centre);
    return sum;
  }
};

template <typename Split, typename Number>
uint32_t step(const IsolationTrees& trees, uint32_t at, const Number* row) {
  const TreeNode& node = trees.nodes[at];
  return node.left + static_cast<uint32_t>(Split::project(trees, node, row) > node.threshold);
}

// Walks `lanes` rows from `first` on. Written out lane by lane, so that their places stay in
// registers: that is twice as fast as a loop over them.
template <typename Split, size_t... lane, typename Number>
void add_lengths_of_lanes(const IsolationTrees& trees, const IsolationTrees::Tree& tree,
                          const Number* first, size_t columns, double* lengths,
                          std::index_sequence<lane...>) {
  std::array<uint32_t, sizeof...(lane)> at{((void)lane, tree.root)...};
  for (uint32_t depth = 0; depth < tree.depth; ++depth)
    ((at[lane] = step<Split>(trees, at[lane], first + lane * columns)), ...);
  ((lengths[lane] += trees.lengths[at[lane]]), ...);
}

// Adds the path length of each row in `tree`.
template <typename Split, typename Number>
void add_lengths(const IsolationTrees& trees, const IsolationTrees::Tree& tree,
                 MatrixView<Number> rows, double* lengths) {
  const Number* const numbers = rows.numbers().data();
  size_t row = 0;
  for (; row + lanes <= rows.rows(); row += lanes)
    add_lengths_of_lanes<Split>(trees, tree, numbers + row * rows.columns(), rows.columns(),
                                lengths + row, std::make_index_sequence<lanes>());
  for (; row < rows.rows(); ++row)
    add_lengths_of_lanes<Split>(trees, tree, numbers + row * rows.columns(), rows.columns(),
                                lengths + row, std::make_index_sequence<1>());
}

// Adds the path lengths of each row in all trees.
template <typename Number>
void walk(const IsolationTrees& trees, MatrixView<Number> rows, double* lengths) {
  const size_t block = std::max(lanes, block_numbers / rows.columns());
  for (size_t first = 0; first < rows.rows(); first += block) {
    const auto part = rows.rows_from(first, std::min(block, rows.rows() - first));
    for (const IsolationTrees::Tree& tree : trees.trees)
      if (trees.dimensions == 0) {
        add_lengths<Column>(trees, tree, part, lengths + first);
      } else {
        add_lengths<Hyperplane>(trees, tree, part, lengths + first);
      }
  }
}

template <typename Number>
Result<void> check_rows(MatrixView<Number> rows) {
  if (rows.rows() == 0 || rows.columns() == 0)
    return failure("a forest needs at least one row with one column");
  if (rows.rows() > ForestOptions::most_rows || rows.columns() > ForestOptions::most_columns)
    return failure(fmt::format("a forest of {} rows with {} columns: {} with {} are possible",
                               rows.rows(), rows.columns(), ForestOptions::most_rows,
                               ForestOptions::most_columns));
  const auto numbers = rows.numbers();
  const auto good = [](Number x) {
    return std::abs(static_cast<double>(x)) <= ForestOptions::most_number;
  };
  const auto bad = std::ranges::find_if_not(numbers, good);
  if (bad == numbers.end()) return {};
  const auto at = static_cast<size_t>(bad - numbers.begin());
  return failure(
      fmt::format("row {}, column {} of what a forest is to learn from is {}: numbers "
                  "from -1e100 to 1e100 are possible",
                  at / rows.columns(), at % rows.columns(), *bad));
}

}  // namespace

template <typename Number>
Result<IsolationForest> IsolationForest::fit_any(MatrixView<Number> rows,
                                                 const ForestOptions& options) {
  TRY_VOID(options.check());
  TRY_VOID(check_rows(rows));
  IsolationForest forest;
  forest.options_ = options;
  forest.columns_ = rows.columns();
  forest.sample_ = std::min(options.sample, rows.rows());
  if (options.split == ForestSplit::extended) forest.trees_.dimensions = options.dimensions;
  TreeGrower<Number> grower(rows, options, forest.sample_);
  for (size_t tree = 0; tree < options.trees; ++tree)
    grower.grow(forest.trees_, Random(derive(options.seed, tree)));
  // A leaf looks at hyperplane 0 and stays.
  if (forest.trees_.terms.empty()) forest.trees_.terms.resize(forest.trees_.dimensions);
  return forest;
}

template <typename Number>
std::vector<double> IsolationForest::scores_any(MatrixView<Number> rows) const {
  CHECK(rows.columns() == columns_);
  std::vector<double> result(rows.rows());
  if (const auto scoring = IsolationScoring::where_it_pays(trees_, columns_, rows.rows())) {
    scoring->add_lengths(rows, result.data());
  } else {
    walk(trees_, rows, result.data());
  }
  const double expected = mean_path_length(sample_) * static_cast<double>(trees_.trees.size());
  for (double& score : result) score = expected > 0 ? std::exp2(-score / expected) : 0.5;
  return result;
}

Result<IsolationForest> IsolationForest::fit(MatrixView<double> rows,
                                             const ForestOptions& options) {
  return fit_any(rows, options);
}
Result<IsolationForest> IsolationForest::fit(MatrixView<float> rows, const ForestOptions& options) {
  return fit_any(rows, options);
}
std::vector<double> IsolationForest::scores(MatrixView<double> rows) const {
  return scores_any(rows);
}
std::vector<double> IsolationForest::scores(MatrixView<float> rows) const {
  return scores_any(rows);
}

namespace {

// How far the row is off in each column of a hyperplane, as shares of one.
void share_out(std::span<const HyperplaneTerm> terms, std::span<const double> row, double amount,
               std::vector<double>& result) {
  const auto off = [&](const HyperplaneTerm& term) {
    return std::abs(term.weight * (row[term.column] - term.centre));
  };
  double all = 0;
  for (const HyperplaneTerm& term : terms) all += off(term);
  for (const HyperplaneTerm& term : terms)
    result[term.column] += all > 0 && std::isfinite(all)
                               ? amount * off(term) / all
                               : amount / static_cast<double>(terms.size());
}

}  // namespace

std::vector<double> IsolationForest::explain(std::span<const double> row) const {
  CHECK(row.size() == columns_);
  std::vector<double> result(columns_);
  const double expected = mean_path_length(sample_) * static_cast<double>(trees_.trees.size());
  if (!(expected > 0)) return result;
  for (const IsolationTrees::Tree& tree : trees_.trees)
    for (uint32_t at = tree.root; trees_.nodes[at].left != at;) {
      const TreeNode& node = trees_.nodes[at];
      const uint32_t next = trees_.dimensions == 0 ? step<Column>(trees_, at, row.data())
                                                   : step<Hyperplane>(trees_, at, row.data());
      const double shorter = (trees_.lengths[at] - trees_.lengths[next]) / expected;
      if (trees_.dimensions == 0) {
        result[node.what] += shorter;
      } else {
        const std::span<const HyperplaneTerm> terms(trees_.terms);
        share_out(terms.subspan(node.what * trees_.dimensions, trees_.dimensions), row, shorter,
                  result);
      }
      at = next;
    }
  return result;
}

}  // namespace yagura::learn
