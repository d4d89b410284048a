// SPDX-License-Identifier: Apache-2.0
//
// Encodes rows into blocks of ClickHouse's Native format, column by column.
//
// On the packet road: a row costs a store per column and a copy per array; buffers grow to the size
// of the largest block and are used again for the next one. The engine reads from them.
#pragma once

#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/ip_address.h"
#include "base/result.h"
#include "store/engine.h"
#include "store/row.h"

namespace yagura::store {

struct ColumnDescription {
  std::string name;
  std::string type;  // as ClickHouse writes it
};

namespace internal {

using BlockPieces = std::vector<std::string_view>;

// Bytes that grow without being cleared first.
class GrowingBytes {
 public:
  uint8_t* data() { return bytes_.get(); }
  size_t capacity() const { return capacity_; }
  std::string_view first(size_t size) const {
    return {reinterpret_cast<const char*>(bytes_.get()), size};
  }
  void reserve(size_t capacity);  // keeps what is there

 private:
  struct Free {
    void operator()(uint8_t* bytes) const { std::free(bytes); }
  };
  std::unique_ptr<uint8_t, Free> bytes_;
  size_t capacity_ = 0;
};

// Appends as Native writes them: a number in 7-bit groups, a text with its length in front.
void append_varuint(std::string& out, uint64_t value);
void append_text(std::string& out, std::string_view text);

// "Enum8('a' = 1, 'b' = 2)"; names that are "" stand for no value.
std::string enum_type(std::span<const std::string_view> names);

template <typename T>
struct SpanElement {
  using type = void;
};
template <typename T>
struct SpanElement<std::span<const T>> {
  using type = T;
};

// The store type that follows from a C++ type.
template <typename T>
std::string type_name(std::span<const std::string_view> names) {
  using Element = typename SpanElement<T>::type;
  if constexpr (!std::is_void_v<Element>) {
    return "Array(" + type_name<Element>(names) + ")";
  } else if constexpr (std::is_enum_v<T>) {
    static_assert(sizeof(T) == 1);
    return enum_type(names);
  } else if constexpr (std::is_same_v<T, IpAddress>) {
    return "IPv6";
  } else if constexpr (std::is_same_v<T, std::string_view>) {
    return "String";
  } else if constexpr (std::is_floating_point_v<T>) {
    return sizeof(T) == 4 ? "Float32" : "Float64";
  } else {
    static_assert(std::is_integral_v<T> && !std::is_same_v<T, bool>);
    return (std::is_signed_v<T> ? "Int" : "UInt") + std::to_string(8 * sizeof(T));
  }
}

// The values of one column of a block. `T` is the row's member type; each kind has the same
// functions. `rows` is the number of rows before this one.
template <typename T>
class ColumnBuffer {
 public:
  static constexpr size_t width = sizeof(T);

  void reserve_rows(size_t rows) { values_.reserve(rows * width); }
  void add(size_t rows, const T& value) {
    uint8_t* const place = values_.data() + rows * width;
    if constexpr (std::is_same_v<T, IpAddress>) {
      value.write_bytes(place);
    } else {
      std::memcpy(place, &value, width);
    }
  }
  size_t encoded_size(size_t rows) const { return rows * width; }
  void encode(size_t rows, BlockPieces& out) const { out.push_back(values_.first(rows * width)); }
  void clear() {}

 private:
  GrowingBytes values_;
};

template <typename Element>
class ColumnBuffer<std::span<const Element>> {
 public:
  void reserve_rows(size_t rows) { offsets_.reserve(rows * sizeof(uint64_t)); }
  void add(size_t rows, std::span<const Element> values) {
    const size_t old_size = elements_ * sizeof(Element);
    const size_t new_size = old_size + values.size_bytes();
    if (new_size > bytes_.capacity()) [[unlikely]]
      bytes_.reserve(new_size);
    uint8_t* const place = bytes_.data() + old_size;
    // Most arrays are short: a loop of known element size beats a call of memcpy.
    if (values.size() <= short_array) {
      for (size_t i = 0; i < values.size(); ++i) {
        std::memcpy(place + i * sizeof(Element), &values[i], sizeof(Element));
      }
    } else {
      std::memcpy(place, values.data(), values.size_bytes());
    }
    elements_ += values.size();
    std::memcpy(offsets_.data() + rows * sizeof(uint64_t), &elements_, sizeof(uint64_t));
  }
  size_t encoded_size(size_t rows) const {
    return rows * sizeof(uint64_t) + elements_ * sizeof(Element);
  }
  void encode(size_t rows, BlockPieces& out) const {
    out.push_back(offsets_.first(rows * sizeof(uint64_t)));
    out.push_back(bytes_.first(elements_ * sizeof(Element)));
  }
  void clear() { elements_ = 0; }

