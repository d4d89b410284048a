// SPDX-License-Identifier: Apache-2.0
#include "learn/isolation_scoring.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "base/random.h"

namespace yagura::learn {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();
using Width = IsolationScoring::Width;

IsolationTrees grown(const Matrix<double>& rows, const ForestOptions& options) {
  IsolationTrees trees;
  TreeGrower<double> grower(rows.view(), options, std::min(options.sample, rows.rows()));
  for (size_t tree = 0; tree < options.trees; ++tree)
    grower.grow(trees, Random(derive(options.seed, tree)));
  return trees;
}

// The slow obvious twin: one row down one tree after the other.
template <typename Number>
std::vector<double> walked(const IsolationTrees& trees, MatrixView<Number> rows) {
  std::vector<double> lengths(rows.rows());
  for (size_t row = 0; row < rows.rows(); ++row)
    for (const IsolationTrees::Tree& tree : trees.trees) {
      uint32_t at = tree.root;
      while (trees.nodes[at].left != at) {
        const TreeNode& node = trees.nodes[at];
        at = node.left + (static_cast<double>(rows(row, node.what)) > node.threshold ? 1 : 0);
      }
      lengths[row] += trees.lengths[at];
    }
  return lengths;
}

template <typename Number>
void expect_as_walked(const IsolationTrees& trees, MatrixView<Number> rows) {
  const auto scoring = IsolationScoring::prepare(trees, rows.columns());
  ASSERT_TRUE(scoring);
  for (const Width width : {Width::narrow, IsolationScoring::widest()}) {
    std::vector<double> lengths(rows.rows());
    scoring->add_lengths(rows, lengths.data(), width);
    EXPECT_EQ(lengths, walked(trees, rows));
  }
}

// Few different numbers in column 0, so that thresholds recur; one number in column 1.
Matrix<double> mixed(size_t rows, size_t columns) {
  Random random(1);
  Matrix<double> result(rows, columns);
  for (size_t row = 0; row < rows; ++row)
    for (size_t column = 0; column < columns; ++column)
      result(row, column) = column == 0   ? random.below(4)
                            : column == 1 ? 7.0
                                          : random.unit() + random.unit();
  return result;
}

TEST(IsolationScoring, GivesTheSumsOfAWalkToTheLastBit) {
  const Matrix<double> rows = mixed(700, 4);
  for (const ForestSplit split : {ForestSplit::plain, ForestSplit::guided}) {
    ForestOptions options;
    options.split = split;
    expect_as_walked(grown(rows, options), rows.view());
  }
}

TEST(IsolationScoring, TakesAnyNumberOfRows) {
  const Matrix<double> rows = mixed(300, 3);
  const IsolationTrees trees = grown(rows, {});
  for (const size_t count : {0U, 1U, 15U, 17U, 127U, 128U, 129U, 256U, 299U})
    expect_as_walked(trees, rows.view().rows_from(0, count));
}

TEST(IsolationScoring, TakesFloats) {
  const Matrix<double> rows = mixed(300, 3);
  std::vector<float> floats;
  for (const double number : rows.view().numbers()) floats.push_back(static_cast<float>(number));
  expect_as_walked(grown(rows, {}), MatrixView<float>(floats, 300, 3));
}

TEST(IsolationScoring, AddsToWhatIsThere) {
  const Matrix<double> rows = mixed(300, 3);
  const IsolationTrees trees = grown(rows, {});
  std::vector<double> lengths(300, infinity);
  IsolationScoring::prepare(trees, 3)->add_lengths(rows.view(), lengths.data());
  EXPECT_EQ(lengths, std::vector<double>(300, infinity));
}

TEST(IsolationScoring, TakesNaNInfinitiesAndTheThresholdsThemselves) {
  const IsolationTrees trees = grown(mixed(400, 3), {});
  Matrix<double> odd(0, 0);
  for (const TreeNode& node : trees.nodes)
    for (const double number :
         {node.threshold, std::nextafter(node.threshold, infinity), nan, infinity, -infinity, -0.0})
      if (odd.rows() < 5000)
        odd.add_row(std::vector<double>{node.what == 0 ? number : 2, nan,
                                        node.what == 0 ? infinity : number});
  expect_as_walked(trees, odd.view());
}

TEST(IsolationScoring, TakesTreesThatAreOneLeaf) {
  const IsolationTrees trees = grown(Matrix<double>(20, 2, 4.0), {});
  ASSERT_EQ(trees.nodes.size(), 100u);
  expect_as_walked(trees, mixed(30, 2).view());
}

// A complete tree over one column: as many splits and leaves as there can be.
TEST(IsolationScoring, TakesTreesOfUpTo256Leaves) {
  const auto complete = [](uint32_t splits) {
    IsolationTrees trees;
    trees.trees.push_back({0, 9});
    for (uint32_t at = 0; at < 2 * splits + 1; ++at) {
      const bool leaf = at >= splits;
      const double threshold = Random(at).unit();
      trees.nodes.push_back({leaf ? infinity : threshold, 0, leaf ? at : 2 * at + 1});
      trees.lengths.push_back(at);
    }
    return trees;
  };
  expect_as_walked(complete(255), mixed(300, 3).view());
  Matrix<double> rows(500, 1);
  Random random(2);
  for (double& number : rows.numbers()) number = random.unit();
  expect_as_walked(complete(255), rows.view());
  EXPECT_FALSE(IsolationScoring::prepare(complete(256), 1));
}

// Groups that are full, or have one tree more. 46,156 thresholds take 182 groups, hence tables of
// more than 8 MiB: far from more than 16 bits hold.
TEST(IsolationScoring, TakesAsManyThresholdsOfAColumnAsTheTablesHold) {
  const auto stumps = [](size_t count) {
    IsolationTrees trees;
    for (size_t i = 0; i < count; ++i) {
      const auto root = static_cast<uint32_t>(trees.nodes.size());
      trees.trees.push_back({root, 1});
      trees.nodes.push_back({static_cast<double>(i), 0, root + 1});
      trees.nodes.push_back({infinity, 0, root + 1});
      trees.nodes.push_back({infinity, 0, root + 2});
      for (const double length : {0.5, 1.25, static_cast<double>(i)})
        trees.lengths.push_back(length);
    }
    return trees;
  };
  const std::vector<double> numbers = {-1, 0, 1, 253, 254, 255, 256, 509, 510, 511, 70'000, nan};
  const MatrixView<double> rows(numbers, numbers.size(), 1);
  for (const size_t count : {254U, 255U, 256U, 510U, 511U}) expect_as_walked(stumps(count), rows);
  expect_as_walked(stumps(46'155), rows);
  EXPECT_FALSE(IsolationScoring::prepare(stumps(46'156), 1));
}

TEST(IsolationScoring, IsNotForHyperplanes) {
  IsolationTrees trees;
  trees.dimensions = 2;
  EXPECT_FALSE(IsolationScoring::prepare(trees, 2));
}

TEST(IsolationScoring, PaysForManyRowsAndManySplitsAColumn) {
  const IsolationTrees trees = grown(mixed(400, 3), {});
  EXPECT_TRUE(IsolationScoring::where_it_pays(trees, 3, 1024));
  EXPECT_FALSE(IsolationScoring::where_it_pays(trees, 3, 1023));
  EXPECT_FALSE(IsolationScoring::where_it_pays(trees, trees.nodes.size() / 2, 1024));
}

}  // namespace
}  // namespace yagura::learn
