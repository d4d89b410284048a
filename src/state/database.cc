// SPDX-License-Identifier: Apache-2.0
#include "state/database.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>

#include "state/copy.h"
#include "state/migrations.h"
#include "state/statement.h"

namespace yagura::state {
namespace {

// The n-th brings a file of user_version n to n + 1. Never change one that was released: add one.
// Times are nanoseconds since the epoch; addresses and prefixes are text.
constexpr std::array<const char*, 7> steps = {R"sql(
CREATE TABLE secret (
  name TEXT PRIMARY KEY,
  value BLOB NOT NULL
) STRICT;

CREATE TABLE sensor (
  id INTEGER PRIMARY KEY CHECK (id BETWEEN 1 AND 65535),
  name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE dark_prefix (
  sensor INTEGER NOT NULL REFERENCES sensor (id),
  position INTEGER NOT NULL,
  prefix TEXT NOT NULL,
  excluded INTEGER NOT NULL CHECK (excluded IN (0, 1)),
  dark_from INTEGER,
  dark_until INTEGER,
  PRIMARY KEY (sensor, position)
) STRICT;

CREATE TABLE run (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  sensor INTEGER NOT NULL REFERENCES sensor (id),
  first_time INTEGER NOT NULL,
  last_time INTEGER NOT NULL,
  tail_id INTEGER NOT NULL,
  state_file TEXT NOT NULL,
  forgotten INTEGER NOT NULL DEFAULT 0 CHECK (forgotten IN (0, 1))
) STRICT;

-- The last id given to a commit or a tail. Apart from the commits, since the id of one that was
-- dropped may still be in the store and must not come back.
CREATE TABLE last_commit_id (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  id INTEGER NOT NULL
) STRICT;
INSERT INTO last_commit_id VALUES (1, 0);

CREATE TABLE commit_record (
  id INTEGER PRIMARY KEY,
  tail_id INTEGER NOT NULL UNIQUE,
  sensor INTEGER NOT NULL REFERENCES sensor (id),
  run INTEGER REFERENCES run (id),
  finished INTEGER NOT NULL DEFAULT 0 CHECK (finished IN (0, 1)),
  CHECK (finished = 0 OR run IS NOT NULL)
) STRICT;
CREATE INDEX commit_of_run ON commit_record (run, id);
CREATE UNIQUE INDEX one_unfinished_per_run ON commit_record (run) WHERE finished = 0;

CREATE TABLE input (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  run INTEGER NOT NULL REFERENCES run (id),
  commit_id INTEGER NOT NULL REFERENCES commit_record (id),
  sensor INTEGER NOT NULL REFERENCES sensor (id),
  name TEXT NOT NULL,
  content_hash TEXT NOT NULL,
  first_time INTEGER NOT NULL,
  last_time INTEGER NOT NULL,
  frames INTEGER NOT NULL,
  dark_packets INTEGER NOT NULL
) STRICT;
CREATE INDEX input_by_content ON input (sensor, content_hash);
CREATE INDEX input_of_run ON input (run);

CREATE TABLE coverage (
  run INTEGER NOT NULL REFERENCES run (id),
  sensor INTEGER NOT NULL REFERENCES sensor (id),
  from_time INTEGER NOT NULL,
  until_time INTEGER NOT NULL CHECK (until_time > from_time),
  PRIMARY KEY (run, sensor, from_time)
) STRICT;

CREATE TABLE stale_day (
  day INTEGER PRIMARY KEY
) STRICT;

CREATE TABLE organisation (
  id INTEGER PRIMARY KEY CHECK (id BETWEEN 1 AND 65535),
  name TEXT NOT NULL,
  folded_name TEXT NOT NULL UNIQUE
) STRICT;
INSERT INTO organisation VALUES (1, 'unknown', 'unknown');

CREATE TABLE scanner_list (
  name TEXT PRIMARY KEY,
  imported INTEGER NOT NULL
) STRICT;

CREATE TABLE scanner_entry (
  list TEXT NOT NULL REFERENCES scanner_list (name),
  prefix TEXT NOT NULL,
  organisation INTEGER NOT NULL REFERENCES organisation (id),
  valid_from INTEGER,
  valid_until INTEGER
) STRICT;
CREATE INDEX entry_of_list ON scanner_entry (list);

CREATE TABLE scanner_name (
  list TEXT NOT NULL REFERENCES scanner_list (name),
  suffix TEXT NOT NULL,
  organisation INTEGER NOT NULL REFERENCES organisation (id)
) STRICT;
CREATE INDEX name_of_list ON scanner_name (list);

CREATE TABLE source_name (
  source TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  looked_up INTEGER NOT NULL
) STRICT;
)sql",
                                              // Inputs of a sensor are merged before it is
                                              // known which of their packets are dark.
                                              R"sql(
ALTER TABLE input DROP COLUMN dark_packets;
)sql",
                                              // Who may use the service.
                                              R"sql(
-- The id of a deleted account must not come back: a request may still be under way for it.
CREATE TABLE account (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  folded_name TEXT NOT NULL UNIQUE,
  role TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  disabled INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
  created INTEGER NOT NULL,
  last_login INTEGER,
  generation INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE setup_link (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  secret_hash BLOB NOT NULL,
  expires INTEGER NOT NULL
) STRICT;

CREATE TABLE session (
  id_hash BLOB PRIMARY KEY,
  account INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  created INTEGER NOT NULL,
  last_used INTEGER NOT NULL,
  remote TEXT NOT NULL
) STRICT;
CREATE INDEX session_of_account ON session (account, last_used);

CREATE TABLE token (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  account INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  secret_hash BLOB NOT NULL UNIQUE,
  shown TEXT NOT NULL,
  scopes TEXT NOT NULL,
  created INTEGER NOT NULL,
  expires INTEGER,
  last_used INTEGER,
  UNIQUE (account, name)
) STRICT;

CREATE TABLE login_failure (
  subject TEXT PRIMARY KEY,
  failures INTEGER NOT NULL,
  last INTEGER NOT NULL,
  wait_until INTEGER NOT NULL,
  forgotten INTEGER NOT NULL
) STRICT;
CREATE INDEX login_failure_by_end ON login_failure (forgotten);

-- Names, not ids: an entry stays true when what it names is gone.
CREATE TABLE audit (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  time INTEGER NOT NULL,
  account TEXT NOT NULL,
  token TEXT NOT NULL,
  remote TEXT,
  action TEXT NOT NULL,
  object TEXT NOT NULL,
  detail TEXT NOT NULL
) STRICT;
CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
BEGIN SELECT raise(ABORT, 'the audit log is only added to'); END;
CREATE TRIGGER audit_is_never_cut BEFORE DELETE ON audit
BEGIN SELECT raise(ABORT, 'the audit log is only added to'); END;
)sql",
                                              // What a service observes.
                                              R"sql(
CREATE TABLE spool_file (
  path TEXT PRIMARY KEY,
  bytes INTEGER NOT NULL,
  changed INTEGER NOT NULL,
  inode INTEGER NOT NULL,
  outcome INTEGER NOT NULL CHECK (outcome BETWEEN 0 AND 2)
) STRICT;

CREATE TABLE throw_away (
  only INTEGER PRIMARY KEY CHECK (only = 1)
) STRICT;
)sql",
                                              // Who is warned of its own addresses.
                                              R"sql(
CREATE TABLE member (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  folded_name TEXT NOT NULL UNIQUE,
  registered INTEGER NOT NULL
) STRICT;

CREATE TABLE member_block (
  member INTEGER NOT NULL REFERENCES member (id) ON DELETE CASCADE,
  use INTEGER NOT NULL CHECK (use IN (1, 2)),
  prefix TEXT NOT NULL,
  PRIMARY KEY (member, use, prefix)
) STRICT, WITHOUT ROWID;
)sql",
                                              // What they are told.
                                              R"sql(
