// SPDX-License-Identifier: Apache-2.0
//
// Rows that are zero almost everywhere, such as which of thousands of tokens an application uses:
// only what is not zero is kept. Values; sharing one for reading is thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/result.h"

namespace yagura::learn {

struct SparseEntry {
  uint32_t column = 0;
  float value = 0;
};

class SparseRows {
 public:
  // `columns` at most 2^32.
  explicit SparseRows(size_t columns) : columns_(columns) {}

  size_t rows() const { return starts_.size() - 1; }
  size_t columns() const { return columns_; }
  std::span<const SparseEntry> row(size_t i) const {
    return std::span(entries_).subspan(starts_[i], starts_[i + 1] - starts_[i]);
  }
  // Appends a row. Columns are below columns(), in any order; one given twice counts as the sum.
  void add_row(std::span<const SparseEntry> entries) {
    for (const SparseEntry& entry : entries) CHECK(entry.column < columns_);
    entries_.insert(entries_.end(), entries.begin(), entries.end());
    starts_.push_back(entries_.size());
  }

 private:
  std::vector<SparseEntry> entries_;
  std::vector<size_t> starts_{0};
  size_t columns_ = 0;
};

}  // namespace yagura::learn
