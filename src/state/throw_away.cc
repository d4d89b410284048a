// SPDX-License-Identifier: Apache-2.0
#include "state/throw_away.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <memory>

#include "state/statement.h"

namespace yagura::state {

Result<void> mark_throw_away(Database& database) {
  return run(database, "INSERT OR IGNORE INTO throw_away (only) VALUES (1)");
}

Result<bool> is_throw_away(const std::filesystem::path& file) {
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(file.c_str(), &opened, SQLITE_OPEN_READWRITE, nullptr);
  const std::unique_ptr<sqlite3, int (*)(sqlite3*)> handle(opened, &sqlite3_close_v2);
  if (code != SQLITE_OK)
    return failure(fmt::format("opening {}: {}", file.string(), sqlite3_errstr(code)));
  // Without the table it is older than the mark; what is no database has none either.
  sqlite3_stmt* prepared = nullptr;
  const int found =
      sqlite3_prepare_v2(handle.get(), "SELECT 1 FROM throw_away", -1, &prepared, nullptr);
  const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> statement(prepared,
                                                                        &sqlite3_finalize);
  return found == SQLITE_OK && sqlite3_step(statement.get()) == SQLITE_ROW;
}

}  // namespace yagura::state
