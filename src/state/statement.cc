// SPDX-License-Identifier: Apache-2.0
#include "state/statement.h"

#include <fmt/format.h>
#include <sqlite3.h>

namespace yagura::state {

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Error database_error(sqlite3* database) {
  const char* file = sqlite3_db_filename(database, "main");
  const int code = sqlite3_errcode(database);
  std::string message =
      fmt::format("{}: {}", file == nullptr ? "state.db" : file, sqlite3_errmsg(database));
  if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB) {
    message += " (the file is damaged: restore it from a copy)";
  }
  return Error(std::move(message));
}

int64_t changed_rows(Database& database) { return sqlite3_changes64(database.handle()); }

Result<Statement> Statement::prepare(Database& database, std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(database.handle(), sql.data(), static_cast<int>(sql.size()), &statement,
                         nullptr) != SQLITE_OK) {
    return failure(database_error(database.handle()));
  }
  CHECK(statement != nullptr);
  return Statement(database.handle(), statement);
}

Result<bool> Statement::step() {
  switch (sqlite3_step(statement_.get())) {
    case SQLITE_ROW:
      return true;
    case SQLITE_DONE:
      return false;
    default:
      return failure(database_error(database_));
  }
}

Result<void> Statement::run() {
  TRY(const bool row, step());
  CHECK(!row);
  reset();
  return {};
}

// The code that reset returns repeats a failure of step, which has been reported.
void Statement::reset() { sqlite3_reset(statement_.get()); }

int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

std::string Statement::text(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement_.get(), column));
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return size == 0 ? std::string() : std::string(bytes, static_cast<size_t>(size));
}

std::span<const uint8_t> Statement::blob(int column) const {
  const auto* bytes = static_cast<const uint8_t*>(sqlite3_column_blob(statement_.get(), column));
  return {bytes, static_cast<size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

// Binding fails only if the parameter does not exist, which is a mistake of ours, or without
// memory.
void Statement::bind_one(int index, std::string_view value) {
  CHECK(sqlite3_bind_text64(statement_.get(), index, value.data(), value.size(), SQLITE_TRANSIENT,
                            SQLITE_UTF8) == SQLITE_OK);
}
void Statement::bind_one(int index, std::span<const uint8_t> value) {
  CHECK(sqlite3_bind_blob64(statement_.get(), index, value.data(), value.size(),
                            SQLITE_TRANSIENT) == SQLITE_OK);
}
void Statement::bind_integer(int index, int64_t value) {
  CHECK(sqlite3_bind_int64(statement_.get(), index, value) == SQLITE_OK);
}
void Statement::bind_null(int index) {
  CHECK(sqlite3_bind_null(statement_.get(), index) == SQLITE_OK);
}

}  // namespace yagura::state
