// SPDX-License-Identifier: Apache-2.0
//
// Words as the columns of a sparse row, without a list of words: a word's hash says which column it
// is, and with which sign (Weinberger et al. 2009). Words that were never seen have a column as
// well; two words may share one, and signs keep what they add to each other at 0 on average.
//
// The columns are the same on every machine (XXH3). Pure, hence thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "learn/sparse_rows.h"

namespace yagura::learn {

class HashedFeatures {
 public:
  // `columns` is a power of two, from 2 to 2^22. Another seed deals words out in another way.
  explicit HashedFeatures(uint32_t columns, uint64_t seed = 0);

  uint32_t columns() const { return columns_; }
  // Where a word counts, by 1 or -1.
  SparseEntry entry(std::string_view word) const;
  // The row of a set of words: each counts once, however often it is given. In order of columns.
  // For whoever has no list of words: benches; the application model has one and takes entries.
  std::vector<SparseEntry> row(std::span<const std::string_view> words) const;

 private:
  SparseEntry entry_of(uint64_t hash) const;

  uint32_t columns_;
  uint64_t seed_;
};

}  // namespace yagura::learn
