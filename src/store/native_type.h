// SPDX-License-Identifier: Apache-2.0
//
// The ClickHouse types that a result column can have; private to this room.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace yagura::store {

enum class Kind : uint8_t {
  unsigned_integer,
  signed_integer,
  boolean,
  real,
  date,       // days since the epoch
  date_time,  // seconds, or fractions of them, since the epoch
  enumeration,
  ipv4,
  ipv6,
  string,
  fixed_string,
};

struct NativeType {
  Kind kind = Kind::string;
  size_t width = 0;  // bytes of a value; 0 for String
  int decimals = 0;  // of a DateTime64
  bool nullable = false;
  bool array = false;
  std::vector<std::pair<int64_t, std::string>> names = {};  // of an Enum

  bool is_text() const { return kind == Kind::string || kind == Kind::fixed_string; }
};

// Reads a type as ClickHouse writes it; none if ColumnData cannot hold it.
std::optional<NativeType> parse_native_type(std::string_view text);

inline bool is_readable_type(std::string_view text) { return parse_native_type(text).has_value(); }

}  // namespace yagura::store