 private:
  static constexpr size_t short_array = 8;
  GrowingBytes offsets_, bytes_;
  uint64_t elements_ = 0;
};

template <>
class ColumnBuffer<std::string_view> {
 public:
  void reserve_rows(size_t) {}
  void add(size_t, std::string_view value) { append_text(encoded_, value); }
  size_t encoded_size(size_t) const { return encoded_.size(); }
  void encode(size_t, BlockPieces& out) const { out.push_back(encoded_); }
  void clear() { encoded_.clear(); }

 private:
  std::string encoded_;
};

template <typename Tuple>
struct BuffersOf;
template <typename Row, typename... Members>
struct BuffersOf<std::tuple<Column<Row, Members>...>> {
  using type = std::tuple<ColumnBuffer<Members>...>;
};

template <typename Row, typename Member>
ColumnDescription describe_column(const Column<Row, Member>& column) {
  return {std::string(column.name),
          column.type.empty() ? type_name<Member>(column.names) : std::string(column.type)};
}

}  // namespace internal

// The columns of `Row` as the store has them.
template <typename Row>
std::vector<ColumnDescription> describe_row() {
  std::vector<ColumnDescription> columns;
  std::apply(
      [&](const auto&... column) { (columns.push_back(internal::describe_column(column)), ...); },
      Row::columns());
  return columns;
}

// Gathers rows and encodes them as one block. Not thread-safe.
template <typename Row>
class NativeBlockWriter {
 public:
  NativeBlockWriter() {
    for (const ColumnDescription& column : describe_row<Row>()) {
      std::string& header = headers_.emplace_back();
      internal::append_text(header, column.name);
      internal::append_text(header, column.type);
    }
  }

  // Copies the row, with its arrays and texts.
  void add(const Row& row) {
    if (rows_ == capacity_) [[unlikely]]
      grow();
    add_columns(row, indices());
    ++rows_;
  }

  size_t rows() const { return rows_; }
  bool empty() const { return rows_ == 0; }
  size_t bytes() const { return encoded_size(indices()); }

  // The rows as one Native block, in pieces that follow each other: the columns as they lie here,
  // since a copy of the whole costs more in fresh pages than the engine's reading of it. Valid
  // until the next call of a function that changes the writer. The rows stay until clear().
  std::span<const std::string_view> finish() {
    counts_.clear();
    internal::append_varuint(counts_, column_count);
    internal::append_varuint(counts_, rows_);
    pieces_ = {counts_};
    encode(indices());
    return pieces_;
  }

  void clear() {
    rows_ = 0;
    std::apply([](auto&... buffer) { (buffer.clear(), ...); }, buffers_);
  }

  // Names, separated by commas, as an INSERT takes them.
  static std::string column_list() {
    std::string list;
    for (const ColumnDescription& column : describe_row<Row>()) {
      if (!list.empty()) list += ", ";
      list += column.name;
    }
    return list;
  }

 private:
  using Columns = decltype(Row::columns());
  static constexpr Columns columns_ = Row::columns();
  static constexpr size_t column_count = std::tuple_size_v<Columns>;
  static constexpr size_t first_capacity = 1024;
  static constexpr auto indices() { return std::make_index_sequence<column_count>(); }

  void grow() {
    // In long strides: room that is not used has no pages, and each move takes fresh ones.
    capacity_ = capacity_ == 0 ? first_capacity : capacity_ * 8;
    std::apply([this](auto&... buffer) { (buffer.reserve_rows(capacity_), ...); }, buffers_);
  }
  template <size_t... I>
  void add_columns(const Row& row, std::index_sequence<I...>) {
    (std::get<I>(buffers_).add(rows_, row.*std::get<I>(columns_).member), ...);
  }
  template <size_t... I>
  size_t encoded_size(std::index_sequence<I...>) const {
    constexpr size_t numbers = 20;  // the two counts at the front, at their longest
    return numbers + ((headers_[I].size() + std::get<I>(buffers_).encoded_size(rows_)) + ...);
  }
  template <size_t... I>
  void encode(std::index_sequence<I...>) {
    ((pieces_.push_back(headers_[I]), std::get<I>(buffers_).encode(rows_, pieces_)), ...);
  }

  typename internal::BuffersOf<Columns>::type buffers_;
  std::vector<std::string> headers_;  // name and type of each column, encoded
  std::string counts_;                // of columns and rows, encoded
  internal::BlockPieces pieces_;
  size_t rows_ = 0;
  size_t capacity_ = 0;
};

// Inserts what `writer` has gathered, if anything, and empties it.
template <typename Row>
Result<void> insert_rows(Connection& connection, NativeBlockWriter<Row>& writer) {
  if (writer.empty()) return {};
  TRY_VOID(connection.insert(Row::table, writer.column_list(), writer.finish()));
  writer.clear();
  return {};
}

struct TableDescription {
  std::string_view name;
  std::vector<ColumnDescription> columns;
};

// Compares the columns of tables in the store with `tables`. Columns that only the store has must
// have a default.
Result<void> check_columns(Connection& connection, const std::vector<TableDescription>& tables);

template <typename... Row>
Result<void> check_schema(Connection& connection) {
  return check_columns(connection, {{Row::table, describe_row<Row>()}...});
}

}  // namespace yagura::store
