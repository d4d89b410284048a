// SPDX-License-Identifier: Apache-2.0
#include "learn/folds.h"

#include <algorithm>
#include <numeric>
#include <string_view>
#include <unordered_set>

#include "base/random.h"

namespace yagura::learn {
namespace {

static_assert(sizeof(SparseEntry) == sizeof(uint32_t) + sizeof(float));

// An entry has no padding: equal rows are equal bytes (and 0 is never told from -0 by a caller).
std::string_view bytes_of(std::span<const SparseEntry> row) {
  return {reinterpret_cast<const char*>(row.data()), row.size_bytes()};
}

}  // namespace

void shuffle(std::span<uint32_t> order, uint64_t seed) {
  Random random(seed);
  for (size_t i = order.size(); i > 1; --i)
    std::swap(order[i - 1], order[random.below(static_cast<uint32_t>(i))]);
}

std::vector<uint32_t> stratified_folds(std::span<const uint8_t> labels, uint32_t folds,
                                       uint64_t seed) {
  CHECK(folds > 0);
  std::vector<uint32_t> order(labels.size());
  std::iota(order.begin(), order.end(), 0U);
  shuffle(order, seed);
  // Dealt out in turn, one label after the other.
  std::stable_sort(order.begin(), order.end(),
                   [&](uint32_t a, uint32_t b) { return labels[a] < labels[b]; });
  std::vector<uint32_t> fold_of_row(labels.size());
  for (size_t i = 0; i < order.size(); ++i)
    fold_of_row[order[i]] = static_cast<uint32_t>(i % folds);
  return fold_of_row;
}

Split split_by(std::span<const uint32_t> fold_of_row, uint32_t test_fold) {
  Split split;
  for (uint32_t i = 0; i < fold_of_row.size(); ++i)
    (fold_of_row[i] == test_fold ? split.test : split.fit).push_back(i);
  return split;
}

std::vector<uint32_t> distinct_rows(const SparseRows& rows) {
  std::unordered_set<std::string_view> seen;
  std::vector<uint32_t> first;
  for (uint32_t i = 0; i < rows.rows(); ++i)
    if (seen.insert(bytes_of(rows.row(i))).second) first.push_back(i);
  return first;
}

size_t copies_in_fit(const SparseRows& rows, const Split& split) {
  std::unordered_set<std::string_view> fitted;
  for (const uint32_t i : split.fit) fitted.insert(bytes_of(rows.row(i)));
  size_t copies = 0;
  for (const uint32_t i : split.test) copies += fitted.count(bytes_of(rows.row(i)));
  return copies;
}

SparseRows picked(const SparseRows& rows, std::span<const uint32_t> wanted) {
  SparseRows result(rows.columns());
  for (const uint32_t i : wanted) result.add_row(rows.row(i));
  return result;
}

std::vector<uint8_t> picked(std::span<const uint8_t> labels, std::span<const uint32_t> wanted) {
  std::vector<uint8_t> result;
  for (const uint32_t i : wanted) result.push_back(labels[i]);
  return result;
}

}  // namespace yagura::learn
