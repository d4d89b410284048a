// SPDX-License-Identifier: Apache-2.0
#include "learn/isolation_tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <span>
#include <utility>

namespace yagura::learn {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// About normal, mean 0 and variance 1, by the sum of twelve uniform numbers: exact arithmetic, so
// the same on every machine.
double about_normal(Random& random) {
  double sum = -6;
  for (int i = 0; i < 12; ++i) sum += random.unit();
  return sum;
}

struct Moments {
  double mean = 0, deviation = 0;
};
Moments moments(std::span<const double> values) {
  const auto count = static_cast<double>(values.size());
  Moments result;
  for (const double value : values) result.mean += value / count;
  for (const double value : values) {
    const double off = value - result.mean;
    result.deviation += off * off / count;
  }
  result.deviation = std::sqrt(result.deviation);
  return result;
}

}  // namespace

Result<void> ForestOptions::check() const {
  const auto within = [](size_t value, size_t most) { return value >= 1 && value <= most; };
  if (!within(trees, most_trees))
    return failure(fmt::format("a forest of {} trees: 1 to {} are possible", trees, most_trees));
  if (!within(sample, most_sample))
    return failure(
        fmt::format("a forest with samples of {} rows: 1 to {} are possible", sample, most_sample));
  if (trees * sample * 2 > most_nodes)
    return failure(
        fmt::format("a forest of {} trees with samples of {} rows is too large: their "
                    "product may be {}",
                    trees, sample, most_nodes / 2));
  if (!within(dimensions, most_dimensions))
    return failure(fmt::format("a forest with hyperplanes of {} columns: 1 to {} are possible",
                               dimensions, most_dimensions));
  if (split > ForestSplit::guided) return failure("a forest with an unknown kind of split");
  return {};
}

double mean_path_length(size_t n) {
  if (n < 2) return 0;
  if (n == 2) return 1;
  const auto count = static_cast<double>(n);
  return 2 * (std::log(count - 1) + 0.5772156649015329) - 2 * (count - 1) / count;
}

double pooled_threshold(std::span<const double> sorted) {
  // Shifted and scaled to [0, 1], so that sums of squares keep their digits.
  const double least = sorted.front(), range = sorted.back() - least;
  double right_sum = 0, right_squares = 0;
  for (const double value : sorted) {
    const double x = (value - least) / range;
    right_sum += x;
    right_squares += x * x;
  }
  const auto spread = [](double count, double sum, double squares) {
    return std::sqrt(std::max(0.0, squares * count - sum * sum));  // count * deviation
  };
  double left_sum = 0, left_squares = 0, best = infinity;
  size_t best_at = 0;
  for (size_t i = 0; i + 1 < sorted.size(); ++i) {
    const double x = (sorted[i] - least) / range;
    left_sum += x;
    left_squares += x * x;
    if (sorted[i] == sorted[i + 1]) continue;
    const auto left = static_cast<double>(i + 1), right = static_cast<double>(sorted.size()) - left;
    const double pooled = spread(left, left_sum, left_squares) +
                          spread(right, right_sum - left_sum, right_squares - left_squares);
    if (pooled < best) {
      best = pooled;
      best_at = i;
    }
  }
  return std::midpoint(sorted[best_at], sorted[best_at + 1]);
}

template <typename Number>
TreeGrower<Number>::TreeGrower(MatrixView<Number> rows, const ForestOptions& options, size_t sample)
    : rows_(rows),
      options_(options),
      sample_(sample),
      height_(static_cast<uint32_t>(std::bit_width(sample - 1))),
      shuffled_(rows.rows()),
      picked_(sample),
      columns_(rows.columns()),
      values_(sample),
      projected_(sample),
      sorted_(sample) {
  std::iota(shuffled_.begin(), shuffled_.end(), 0);
  std::iota(columns_.begin(), columns_.end(), 0);
  for (size_t n = 0; n <= sample; ++n) expected_.push_back(mean_path_length(n));
}

template <typename Number>
void TreeGrower<Number>::draw_sample(Random& random) {
  const auto rows = static_cast<uint32_t>(shuffled_.size());
  for (uint32_t i = 0; i < sample_; ++i)
    std::swap(shuffled_[i], shuffled_[i + random.below(rows - i)]);
  std::copy_n(shuffled_.begin(), sample_, picked_.begin());
}

