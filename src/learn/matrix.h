// SPDX-License-Identifier: Apache-2.0
//
// Numbers in rows and columns, as the algorithms of this room take and give them: row after row, no
// gaps. A MatrixView does not own what it shows. Values; sharing one for reading is thread-safe.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/result.h"

namespace yagura::learn {

template <typename Number>
class MatrixView {
 public:
  MatrixView() = default;
  // `numbers` holds `rows` times `columns` of them and outlives the view.
  MatrixView(std::span<const Number> numbers, size_t rows, size_t columns)
      : numbers_(numbers), rows_(rows), columns_(columns) {
    CHECK(numbers.size() == rows * columns);
  }

  size_t rows() const { return rows_; }
  size_t columns() const { return columns_; }
  std::span<const Number> numbers() const { return numbers_; }
  std::span<const Number> row(size_t i) const { return numbers_.subspan(i * columns_, columns_); }
  Number operator()(size_t row, size_t column) const { return numbers_[row * columns_ + column]; }
  // The rows from `first` on, `count` of them.
  MatrixView rows_from(size_t first, size_t count) const {
    return {numbers_.subspan(first * columns_, count * columns_), count, columns_};
  }

 private:
  std::span<const Number> numbers_;
  size_t rows_ = 0;
  size_t columns_ = 0;
};

template <typename Number>
class Matrix {
 public:
  Matrix() = default;
  Matrix(size_t rows, size_t columns, Number value = {})
      : numbers_(rows * columns, value), rows_(rows), columns_(columns) {}

  size_t rows() const { return rows_; }
  size_t columns() const { return columns_; }
  std::span<Number> numbers() { return numbers_; }
  std::span<const Number> numbers() const { return numbers_; }
  std::span<Number> row(size_t i) { return numbers().subspan(i * columns_, columns_); }
  std::span<const Number> row(size_t i) const { return numbers().subspan(i * columns_, columns_); }
  Number& operator()(size_t row, size_t column) { return numbers_[row * columns_ + column]; }
  Number operator()(size_t row, size_t column) const { return numbers_[row * columns_ + column]; }
  // Appends a row; the first one says how many columns there are.
  void add_row(std::span<const Number> row) {
    if (rows_ == 0) columns_ = row.size();
    CHECK(row.size() == columns_);
    numbers_.insert(numbers_.end(), row.begin(), row.end());
    ++rows_;
  }
  MatrixView<Number> view() const { return {numbers_, rows_, columns_}; }

 private:
  std::vector<Number> numbers_;
  size_t rows_ = 0;
  size_t columns_ = 0;
};

}  // namespace yagura::learn
