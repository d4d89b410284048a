// SPDX-License-Identifier: Apache-2.0
//
// Rows dealt into parts, to judge a model by rows that it was not fitted to.
//
// Where rows occur more than once, dealing them out at random leaves copies of test rows among
// those fitted, and a model that merely remembers looks good: see copies_in_fit, and distinct_rows,
// which takes the copies out. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "learn/sparse_rows.h"

namespace yagura::learn {

// Puts numbers into an order by chance (Fisher and Yates).
void shuffle(std::span<uint32_t> order, uint64_t seed);

// The fold, below `folds`, of each row: every fold gets its share of each label, to within one row.
std::vector<uint32_t> stratified_folds(std::span<const uint8_t> labels, uint32_t folds,
                                       uint64_t seed);

struct Split {
  std::vector<uint32_t> fit, test;  // rows, ascending
};
Split split_by(std::span<const uint32_t> fold_of_row, uint32_t test_fold);

// The first row of each set of equal rows, ascending. Rows are equal if their entries are, in
// order.
std::vector<uint32_t> distinct_rows(const SparseRows& rows);

// How many of the test rows equal a row of the fit.
size_t copies_in_fit(const SparseRows& rows, const Split& split);

SparseRows picked(const SparseRows& rows, std::span<const uint32_t> wanted);
std::vector<uint8_t> picked(std::span<const uint8_t> labels, std::span<const uint32_t> wanted);

}  // namespace yagura::learn
