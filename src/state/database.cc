// SPDX-License-Identifier: Apache-2.0
#include "state/database.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

#include "state/copy.h"
#include "state/migrations.h"
#include "state/statement.h"

namespace yagura::state {
namespace {

constexpr int busy_timeout_ms = 10'000;

Result<void> execute(sqlite3* handle, const char* sql) {
  if (sqlite3_exec(handle, sql, nullptr, nullptr, nullptr) != SQLITE_OK) {
    return failure(database_error(handle));
  }
  return {};
}

Result<int64_t> number(Database& database, std::string_view sql) {
  TRY(Statement statement, Statement::prepare(database, sql));
  TRY(const bool row, statement.step());
  CHECK(row);
  return statement.integer(0);
}

// The file holds the key of the keyed hashes, so it is made for its owner's eyes only.
Result<void> make_private(const std::filesystem::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    return failure(fmt::format("opening {}: {}", file.string(), errno_text(errno)));
  }
  ::close(descriptor);
  return {};
}

// Where several open a new file at once, SQLite refuses the switch at once instead of waiting: each
// holds what the other waits for (https://sqlite.org/c3ref/busy_handler.html). So we wait here.
Result<void> switch_to_wal(sqlite3* handle) {
  constexpr int pause_ms = 5;
  for (int waited_ms = 0;; waited_ms += pause_ms) {
    auto switched = execute(handle, "PRAGMA journal_mode = WAL");
    if (switched || sqlite3_errcode(handle) != SQLITE_BUSY || waited_ms >= busy_timeout_ms)
      return switched;
    sqlite3_sleep(pause_ms);
  }
}

Result<void> configure(sqlite3* handle) {
  TRY_VOID(switch_to_wal(handle));
  // FULL: a commit that was reported is on the disk, which the ledger is built on.
  return execute(handle,
                 "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; "
                 "PRAGMA trusted_schema = OFF;");
}

Result<void> migrate(Database& database, const std::string& file) {
  TRY(const int64_t version, number(database, "PRAGMA user_version"));
  TRY(const int64_t owner, number(database, "PRAGMA application_id"));
  TRY(const int64_t tables, number(database, "SELECT count(*) FROM sqlite_schema"));
  if (owner != application_id && (version != 0 || tables != 0)) {
    return failure(fmt::format("{} belongs to another program: it is not Yagura's state", file));
  }
  if (version > static_cast<int64_t>(migrations().size())) {
    return failure(
        fmt::format("{} has version {}, this yagura knows {}: it was written by a newer "
                    "yagura, use that one",
                    file, version, migrations().size()));
  }
  for (auto next = static_cast<size_t>(version); next < migrations().size(); ++next) {
    TRY_VOID(execute(database.handle(), migrations()[next]));
    const std::string mark = fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {};",
                                         application_id, next + 1);
    TRY_VOID(execute(database.handle(), mark.c_str()));
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Database>> Database::open(const std::filesystem::path& file) {
  TRY_VOID(make_private(file));
  sqlite3* handle = nullptr;
  const int code =
      sqlite3_open_v2(file.c_str(), &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  std::unique_ptr<Database> database(new Database(handle));
  if (code != SQLITE_OK) {
    return failure(fmt::format("opening {}: {}", file.string(), sqlite3_errstr(code)));
  }
  sqlite3_busy_timeout(handle, busy_timeout_ms);
  sqlite3_extended_result_codes(handle, 0);
  TRY_VOID(within("opening the state", configure(handle)));
  TRY_VOID(within("opening the state",
                  database->transaction([&] { return migrate(*database, file.string()); })));
  return database;
}

Result<void> copy_database(Database& database, const std::filesystem::path& file) {
  std::error_code error;
  if (std::filesystem::exists(file, error))
    return failure(fmt::format("copying the state: {} is there already", file.string()));
  TRY_VOID(make_private(file));  // SQLite fills an empty file as readily as it makes one
  return within(fmt::format("copying the state to {}", file.string()),
                run(database, "VACUUM INTO ?", file.string()));
}

Database::~Database() { sqlite3_close_v2(handle_); }

Result<void> Database::transaction(const std::function<Result<void>()>& work) {
  const bool inner = sqlite3_get_autocommit(handle_) == 0;
  // IMMEDIATE: waits for other writers here, not in the middle of the work.
  TRY_VOID(execute(handle_, inner ? "SAVEPOINT inner_work" : "BEGIN IMMEDIATE"));
  Result<void> result = work();
  if (result) result = execute(handle_, inner ? "RELEASE inner_work" : "COMMIT");
  // Some failures have rolled everything back already.
  if (!result && sqlite3_get_autocommit(handle_) == 0) {
    const Result<void> undone =
        execute(handle_, inner ? "ROLLBACK TO inner_work; RELEASE inner_work" : "ROLLBACK");
    if (!undone) return failure(result.error().within(undone.error().message()));
  }
  return result;
}

}  // namespace yagura::state
