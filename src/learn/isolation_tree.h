// SPDX-License-Identifier: Apache-2.0
//
// The trees of an Isolation Forest as they lie in memory, and how one is grown. The trees stand one
// after the other in shared arrays, children behind their parent and side by side, so that walking
// down is an addition and no branch. Values, hence thread-safe to read; deterministic by
// seed, though mean lengths of paths are as the machine's libm has logarithms.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "learn/matrix.h"

namespace yagura::learn {

// How a node is split.
enum class ForestSplit : uint8_t {
  plain,     // a random column at a random place between its least and greatest value
  extended,  // a random hyperplane over `dimensions` standardised columns, at a random place
             // (Hariri, Kind, Brunner 2018, "Extended Isolation Forest")
  guided,    // a random column; at random every second time, else where it falls best in two:
             // where the pooled standard deviation of both sides is least (Cortes 2021, "Revisiting
             // randomized choices in isolation forests", arXiv 2110.13402)
};

struct ForestOptions {
  size_t trees = 100;   // 1 to most_trees
  size_t sample = 256;  // rows a tree is grown from, 1 to most_sample
  ForestSplit split = ForestSplit::plain;
  size_t dimensions = 2;  // columns of a hyperplane, 1 to most_dimensions; of `extended` alone
  uint64_t seed = 1;

  static constexpr size_t most_trees = 10'000;
  static constexpr size_t most_sample = 1 << 16;
  static constexpr size_t most_nodes = 1 << 26;  // of trees that split off one row after the other
  static constexpr size_t most_dimensions = 16;
  static constexpr size_t most_columns = 1 << 20;
  static constexpr size_t most_rows = 1 << 30;
  static constexpr size_t most_depth = 16;      // of trees of the largest sample
  static constexpr double most_number = 1e100;  // its square is far from infinity

  Result<void> check() const;
};

// A split: a number greater than the threshold goes to left + 1, another, or none, to left. A leaf
// is its own left child with an infinite threshold: whoever is there stays.
struct TreeNode {
  double threshold;
  uint32_t what;  // the column, or the hyperplane where there are some
  uint32_t left;
};

// One column's part in a hyperplane: weight * (number - centre).
struct HyperplaneTerm {
  double weight;
  double centre;
  uint32_t column;
};

struct IsolationTrees {
  struct Tree {
    uint32_t root;   // in `nodes`
    uint32_t depth;  // of the deepest leaf
  };

  std::vector<Tree> trees;
  std::vector<TreeNode> nodes;
  std::vector<double> lengths;        // per node: its depth + c(rows of the sample in it)
  std::vector<HyperplaneTerm> terms;  // `dimensions` of them for each hyperplane
  size_t dimensions = 0;              // 0: no hyperplanes
};

// The mean path length of an unsuccessful search in a binary search tree of n rows.
double mean_path_length(size_t n);

// Where to cut sorted numbers, not all the same, so that the standard deviations of both sides,
// weighed by their numbers, add up to the least: the middle of a gap.
double pooled_threshold(std::span<const double> sorted);

// Grows trees from samples of the same rows, one at a time. The rows must outlive it.
template <typename Number>
class TreeGrower {
 public:
  // `sample` of at most rows.rows().
  TreeGrower(MatrixView<Number> rows, const ForestOptions& options, size_t sample);

  // Draws a sample and appends a tree grown from it.
  void grow(IsolationTrees& out, Random random);

 private:
  struct Part {  // of the sample: what a node is grown from
    uint32_t node;
    uint32_t first, count;  // in picked_
    uint32_t depth;
    uint32_t candidates;  // columns not known to be constant here: so many first of columns_
  };

  void draw_sample(Random& random);
  // How `part` is split, its rows' projections left in projected_; nothing if they are all alike.
  std::optional<TreeNode> split(Part& part, Random& random, IsolationTrees& out);
  // Appends a random hyperplane; false, and none, if the rows are all alike.
  bool project_on_hyperplane(Part& part, Random& random, IsolationTrees& out);
  // Moves a random column that is not constant in `part` to columns_[taken], behind those already
  // taken, and its numbers to values_; false if there is none.
  bool draw_column(Part& part, uint32_t taken, Random& random);
  uint32_t partition(const Part& part, double threshold);

  MatrixView<Number> rows_;
  ForestOptions options_;
  size_t sample_;
  uint32_t height_;
  std::vector<double> expected_;    // mean_path_length of 0 to sample
  std::vector<uint32_t> shuffled_;  // all rows; a sample is its front after a partial shuffle
  std::vector<uint32_t> picked_;
  std::vector<uint32_t> columns_;
  std::vector<double> values_, projected_, sorted_;
  std::vector<Part> open_;
};

extern template class TreeGrower<double>;
extern template class TreeGrower<float>;

}  // namespace yagura::learn