template <typename Number>
void TreeGrower<Number>::grow(IsolationTrees& out, Random random) {
  draw_sample(random);
  const auto root = static_cast<uint32_t>(out.nodes.size());
  out.trees.push_back({root, 0});
  out.nodes.emplace_back();
  out.lengths.emplace_back();
  open_.push_back(
      {root, 0, static_cast<uint32_t>(sample_), 0, static_cast<uint32_t>(columns_.size())});
  while (!open_.empty()) {
    Part part = open_.back();
    open_.pop_back();
    out.lengths[part.node] = part.depth + expected_[part.count];
    out.trees.back().depth = std::max(out.trees.back().depth, part.depth);
    TreeNode node{infinity, 0, part.node};
    std::optional<TreeNode> parted;
    if (part.count > 1 && part.depth < height_) parted = split(part, random, out);
    if (parted) {
      node = *parted;
      node.left = static_cast<uint32_t>(out.nodes.size());
      out.nodes.resize(node.left + 2);
      out.lengths.resize(node.left + 2);
      const uint32_t left = partition(part, node.threshold);
      open_.push_back(
          {node.left + 1, part.first + left, part.count - left, part.depth + 1, part.candidates});
      open_.push_back({node.left, part.first, left, part.depth + 1, part.candidates});
    }
    out.nodes[part.node] = node;
  }
}

template <typename Number>
std::optional<TreeNode> TreeGrower<Number>::split(Part& part, Random& random, IsolationTrees& out) {
  TreeNode node{};
  if (options_.split == ForestSplit::extended) {
    node.what = static_cast<uint32_t>(out.terms.size() / out.dimensions);
    if (!project_on_hyperplane(part, random, out)) return std::nullopt;
  } else {
    if (!draw_column(part, 0, random)) return std::nullopt;
    node.what = columns_[0];
    projected_.swap(values_);
  }
  const std::span<const double> projected(projected_.data(), part.count);
  const auto [least, greatest] = std::ranges::minmax(projected);
  if (!(least < greatest)) {  // a hyperplane's columns may cancel each other out
    out.terms.resize(node.what * out.dimensions);
    return std::nullopt;
  }
  if (options_.split == ForestSplit::guided && random.one_in(2)) {
    std::ranges::copy(projected, sorted_.begin());
    std::sort(sorted_.begin(), sorted_.begin() + part.count);
    node.threshold = pooled_threshold({sorted_.data(), part.count});
  } else {
    node.threshold = least + random.unit() * (greatest - least);
  }
  // Rounding must not leave a side empty.
  if (node.threshold < least || node.threshold >= greatest) node.threshold = least;
  return node;
}

template <typename Number>
bool TreeGrower<Number>::draw_column(Part& part, uint32_t taken, Random& random) {
  while (part.candidates > taken) {
    const uint32_t at = taken + random.below(part.candidates - taken);
    const uint32_t column = columns_[at];
    bool constant = true;
    for (uint32_t i = 0; i < part.count; ++i) {
      values_[i] = static_cast<double>(rows_(picked_[part.first + i], column));
      constant &= values_[i] == values_[0];
    }
    if (!constant) {
      std::swap(columns_[at], columns_[taken]);
      return true;
    }
    std::swap(columns_[at], columns_[--part.candidates]);
  }
  return false;
}

template <typename Number>
bool TreeGrower<Number>::project_on_hyperplane(Part& part, Random& random, IsolationTrees& out) {
  std::fill_n(projected_.begin(), part.count, 0.0);
  for (uint32_t taken = 0; taken < out.dimensions; ++taken) {
    if (!draw_column(part, taken, random)) {
      if (taken == 0) return false;
      // Fewer columns differ than a hyperplane has: the rest of it weighs nothing.
      out.terms.push_back({0, 0, columns_[0]});
      continue;
    }
    const Moments column = moments({values_.data(), part.count});
    const double weight = column.deviation > 0 ? about_normal(random) / column.deviation : 0;
    out.terms.push_back({weight, column.mean, columns_[taken]});
    for (uint32_t i = 0; i < part.count; ++i) projected_[i] += weight * (values_[i] - column.mean);
  }
  return true;
}

template <typename Number>
uint32_t TreeGrower<Number>::partition(const Part& part, double threshold) {
  uint32_t* const picked = picked_.data() + part.first;
  uint32_t left = 0;
  for (uint32_t i = 0; i < part.count; ++i)
    if (!(projected_[i] > threshold)) {
      std::swap(projected_[i], projected_[left]);
      std::swap(picked[i], picked[left++]);
    }
  return left;
}

template class TreeGrower<double>;
template class TreeGrower<float>;

}  // namespace yagura::learn
