// SPDX-License-Identifier: Apache-2.0
#include "app/sql_text.h"

#include <fmt/format.h>

#include "base/table.h"
#include "base/text.h"

namespace yagura::app {

bool is_number_type(std::string_view type) {
  for (const std::string_view wrapper : {"LowCardinality(", "Nullable("})
    if (type.starts_with(wrapper)) type.remove_prefix(wrapper.size());
  return type.starts_with("UInt") || type.starts_with("Int") || type.starts_with("Float") ||
         type.starts_with("Decimal");
}

std::string sql_csv_header(const store::Block& block) {
  std::string out;
  for (size_t c = 0; c < block.columns.size(); ++c)
    out += (c == 0 ? "" : ",") + csv_field(block.columns[c].name);
  return out + "\r\n";
}

std::string sql_csv_row(const store::Block& block, size_t row) {
  std::string out;
  for (size_t c = 0; c < block.columns.size(); ++c) {
    const store::ColumnData& column = block.columns[c];
    const std::string text = column.text_at(row);
    // Numbers never need quotes; what came from outside may.
    out += (c == 0 ? "" : ",") + (is_number_type(column.type) ? text : csv_field(text));
  }
  return out + "\r\n";
}

std::string sql_json_row(const store::Block& block, size_t row) {
  std::string out = "{";
  for (size_t c = 0; c < block.columns.size(); ++c)
    out += fmt::format("{}{}: {}", c == 0 ? "" : ", ", json_quote(block.columns[c].name),
                       block.columns[c].json_at(row));
  return out + "}";
}

}  // namespace yagura::app