-- How often members were changed: who holds their blocks in memory sees when to read them again.
CREATE TABLE member_changes (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  count INTEGER NOT NULL
) STRICT;

CREATE TABLE warning (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  member INTEGER NOT NULL REFERENCES member (id) ON DELETE CASCADE,
  address TEXT NOT NULL,
  traffic INTEGER NOT NULL,
  first INTEGER NOT NULL,
  last INTEGER NOT NULL,
  state INTEGER NOT NULL CHECK (state BETWEEN 1 AND 3),
  story BLOB NOT NULL,
  acknowledged INTEGER,
  acknowledged_by TEXT,
  UNIQUE (address, traffic, first)
) STRICT;
CREATE INDEX warning_by_state ON warning (state, last);

-- What one sensor saw of the address of a warning that is open, as of the sensor's last commit.
CREATE TABLE warning_share (
  sensor INTEGER NOT NULL,
  address TEXT NOT NULL,
  traffic INTEGER NOT NULL,
  warning INTEGER NOT NULL REFERENCES warning (id) ON DELETE CASCADE,
  story BLOB NOT NULL,
  PRIMARY KEY (sensor, address, traffic)
) STRICT, WITHOUT ROWID;
CREATE INDEX warning_share_of ON warning_share (warning);
)sql",
                                              // Whom they are told through, and what.
                                              R"sql(
-- What an admin has granted: within it a member changes its blocks itself.
CREATE TABLE allocation (
  member INTEGER NOT NULL REFERENCES member (id) ON DELETE CASCADE,
  prefix TEXT NOT NULL,
  PRIMARY KEY (member, prefix)
) STRICT, WITHOUT ROWID;
INSERT OR IGNORE INTO allocation SELECT member, prefix FROM member_block;

