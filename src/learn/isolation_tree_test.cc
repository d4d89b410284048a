// SPDX-License-Identifier: Apache-2.0
#include "learn/isolation_tree.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "base/random.h"
#include "learn/evaluation.h"

namespace yagura::learn {
namespace {

TEST(MeanPathLength, IsThatOfThePaper) {
  EXPECT_EQ(mean_path_length(0), 0);
  EXPECT_EQ(mean_path_length(1), 0);
  EXPECT_EQ(mean_path_length(2), 1);
  // 2 (ln 255 + 0.5772156649) - 2 * 255 / 256, by hand; the paper's example rounds it to 10.244
  EXPECT_NEAR(mean_path_length(256), 10.244770920, 1e-8);
}

// Standard deviation of each side times its numbers, cut behind `left` of them.
double pooled(const std::vector<double>& sorted, size_t left) {
  double sum = 0;
  const auto side = [&](auto begin, auto end) {
    const auto count = static_cast<double>(end - begin);
    const double mean = std::accumulate(begin, end, 0.0) / count;
    double squares = 0;
    for (auto it = begin; it != end; ++it) squares += (*it - mean) * (*it - mean);
    sum += std::sqrt(squares / count) * count;
  };
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(left);
  side(sorted.begin(), middle);
  side(middle, sorted.end());
  return sum;
}

TEST(PooledThreshold, CutsWhereTheDeviationsOfBothSidesAreLeast) {
  Random random(1);
  for (int round = 0; round < 200; ++round) {
    std::vector<double> sorted{-1, 30};
    for (uint32_t more = random.below(30); more > 0; --more) sorted.push_back(random.below(30));
    std::ranges::sort(sorted);
    double least = std::numeric_limits<double>::infinity();
    for (size_t left = 1; left < sorted.size(); ++left)
      if (sorted[left - 1] < sorted[left]) least = std::min(least, pooled(sorted, left));
    const double threshold = pooled_threshold(sorted);
    const auto left =
        static_cast<size_t>(std::ranges::upper_bound(sorted, threshold) - sorted.begin());
    EXPECT_NEAR(pooled(sorted, left), least, 1e-9);
    EXPECT_EQ(threshold, (sorted[left - 1] + sorted[left]) / 2);
  }
}

class GrownTreeTest : public ::testing::TestWithParam<ForestSplit> {
 protected:
  static double project(const IsolationTrees& trees, const TreeNode& node,
                        std::span<const double> row) {
    if (trees.dimensions == 0) return row[node.what];
    double sum = 0;
    for (size_t i = 0; i < trees.dimensions; ++i) {
      const HyperplaneTerm& term = trees.terms[node.what * trees.dimensions + i];
      sum += term.weight * (row[term.column] - term.centre);
    }
    return sum;
  }

  // Follows the rows a node was grown from, which are all there are, and checks what it says.
  void check(const IsolationTrees& trees, uint32_t at, const std::vector<size_t>& here,
             uint32_t depth) {
    const TreeNode& node = trees.nodes[at];
    EXPECT_EQ(trees.lengths[at], depth + mean_path_length(here.size()));
    EXPECT_LE(depth, most_depth_);
    if (node.left == at) {
      ++leaves_;
      deepest_ = std::max(deepest_, depth);
      const bool alike = std::ranges::all_of(
          here, [&](size_t row) { return std::ranges::equal(rows_.row(row), rows_.row(here[0])); });
      EXPECT_TRUE(alike || depth == most_depth_);
      return;
    }
    EXPECT_GT(node.left, at);
    std::vector<size_t> sides[2];
    for (const size_t row : here)
      sides[project(trees, node, rows_.row(row)) > node.threshold ? 1 : 0].push_back(row);
    ASSERT_FALSE(sides[0].empty());
    ASSERT_FALSE(sides[1].empty());
    check(trees, node.left, sides[0], depth + 1);
    check(trees, node.left + 1, sides[1], depth + 1);
  }

