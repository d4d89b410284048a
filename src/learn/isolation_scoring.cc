// SPDX-License-Identifier: Apache-2.0
#include "learn/isolation_scoring.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace yagura::learn {
namespace {

// Rows that are scored together: a line holds a byte for each.
constexpr size_t block = 128;
struct alignas(64) Line {
  std::array<int8_t, block> bytes;
};
using Ranks = std::array<uint16_t, block>;

// Where a forest is worth preparing: it costs as much as walking a few hundred rows, and the ranks
// of a row as much as a hundred splits a column.
constexpr size_t fewest_rows = 1'024;
constexpr size_t fewest_splits_a_column = 128;

int8_t as_byte(size_t rank) { return static_cast<int8_t>(static_cast<int>(rank) - 128); }

// How many of the sorted thresholds x is past: none if it is NaN.
size_t rank_of(double x, std::span<const double> sorted) {
  const double* at = sorted.data();
  for (size_t left = sorted.size(); left > 0;) {
    const size_t half = (left + 1) / 2;
    at += half & -static_cast<size_t>(x > at[half - 1]);  // no branch, which would often miss
    left -= half;
  }
  return static_cast<size_t>(at - sorted.data());
}

// Vectors as g++ and clang know them; as in learn/dense_kernels.cc, the bodies below are compiled
// for two instruction sets, and give the same bytes.
template <size_t width>
struct Lanes {
  typedef int8_t Bytes __attribute__((vector_size(width), may_alias));
};

template <size_t width, size_t... at>
[[gnu::always_inline]] inline void decide(const Line& ranks, int8_t threshold, const Line& left,
                                          const Line& right, Line& result,
                                          std::index_sequence<at...> /*vectors*/) {
  using Bytes = typename Lanes<width>::Bytes;
  const Bytes past = Bytes{} + threshold;
  const auto* const x = reinterpret_cast<const Bytes*>(&ranks);
  const auto* const l = reinterpret_cast<const Bytes*>(&left);
  const auto* const r = reinterpret_cast<const Bytes*>(&right);
  auto* const to = reinterpret_cast<Bytes*>(&result);
  ((to[at] = x[at] > past ? r[at] : l[at]), ...);
}

template <size_t width, typename Split>
[[gnu::always_inline]] inline void decide_all(std::span<const Split> splits, const Line* ranks,
                                              Line* lines) {
  Line* result = lines + IsolationScoring::most_leaves;
  for (const Split& split : splits)
    decide<width>(ranks[split.column], split.rank, lines[split.left], lines[split.right], *result++,
                  std::make_index_sequence<block / width>());
}

template <typename Split>
void decide_narrow(std::span<const Split> splits, const Line* ranks, Line* lines) {
  decide_all<16>(splits, ranks, lines);
}
template <typename Split>
[[gnu::target("avx2")]] void decide_wide(std::span<const Split> splits, const Line* ranks,
                                         Line* lines) {
  decide_all<32>(splits, ranks, lines);
}

size_t end_of(const IsolationTrees& trees, size_t tree) {
  return tree + 1 < trees.trees.size() ? trees.trees[tree + 1].root : trees.nodes.size();
}

}  // namespace

std::optional<IsolationScoring> IsolationScoring::where_it_pays(const IsolationTrees& trees,
                                                                size_t columns, size_t rows) {
  const size_t splits = trees.nodes.size() / 2;
  if (rows < fewest_rows || splits / columns < fewest_splits_a_column) return std::nullopt;
  return prepare(trees, columns);
}

std::optional<IsolationScoring> IsolationScoring::prepare(const IsolationTrees& trees,
                                                          size_t columns) {
  if (trees.dimensions != 0) return std::nullopt;
  for (size_t tree = 0; tree < trees.trees.size(); ++tree)
    if (!fits(trees, tree)) return std::nullopt;
  IsolationScoring result;
  result.thresholds_.resize(columns);
  for (uint32_t at = 0; at < trees.nodes.size(); ++at)
    if (const TreeNode& node = trees.nodes[at]; node.left != at)
      result.thresholds_[node.what].push_back(node.threshold);
  for (std::vector<double>& sorted : result.thresholds_) {
    std::ranges::sort(sorted);
    const auto rest = std::ranges::unique(sorted);
    sorted.erase(rest.begin(), rest.end());
  }
  Thresholds group(columns);  // of the trees from `first` on
  size_t first = 0;
  for (size_t tree = 0; tree < trees.trees.size(); ++tree) {
    if (!add_thresholds(trees, tree, group)) {
      result.add_group(trees, first, tree, group);
      first = tree;
      add_thresholds(trees, tree, group);
    }
    if (result.ranks_.size() > most_table_bytes) return std::nullopt;
  }
  result.add_group(trees, first, trees.trees.size(), group);
  if (result.ranks_.size() > most_table_bytes) return std::nullopt;
  return result;
}

bool IsolationScoring::fits(const IsolationTrees& trees, size_t tree) {
  const size_t root = trees.trees[tree].root, end = end_of(trees, tree);
  size_t leaves = 0;
  for (size_t at = root; at < end; ++at) leaves += trees.nodes[at].left == at;
  return leaves <= most_leaves && end - root - leaves <= most_group_thresholds;
}

