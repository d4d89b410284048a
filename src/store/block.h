// SPDX-License-Identifier: Apache-2.0
//
// A result block of the store, decoded from ClickHouse's Native format.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip_address.h"
#include "base/result.h"

namespace yagura::store {

struct NativeType;  // native_type.h

// The types Yagura's queries return. Nullable(T) keeps `nulls`; LowCardinality is asked for as its
// base type. Decimal, UUID, Map, Tuple and others arrive as text (the engine casts them).
struct ColumnData {
  std::string name;
  std::string type;  // as ClickHouse writes it: "Array(UInt16)"

  // Raw little-endian values, one after the other, for fixed-size types (Array: the elements).
  std::vector<uint8_t> values;
  std::vector<std::string> strings;          // for String and FixedString (Array: the elements)
  std::vector<uint64_t> offsets;             // for Array: end of each row's elements
  std::vector<uint8_t> nulls;                // for Nullable: 1 = null
  std::shared_ptr<const NativeType> parsed;  // `type` understood; set by decode_native

  // Typed views; the type must be the column's own width (CHECKed).
  template <typename T>
  std::span<const T> as() const;
  uint64_t unsigned_at(size_t row) const;  // any integer, Date, DateTime or Enum column
  int64_t signed_at(size_t row) const;
  double number_at(size_t row) const;      // any integer or float
  IpAddress address_at(size_t row) const;  // IPv6, IPv4
  std::string_view string_at(size_t row) const;
  // The elements of an array row, of the element's own width.
  template <typename T>
  std::span<const T> elements_at(size_t row) const {
    const uint64_t from = row == 0 ? 0 : offsets[row - 1];
    return as<T>().subspan(from, offsets[row] - from);
  }
  // The same as other types.
  std::vector<uint64_t> unsigned_array_at(size_t row) const;
  std::vector<IpAddress> address_array_at(size_t row) const;
  std::vector<std::string> string_array_at(size_t row) const;

  // As a person reads it: addresses dotted, times ISO, enums by name, arrays in brackets; null "".
  std::string text_at(size_t row) const;
  // As a JSON value (numbers bare, times and addresses as strings, arrays as arrays, null).
  std::string json_at(size_t row) const;
};

struct Block {
  std::vector<ColumnData> columns;
  size_t rows = 0;

  // By name; CHECKs that it is there (the name stands in our own SQL). The engine sends no header
  // with an empty result: there every name gives an empty column.
  const ColumnData& operator[](std::string_view name) const;
  // The strings of a column that is there, to be taken out.
  std::vector<std::string>& strings(std::string_view name);
};

// Decodes one or more Native blocks laid end to end; blocks of the same columns are joined.
// Malformed bytes are an error with their offset.
Result<Block> decode_native(std::string_view bytes);

}  // namespace yagura::store
