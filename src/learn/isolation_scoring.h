// SPDX-License-Identifier: Apache-2.0
//
// Path lengths of many rows in the trees of a forest whose splits look at one column each: the same
// sums as walking down each tree, to the last bit, several times faster.
//
// Nothing is walked. A number is first replaced by its rank among all thresholds of its column: on
// which side of each it is follows from that alone. Trees are then taken in groups in which no
// column has more than 255 thresholds, so that a table gives the rank within the group, a byte; and
// every split of a tree is decided for many rows by one instruction, from the leaves up: a row
// leads where the right child leads it if its rank is past the threshold's, else where the left one
// does. These are more decisions than a walk makes (a tree of 256 rows has 50 to 100 splits, a walk
// 8 steps), but 16 or 32 cost as much as one, and none waits for memory.
//
// A value that does not refer to the trees once it is made; thread-safe to share.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "learn/isolation_tree.h"
#include "learn/matrix.h"

namespace yagura::learn {

class IsolationScoring {
 public:
  // Nothing where walking is the better way: few rows, few splits a column (then most of the time
  // would go into ranks), or a forest past the limits below.
  static std::optional<IsolationScoring> where_it_pays(const IsolationTrees& trees, size_t columns,
                                                       size_t rows);
  // Nothing for a forest with hyperplanes or past the limits.
  static std::optional<IsolationScoring> prepare(const IsolationTrees& trees, size_t columns);

  // Instructions for 16 rows, which every x86-64-v2 has, or AVX2's for 32. Both give the same bits.
  enum class Width : uint8_t { narrow, wide };
  static Width widest();  // of this machine

  // Adds to each row's length those of its leaves, tree after tree.
  void add_lengths(MatrixView<double> rows, double* lengths, Width width = widest()) const;
  void add_lengths(MatrixView<float> rows, double* lengths, Width width = widest()) const;

  static constexpr size_t most_leaves = 256;            // of a tree
  static constexpr size_t most_group_thresholds = 255;  // of a column in a group
  // Of all groups. A column of n thresholds takes n / 255 groups and n bytes in each, so ranks fit
  // in 16 bits.
  static constexpr size_t most_table_bytes = 8 << 20;

 private:
  // Lines 0 to most_leaves - 1 are the leaves, the next ones the splits before this one.
  struct Split {
    uint32_t column;
    uint16_t left, right;  // lines
    int8_t rank;           // of the threshold in the group, less 128
  };
  // Of each of these arrays in turn, how many elements are of this tree or group.
  struct Tree {
    uint32_t splits, leaves;
  };
  struct Group {
    uint32_t tables, trees;
  };
  // From a column's ranks to those in the group, less 128.
  struct Table {
    uint32_t column;
    size_t first;  // in ranks_
  };
  struct Work;                                          // arrays that a block of rows is scored in
  using Thresholds = std::vector<std::vector<double>>;  // of each column

  // Whether the tree keeps the limits.
  static bool fits(const IsolationTrees& trees, size_t tree);
  // Adds the tree's thresholds to those of a group, or none and false if they are too many.
  static bool add_thresholds(const IsolationTrees& trees, size_t tree, Thresholds& group);
  void add_group(const IsolationTrees& trees, size_t first, size_t end, Thresholds& group);
  void add_tree(const IsolationTrees& trees, size_t tree, const Thresholds& group);
  template <typename Number>
  void add_any(MatrixView<Number> rows, double* lengths, Width width) const;
  // Adds the lengths of a block of rows, given the ranks of their numbers, column after column.
  void add_block(Work& work, double* lengths, Width width) const;

  Thresholds thresholds_;  // sorted
  std::vector<Group> groups_;
  std::vector<Table> tables_;
  std::vector<int8_t> ranks_;
  std::vector<Tree> trees_;
  std::vector<Split> splits_;
  std::vector<double> leaves_;  // their lengths
};

}  // namespace yagura::learn
