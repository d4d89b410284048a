// SPDX-License-Identifier: Apache-2.0
#include "state/migrations.h"

#include <array>

namespace yagura::state {
namespace {

// The n-th brings a file of user_version n to n + 1. Never change one that was released: add one.
// Times are nanoseconds since the epoch; addresses and prefixes are text.
constexpr std::array<const char*, 9> steps = {R"sql(
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
)sql",
                                              // What people said of alerts.
                                              R"sql(
-- host: empty for every host.
CREATE TABLE alert_mark (
  rule TEXT NOT NULL,
  host TEXT NOT NULL,
  important INTEGER NOT NULL CHECK (important IN (0, 1)),
  marked INTEGER NOT NULL,
  PRIMARY KEY (rule, host)
) STRICT, WITHOUT ROWID;
)sql",
                                              // How far what is stored follows the registry of
                                              // survey scanners.
                                              R"sql(
-- One row, once it has changed. days_before: of the days since the epoch that are still to follow,
-- one more than the latest; NULL if there is none.
CREATE TABLE registry_progress (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  version INTEGER NOT NULL,
  days_before INTEGER
) STRICT;
)sql"};

}  // namespace

std::span<const char* const> migrations() { return steps; }

}  // namespace yagura::state
