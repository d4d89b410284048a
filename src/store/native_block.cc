// SPDX-License-Identifier: Apache-2.0
#include "store/native_block.h"

#include <fmt/format.h>

#include <algorithm>
#include <new>

namespace yagura::store {
namespace internal {

void GrowingBytes::reserve(size_t capacity) {
  if (capacity <= capacity_) return;
  capacity = std::max(capacity, capacity_ * 2);
  auto* grown = static_cast<uint8_t*>(std::realloc(bytes_.get(), capacity));
  if (grown == nullptr) throw std::bad_alloc();
  static_cast<void>(bytes_.release());  // realloc has freed or moved it
  bytes_.reset(grown);
  capacity_ = capacity;
}

void append_varuint(std::string& out, uint64_t value) {
  while (value >= 0x80) {
    out += static_cast<char>(static_cast<uint8_t>(value) | 0x80);
    value >>= 7;
  }
  out += static_cast<char>(value);
}

void append_text(std::string& out, std::string_view text) {
  append_varuint(out, text.size());
  out.append(text);
}

std::string enum_type(std::span<const std::string_view> names) {
  std::string type = "Enum8(";
  bool first = true;
  for (size_t value = 0; value < names.size(); ++value) {
    if (names[value].empty()) continue;
    type += fmt::format("{}'{}' = {}", first ? "" : ", ", names[value], value);
    first = false;
  }
  return type + ")";
}

}  // namespace internal

Result<void> check_table(Connection& connection, std::string_view table,
                         const std::vector<ColumnDescription>& columns) {
  TRY(const Block known,
      connection.query("SELECT name, type, default_kind FROM system.columns "
                       "WHERE database = currentDatabase() AND table = {table:String}",
                       {{"table", std::string(table)}}));
  if (known.rows == 0) return failure(fmt::format("store: there is no table {}", table));
  const auto find = [&](std::string_view name) {
    const auto& names = known["name"].strings;
    return static_cast<size_t>(std::find(names.begin(), names.end(), name) - names.begin());
  };
  for (const ColumnDescription& column : columns) {
    const size_t row = find(column.name);
    if (row == known.rows) {
      return failure(fmt::format("store: table {} has no column {} (expected {})", table,
                                 column.name, column.type));
    }
    if (known["type"].string_at(row) != column.type) {
      return failure(fmt::format("store: column {} of table {} has the type {}, expected {}",
                                 column.name, table, known["type"].string_at(row), column.type));
    }
  }
  for (size_t row = 0; row < known.rows; ++row) {
    const std::string_view name = known["name"].string_at(row);
    const bool ours = std::any_of(columns.begin(), columns.end(),
                                  [&](const auto& column) { return column.name == name; });
    if (!ours && known["default_kind"].string_at(row).empty()) {
      return failure(
          fmt::format("store: table {} has a column {} that this version of yagura "
                      "does not know",
                      table, name));
    }
  }
  return {};
}

}  // namespace yagura::store
