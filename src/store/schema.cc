// SPDX-License-Identifier: Apache-2.0
#include "store/schema.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

#include "store/migrations.h"

namespace yagura::embedded {
// The files of schema/ in order: names and texts.
extern const std::span<const std::pair<std::string_view, std::string_view>> schema;
}  // namespace yagura::embedded

namespace yagura::store {
namespace {

struct Migration {
  uint32_t version = 0;  // the number the file's name begins with
  std::string_view name;
  std::string_view sql;  // statements, each ending with a semicolon at the end of a line
};

// Versions 1, 2, 3, …
std::vector<Migration> migrations() {
  std::vector<Migration> all;
  for (const auto& [name, sql] : embedded::schema) {
    Migration& migration = all.emplace_back();
    const auto [end, error] =
        std::from_chars(name.data(), name.data() + name.size(), migration.version);
    CHECK(error == std::errc() && *end == '_' && migration.version == all.size());
    migration.name = name;
    migration.sql = sql;
  }
  return all;
}

std::vector<std::string_view> statements_of(std::string_view sql) {
  std::vector<std::string_view> statements;
  constexpr std::string_view end = ";\n";
  while (true) {
    const size_t at = sql.find(end);
    if (at == std::string_view::npos) return statements;  // what follows is blank or a comment
    statements.push_back(sql.substr(0, at));
    sql.remove_prefix(at + end.size());
  }
}

Result<uint32_t> stored_version(Connection& connection) {
  TRY_VOID(connection.execute(
      "CREATE TABLE IF NOT EXISTS schema_version (version UInt32, applied DateTime('UTC')) "
      "ENGINE = MergeTree ORDER BY version "
      "SETTINGS fsync_after_insert = 1, fsync_part_directory = 1"));
  TRY(const Block block, connection.query("SELECT max(version) AS version FROM schema_version"));
  return static_cast<uint32_t>(block["version"].unsigned_at(0));
}

// Whether `statement` takes over rows that an earlier version stored, or makes room for them.
bool moves_rows(std::string_view statement) {
  while (statement.starts_with('\n') || statement.starts_with("--")) {
    const size_t end = statement.find('\n');
    if (end == std::string_view::npos) return false;
    statement.remove_prefix(end + 1);
  }
  return statement.starts_with("INSERT ") || statement.starts_with("TRUNCATE ");
}

Result<void> apply(Connection& connection, const Migration& migration, bool has_rows) {
  for (const std::string_view statement : statements_of(migration.sql)) {
    if (!has_rows && moves_rows(statement)) continue;
    TRY_VOID(within(fmt::format("applying {}", migration.name), connection.execute(statement)));
  }
  return {};
}

// Notes that the migrations from `first` to `last` are done.
Result<void> note_versions(Connection& connection, uint32_t first, uint32_t last) {
  return connection.execute(
      "INSERT INTO schema_version "
      "SELECT arrayJoin(range({first:UInt32}, {end:UInt32})), now()",
      {{"first", std::to_string(first)}, {"end", std::to_string(last + 1)}});
}

// `days` as an interval; for ever is more than a store lives, within the range of Date.
std::string interval(uint32_t days) {
  constexpr uint32_t for_ever = 36'500;
  return fmt::format("toIntervalDay({})", days == 0 ? for_ever : std::min(days, for_ever));
}

// Gives `table` the TTL `expression` unless it has it: `known` are the names and definitions of
// tables. The engine keeps a definition in its own spelling, so the wanted text is in that too.
Result<void> set_ttl(Connection& connection, const Block& known, std::string_view table,
                     const std::string& expression) {
  const std::vector<std::string>& names = known["name"].strings;
  const auto found = std::find(names.begin(), names.end(), table);
  if (found == names.end()) return failure(fmt::format("store: there is no table {}", table));
  const auto row = static_cast<size_t>(found - names.begin());
  const std::string wanted = fmt::format("TTL {} SETTINGS", expression);
  if (known["definition"].string_at(row).find(wanted) != std::string_view::npos) return {};
  return connection.execute(fmt::format("ALTER TABLE {} MODIFY TTL {}", table, expression));
}

// A DELETE visits every part of the table, 15 ms for each (measured), whether it holds such rows or
// not. Nearly always the rows were written lately and are alone in their parts.
Result<void> delete_rows(Connection& connection, std::string_view table,
                         std::string_view condition) {
  const std::string taken = fmt::format(
      "SELECT _part AS part, count() AS found FROM {} WHERE {} GROUP BY part", table, condition);
  const std::string stored = fmt::format(
      "SELECT name, rows FROM system.parts "
      "WHERE database = currentDatabase() AND table = '{}' AND active",
      table);
  TRY(const Block parts,
      connection.query(fmt::format("SELECT name, found = rows AS whole FROM ({}) AS taken "
                                   "LEFT JOIN ({}) AS stored ON part = name",
                                   taken, stored)));
  bool rest = false;
  for (size_t row = 0; row < parts.rows; ++row) {
    // One that has been merged with others meanwhile is not there any more.
    const bool dropped = parts["whole"].unsigned_at(row) != 0 &&
                         connection.execute(fmt::format("ALTER TABLE {} DROP PART '{}'", table,
                                                        parts["name"].text_at(row)));
    rest = rest || !dropped;
  }
  if (!rest) return {};
  return connection.execute(fmt::format("DELETE FROM {} WHERE {}", table, condition));
}

}  // namespace

Result<void> migrate(Connection& connection) {
  return migrate_to(connection, migrations().back().version);
}

Result<void> migrate_to(Connection& connection, uint32_t wanted) {
  TRY(const uint32_t version, stored_version(connection));
  const std::vector<Migration> known = migrations();
  const uint32_t newest = known.back().version;
  if (version > newest) {
    return failure(
        fmt::format("the store has schema version {}, this yagura knows {}: it was "
                    "written by a newer yagura, use that one",
                    version, newest));
  }
  wanted = std::min(wanted, newest);
  // No row is stored before all migrations are done. Such a store starts again from the first one
  // after an interruption, so that one note for all of them is enough: each costs 7 ms.
  const bool is_new = version == 0;
  for (const Migration& migration : known) {
    if (migration.version <= version || migration.version > wanted) continue;
    TRY_VOID(apply(connection, migration, !is_new));
    if (!is_new) TRY_VOID(note_versions(connection, migration.version, migration.version));
  }
  return is_new ? note_versions(connection, 1, wanted) : Result<void>();
}

Result<void> set_retention(Connection& connection, const Retention& retention) {
  const std::array<std::pair<std::string_view, uint32_t>, 5> tables = {{
      {"activity", retention.activity},
      {"synchrony", retention.synchrony},
      {"synchrony_total", retention.synchrony},
      {"sample", retention.sample},
      {"source_day", retention.source_day},
  }};
  TRY(const Block known, connection.query("SELECT name, create_table_query AS definition "
                                          "FROM system.tables "
                                          "WHERE database = currentDatabase()"));
  for (const auto& [table, days] : tables) {
    TRY_VOID(set_ttl(connection, known, table, "stored + " + interval(days)));
  }
  const std::string by_level =
      fmt::format("stored + multiIf(level = '5min', {}, level = 'hour', {}, {})",
                  interval(retention.numbers_five_minutes), interval(retention.numbers_hour),
                  interval(retention.numbers_day));
  TRY_VOID(set_ttl(connection, known, "numbers", by_level));
  TRY_VOID(set_ttl(connection, known, "port_numbers", by_level));
  return set_ttl(connection, known, "number_sheets", by_level);
}

Result<void> delete_commits(Connection& connection, const std::vector<uint64_t>& commits) {
  if (commits.empty()) return {};
  TRY(const Block tables,
      connection.query("SELECT table FROM system.columns "
                       "WHERE database = currentDatabase() AND name = 'commit' ORDER BY table"));
  const std::string condition = fmt::format("commit IN ({})", fmt::join(commits, ", "));
  for (const std::string& table : tables["table"].strings)
    TRY_VOID(delete_rows(connection, table, condition));
  return {};
}

}  // namespace yagura::store
