// SPDX-License-Identifier: Apache-2.0
#include "store/size.h"

#include <fmt/format.h>

namespace yagura::store {

Result<std::vector<TableSize>> table_sizes(Connection& connection) {
  TRY(const Block block,
      connection.query("SELECT t.name AS table, sum(p.rows) AS rows, "
                       "sum(p.bytes_on_disk) AS bytes, countIf(p.name != '') AS parts "
                       "FROM system.tables AS t LEFT JOIN system.parts AS p "
                       "ON p.database = t.database AND p.table = t.name AND p.active "
                       "WHERE t.database = currentDatabase() "
                       "GROUP BY table ORDER BY bytes DESC, table"));
  std::vector<TableSize> sizes;
  for (size_t row = 0; row < block.rows; ++row) {
    sizes.push_back({std::string(block["table"].string_at(row)), block["rows"].unsigned_at(row),
                     block["bytes"].unsigned_at(row), block["parts"].unsigned_at(row)});
  }
  return sizes;
}

Result<std::vector<TableSize>> level_sizes(Connection& connection, const std::string& table) {
  // A partition reads ('hour',2026).
  TRY(const Block block,
      connection.query(
          "SELECT splitByChar('\\'', partition)[2] AS level, sum(rows) AS rows_of_level, "
          "sum(bytes_on_disk) AS bytes, count() AS parts FROM system.parts "
          "WHERE database = currentDatabase() AND table = {table:String} AND active "
          "GROUP BY level ORDER BY level",
          {{"table", table}}));
  std::vector<TableSize> sizes;
  for (size_t row = 0; row < block.rows; ++row)
    sizes.push_back({std::string(block["level"].string_at(row)),
                     block["rows_of_level"].unsigned_at(row), block["bytes"].unsigned_at(row),
                     block["parts"].unsigned_at(row)});
  return sizes;
}

Result<std::vector<TableCheck>> check_tables(Connection& connection) {
  TRY(const Block tables, connection.query("SELECT name FROM system.tables "
                                           "WHERE database = currentDatabase() ORDER BY name"));
  std::vector<TableCheck> checks;
  for (const std::string& table : tables["name"].strings) {
    TRY(const Block parts,
        connection.query(
            fmt::format("CHECK TABLE {} SETTINGS check_query_single_value_result = 0", table)));
    TableCheck& check = checks.emplace_back();
    check.table = table;
    for (size_t row = 0; row < parts.rows && check.whole; ++row) {
      if (parts["is_passed"].unsigned_at(row) != 0) continue;
      check.whole = false;
      check.complaint = fmt::format("part {}: {}", parts["part_path"].string_at(row),
                                    parts["message"].string_at(row));
    }
  }
  return checks;
}

}  // namespace yagura::store
