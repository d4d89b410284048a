// SPDX-License-Identifier: Apache-2.0
#include "store/native_block.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <new>

namespace yagura::store {
namespace internal {

void GrowingBytes::reserve(size_t capacity) {
  if (capacity <= capacity_) return;
  capacity = std::max(capacity, capacity_ * 4);  // what is not used has no pages
  uint8_t* const held = bytes_.release();
  auto* grown = static_cast<uint8_t*>(std::realloc(held, capacity));
  bytes_.reset(grown == nullptr ? held : grown);
  if (grown == nullptr) throw std::bad_alloc();
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

namespace {

struct StoredColumn {
  std::string_view name, type;
  bool has_default = false;
};

Result<void> check_table(const TableDescription& table, const std::vector<StoredColumn>& stored) {
  if (stored.empty()) return failure(fmt::format("store: there is no table {}", table.name));
  for (const ColumnDescription& column : table.columns) {
    const auto found = std::ranges::find(stored, column.name, &StoredColumn::name);
    if (found == stored.end()) {
      return failure(fmt::format("store: table {} has no column {} (expected {})", table.name,
                                 column.name, column.type));
    }
    if (found->type != column.type) {
      return failure(fmt::format("store: column {} of table {} has the type {}, expected {}",
                                 column.name, table.name, found->type, column.type));
    }
  }
  for (const StoredColumn& column : stored) {
    const bool ours = std::ranges::find(table.columns, column.name, &ColumnDescription::name) !=
                      table.columns.end();
    if (!ours && !column.has_default) {
      return failure(
          fmt::format("store: table {} has a column {} that this version of yagura "
                      "does not know",
                      table.name, column.name));
    }
  }
  return {};
}

}  // namespace

Result<void> check_columns(Connection& connection, const std::vector<TableDescription>& tables) {
  // All at once: a question costs 4 ms, the answer next to nothing.
  TRY(const Block known,
      connection.query("SELECT table, name, type, default_kind FROM system.columns "
                       "WHERE database = currentDatabase()"));
  std::map<std::string_view, std::vector<StoredColumn>> stored;
  for (size_t row = 0; row < known.rows; ++row) {
    stored[known["table"].string_at(row)].push_back(
        {known["name"].string_at(row), known["type"].string_at(row),
         !known["default_kind"].string_at(row).empty()});
  }
  for (const TableDescription& table : tables) TRY_VOID(check_table(table, stored[table.name]));
  return {};
}

}  // namespace yagura::store