  Matrix<double> rows_;
  uint32_t most_depth_ = 0, deepest_ = 0;
  size_t leaves_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Splits, GrownTreeTest,
                         ::testing::Values(ForestSplit::plain, ForestSplit::extended,
                                           ForestSplit::guided));

TEST_P(GrownTreeTest, SplitsAllItsRowsUntilTheyAreAloneOrAlikeOrDeepEnough) {
  Random random(5);
  for (const size_t count : {size_t{1}, size_t{2}, size_t{3}, size_t{64}, size_t{100}}) {
    rows_ = Matrix<double>(count, 4, 1.0);  // column 3 stays constant
    for (size_t row = 0; row < count; ++row)
      for (size_t column = 0; column < 3; ++column)
        rows_(row, column) = column == 0 ? random.below(3) : random.unit() * 1e6;
    for (size_t row = 0; row + 1 < count; row += 9)  // duplicates
      std::ranges::copy(rows_.row(row), rows_.row(row + 1).begin());
    ForestOptions options;
    options.split = GetParam();
    IsolationTrees trees;
    if (options.split == ForestSplit::extended) trees.dimensions = options.dimensions;
    TreeGrower<double> grower(rows_.view(), options, count);
    grower.grow(trees, Random(1));
    grower.grow(trees, Random(2));
    most_depth_ = static_cast<uint32_t>(std::ceil(std::log2(count)));
    std::vector<size_t> all(count);
    std::iota(all.begin(), all.end(), 0);
    size_t leaves = 0;
    for (const auto& tree : trees.trees) {
      deepest_ = 0;
      check(trees, tree.root, all, 0);
      EXPECT_EQ(tree.depth, deepest_);
    }
    leaves = leaves_;
    leaves_ = 0;
    EXPECT_EQ(trees.nodes.size(), 2 * leaves - 2);  // of two binary trees
  }
}

TEST(TreeGrower, DrawsEveryRowAndColumnAboutEquallyOften) {
  Matrix<double> rows(20, 5);
  for (size_t i = 0; i < 100; ++i) rows.numbers()[i] = static_cast<double>(i);
  ForestOptions options;
  IsolationTrees trees;
  TreeGrower<double> grower(rows.view(), options, 2);  // a tree of two rows and one split
  std::vector<int> columns(5);
  double sum = 0;
  for (uint64_t i = 0; i < 5000; ++i) {
    grower.grow(trees, Random(derive(1, i)));
    const TreeNode& root = trees.nodes[trees.trees.back().root];
    ++columns[root.what];
    sum += root.threshold - root.what;
  }
  for (const int count : columns) EXPECT_NEAR(count, 1000, 4 * std::sqrt(5000 * 0.2 * 0.8));
  // Between two random rows, so in the middle of all on average: 47.5, with a deviation below 29.
  EXPECT_NEAR(sum / 5000, 47.5, 4 * 29 / std::sqrt(5000));
}

// Between which there is no place for a threshold: the lesser one is it.
TEST(TreeGrower, PartsNumbersThatAreNeighbours) {
  Matrix<double> rows(2, 1);
  rows(0, 0) = std::nextafter(1.0, 2.0);
  rows(1, 0) = std::nextafter(rows(0, 0), 2.0);
  for (const ForestSplit split : {ForestSplit::plain, ForestSplit::guided}) {
    ForestOptions options;
    options.split = split;
    IsolationTrees trees;
    TreeGrower<double> grower(rows.view(), options, 2);
    for (uint64_t i = 0; i < 50; ++i) {
      grower.grow(trees, Random(derive(1, i)));
      const uint32_t root = trees.trees.back().root;
      EXPECT_EQ(trees.nodes[root].threshold, rows(0, 0));
      ASSERT_EQ(trees.nodes.size(), root + 3);
      EXPECT_EQ(trees.lengths[root + 1], 1);
      EXPECT_EQ(trees.lengths[root + 2], 1);
    }
  }
}

TEST(TreeGrower, CutsAGuidedTreeEverySecondTimeWhereItFallsBestInTwo) {
  Matrix<double> rows(40, 1);
  Random random(4);
  for (size_t row = 0; row < 40; ++row) rows(row, 0) = random.unit() + (row < 25 ? 0 : 9);
  std::vector<double> sorted(rows.numbers().begin(), rows.numbers().end());
  std::ranges::sort(sorted);
  const double best = pooled_threshold(sorted);
  EXPECT_TRUE(best > 1 && best < 9);
  ForestOptions options;
  options.split = ForestSplit::guided;
  IsolationTrees trees;
  TreeGrower<double> grower(rows.view(), options, 40);
  int guided = 0;
  for (uint64_t i = 0; i < 1000; ++i) {
    grower.grow(trees, Random(derive(1, i)));
    guided += trees.nodes[trees.trees.back().root].threshold == best ? 1 : 0;
  }
  EXPECT_NEAR(guided, 500, 4 * std::sqrt(1000 * 0.25));
}

TEST(TreeGrower, DrawsAboutNormalWeightsOverTheDeviationAndCentresAtTheMean) {
  Matrix<double> rows(50, 1);
  Random random(6);
  for (double& number : rows.numbers()) number = 100 * random.unit();
  double mean = 0, variance = 0;
  for (const double number : rows.numbers()) mean += number / 50;
  for (const double number : rows.numbers()) variance += (number - mean) * (number - mean) / 50;
  ForestOptions options;
  options.split = ForestSplit::extended;
  options.dimensions = 1;
  IsolationTrees trees;
  trees.dimensions = 1;
  TreeGrower<double> grower(rows.view(), options, 50);
  double sum = 0, squares = 0;
  constexpr int drawn = 2000;
  for (uint64_t i = 0; i < drawn; ++i) {
    grower.grow(trees, Random(derive(1, i)));
    const HyperplaneTerm& term = trees.terms[trees.nodes[trees.trees.back().root].what];
    EXPECT_NEAR(term.centre, mean, 1e-9);
    const double weight = term.weight * std::sqrt(variance);
    sum += weight;
    squares += weight * weight;
  }
  EXPECT_NEAR(sum / drawn, 0, 4 / std::sqrt(drawn));
  EXPECT_NEAR(squares / drawn, 1, 4 * std::sqrt(2.0 / drawn));  // of a normal one's square
}

TEST(TreeGrower, DrawsColumnsUpToTheirSpreadAndNotTheirUnit) {
  // A unit of a million for one column changes neither its hyperplanes' sides nor its weight.
  Random random(3);
  Matrix<double> rows(200, 2), scaled(200, 2);
  for (size_t row = 0; row < 200; ++row) {
    scaled(row, 0) = 1048576 * (rows(row, 0) = random.unit());
    scaled(row, 1) = rows(row, 1) = random.unit();
  }
  ForestOptions options;
  options.split = ForestSplit::extended;
  IsolationTrees one, other;
  one.dimensions = other.dimensions = 2;
  TreeGrower<double>(rows.view(), options, 200).grow(one, Random(1));
  TreeGrower<double>(scaled.view(), options, 200).grow(other, Random(1));
  EXPECT_EQ(one.lengths, other.lengths);
}

}  // namespace
}  // namespace yagura::learn