bool IsolationScoring::add_thresholds(const IsolationTrees& trees, size_t tree, Thresholds& group) {
  const size_t root = trees.trees[tree].root;
  for (size_t at = root; at < end_of(trees, tree); ++at) {
    const TreeNode& node = trees.nodes[at];
    if (node.left == at) continue;
    if (group[node.what].size() < most_group_thresholds) {
      group[node.what].push_back(node.threshold);
      continue;
    }
    while (at-- > root)  // take back what was added
      if (trees.nodes[at].left != at) group[trees.nodes[at].what].pop_back();
    return false;
  }
  return true;
}

void IsolationScoring::add_group(const IsolationTrees& trees, size_t first, size_t end,
                                 Thresholds& group) {
  const size_t tables = tables_.size();
  for (uint32_t column = 0; column < group.size(); ++column) {
    if (group[column].empty()) continue;
    std::ranges::sort(group[column]);
    tables_.push_back({column, ranks_.size()});
    size_t rank = 0;
    for (const double threshold : thresholds_[column]) {
      ranks_.push_back(as_byte(rank));
      while (rank < group[column].size() && group[column][rank] == threshold) ++rank;
    }
    ranks_.push_back(as_byte(rank));
  }
  for (size_t tree = first; tree < end; ++tree) add_tree(trees, tree, group);
  for (std::vector<double>& each : group) each.clear();
  groups_.push_back(
      {static_cast<uint32_t>(tables_.size() - tables), static_cast<uint32_t>(end - first)});
}

void IsolationScoring::add_tree(const IsolationTrees& trees, size_t tree, const Thresholds& group) {
  const size_t root = trees.trees[tree].root;
  std::array<uint16_t, most_leaves + most_group_thresholds> lines{};
  uint16_t splits = 0, leaves = 0;
  for (size_t at = end_of(trees, tree); at-- > root;) {  // children stand behind their parent
    const TreeNode& node = trees.nodes[at];
    if (node.left == at) {
      leaves_.push_back(trees.lengths[at]);
      lines[at - root] = leaves++;
      continue;
    }
    splits_.push_back({node.what, lines[node.left - root], lines[node.left + 1 - root],
                       as_byte(rank_of(node.threshold, group[node.what]))});
    lines[at - root] = static_cast<uint16_t>(most_leaves + splits++);
  }
  trees_.push_back({splits, leaves});
}

IsolationScoring::Width IsolationScoring::widest() {
  return __builtin_cpu_supports("avx2") ? Width::wide : Width::narrow;
}

struct IsolationScoring::Work {
  explicit Work(size_t columns)
      : ranks(columns), group_ranks(columns), lines(most_leaves + most_group_thresholds) {
    for (size_t leaf = 0; leaf < most_leaves; ++leaf)
      lines[leaf].bytes.fill(static_cast<int8_t>(leaf));
  }

  std::vector<Ranks> ranks;
  std::vector<Line> group_ranks;
  std::vector<Line> lines;
};

template <typename Number>
void IsolationScoring::add_any(MatrixView<Number> rows, double* lengths, Width width) const {
  CHECK(rows.columns() == thresholds_.size());
  Work work(rows.columns());
  for (size_t first = 0; first < rows.rows(); first += block) {
    const auto part = rows.rows_from(first, std::min(block, rows.rows() - first));
    for (size_t column = 0; column < rows.columns(); ++column)
      for (size_t row = 0; row < part.rows(); ++row)
        work.ranks[column][row] = static_cast<uint16_t>(
            rank_of(static_cast<double>(part(row, column)), thresholds_[column]));
    std::array<double, block> sums{};  // those behind the last row are of no row
    std::copy_n(lengths + first, part.rows(), sums.begin());
    add_block(work, sums.data(), width);
    std::copy_n(sums.begin(), part.rows(), lengths + first);
  }
}

void IsolationScoring::add_block(Work& work, double* lengths, Width width) const {
  const auto decide = width == Width::wide ? decide_wide<Split> : decide_narrow<Split>;
  const Table* table = tables_.data();
  const Tree* tree = trees_.data();
  const Split* split = splits_.data();
  const double* leaf = leaves_.data();
  for (const Group& group : groups_) {
    for (const Table* const end = table + group.tables; table != end; ++table) {
      const Ranks& ranks = work.ranks[table->column];
      Line& group_ranks = work.group_ranks[table->column];
      for (size_t row = 0; row < block; ++row)
        group_ranks.bytes[row] = ranks_[table->first + ranks[row]];
    }
    for (const Tree* const end = tree + group.trees; tree != end; ++tree) {
      decide(std::span(split, tree->splits), work.group_ranks.data(), work.lines.data());
      // The root comes last: a split, or the only leaf.
      const Line& reached = work.lines[tree->splits == 0 ? 0 : most_leaves + tree->splits - 1];
      for (size_t row = 0; row < block; ++row)
        lengths[row] += leaf[static_cast<uint8_t>(reached.bytes[row])];
      split += tree->splits;
      leaf += tree->leaves;
    }
  }
}

void IsolationScoring::add_lengths(MatrixView<double> rows, double* lengths, Width width) const {
  add_any(rows, lengths, width);
}
void IsolationScoring::add_lengths(MatrixView<float> rows, double* lengths, Width width) const {
  add_any(rows, lengths, width);
}

}  // namespace yagura::learn