-- What a member wishes beyond it, until an admin has decided.
CREATE TABLE claim (
  member INTEGER PRIMARY KEY REFERENCES member (id) ON DELETE CASCADE,
  made INTEGER NOT NULL
) STRICT;
CREATE TABLE claim_block (
  member INTEGER NOT NULL REFERENCES claim (member) ON DELETE CASCADE,
  use INTEGER NOT NULL CHECK (use IN (1, 2)),
  prefix TEXT NOT NULL,
  PRIMARY KEY (member, use, prefix)
) STRICT, WITHOUT ROWID;

-- last_notice, spacing and next_digest are of the notices to this contact.
CREATE TABLE contact (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  member INTEGER NOT NULL REFERENCES member (id) ON DELETE CASCADE,
  target TEXT NOT NULL,
  language INTEGER NOT NULL,
  quiet TEXT NOT NULL,
  secret TEXT NOT NULL,
  added INTEGER NOT NULL,
  last_notice INTEGER,
  spacing INTEGER NOT NULL DEFAULT 0,
  next_digest INTEGER,
  UNIQUE (member, target)
) STRICT;
CREATE INDEX contact_by_digest ON contact (next_digest) WHERE next_digest IS NOT NULL;

-- told: 0 nothing yet, 1 that it began, 2 that it ended; told_severity: how severe it was then. An
-- earlier version told nobody.
ALTER TABLE warning ADD COLUMN severity INTEGER NOT NULL DEFAULT 1;
ALTER TABLE warning ADD COLUMN told INTEGER NOT NULL DEFAULT 0;
ALTER TABLE warning ADD COLUMN told_severity INTEGER NOT NULL DEFAULT 3;
UPDATE warning SET told = iif(state = 3, 2, 1);
CREATE INDEX warning_untold ON warning (member) WHERE told = 0 OR (told = 1 AND state = 3);
CREATE INDEX warning_risen ON warning (member) WHERE told = 1 AND severity > told_severity;
CREATE INDEX warning_of_member ON warning (member, state);

-- What a contact is to be told at the next occasion.
CREATE TABLE to_tell (
  contact INTEGER NOT NULL REFERENCES contact (id) ON DELETE CASCADE,
  warning INTEGER NOT NULL REFERENCES warning (id) ON DELETE CASCADE,
  change INTEGER NOT NULL,
  PRIMARY KEY (contact, warning)
) STRICT, WITHOUT ROWID;
CREATE INDEX to_tell_of ON to_tell (warning);

CREATE TABLE mute (
  member INTEGER NOT NULL REFERENCES member (id) ON DELETE CASCADE,
  address TEXT NOT NULL,
  until INTEGER NOT NULL,
  PRIMARY KEY (member, address)
) STRICT, WITHOUT ROWID;

CREATE TABLE warning_comment (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  warning INTEGER NOT NULL REFERENCES warning (id) ON DELETE CASCADE,
  time INTEGER NOT NULL,
  by TEXT NOT NULL,
  of_member INTEGER NOT NULL CHECK (of_member IN (0, 1)),
  text TEXT NOT NULL
) STRICT;
CREATE INDEX comment_of_warning ON warning_comment (warning);

-- Notices on their way. state: 1 waiting, 2 sent, 3 dead.
CREATE TABLE outbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  contact INTEGER NOT NULL REFERENCES contact (id) ON DELETE CASCADE,
  message_id TEXT NOT NULL UNIQUE,
  subject TEXT NOT NULL,
  body BLOB NOT NULL,
  state INTEGER NOT NULL DEFAULT 1 CHECK (state BETWEEN 1 AND 3),
  made INTEGER NOT NULL,
  next INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  error TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX outbox_by_state ON outbox (state, next);
CREATE INDEX outbox_of_contact ON outbox (contact);

-- Of accounts with the role member: the organisation that is theirs.
ALTER TABLE account ADD COLUMN member INTEGER REFERENCES member (id) ON DELETE CASCADE;
CREATE INDEX account_of_member ON account (member) WHERE member IS NOT NULL;
)sql"};

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
  if (version > static_cast<int64_t>(steps.size())) {
    return failure(
        fmt::format("{} has version {}, this yagura knows {}: it was written by a newer "
                    "yagura, use that one",
                    file, version, steps.size()));
  }
  for (auto next = static_cast<size_t>(version); next < steps.size(); ++next) {
    TRY_VOID(execute(database.handle(), steps[next]));
    const std::string mark = fmt::format("PRAGMA application_id = {}; PRAGMA user_version = {};",
                                         application_id, next + 1);
    TRY_VOID(execute(database.handle(), mark.c_str()));
  }
  return {};
}

}  // namespace

std::span<const char* const> migrations() { return steps; }

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
