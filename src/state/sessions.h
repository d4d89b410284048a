// SPDX-License-Identifier: Apache-2.0
//
// Sessions: who a browser's cookie belongs to.
//
// The id is 256 random bits; only its hash is kept, so a copy of state.db lets nobody in. Sessions
// are rows like all others: they survive a restart and a kill. How long they live is decided when
// they are looked up, so a shorter setting holds for those that there are.
//
// Threads: as the Database they are given, of which every thread has its own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ip_address.h"
#include "base/time.h"
#include "state/accounts.h"
#include "state/database.h"
#include "state/outcome.h"

namespace yagura::state {

struct SessionOptions {
  Duration idle = Duration::hours(12);       // ends after this long without use,
  Duration longest = Duration::days(7);      // and after this long in any case
  Duration note_use = Duration::minutes(1);  // use is written down at most this often
};

struct Session {
  Account account;   // as it is now
  std::string csrf;  // what a request must repeat in a header; follows from the id
  Timestamp created;
  Timestamp last_used;  // up to `note_use` older than the truth
  Timestamp expires;    // if it is not used again
  IpAddress remote;     // where it was begun from
};

struct NewSession {
  std::string id;  // for the cookie: 43 characters of base64url; cannot be shown again
  Session session;
};

// Begins a session of an account as `log_in` or `set_up` returned it. Refused if the account was
// disabled, deleted or given another password since. Of more than 100 sessions of an account the
// one that has not been used for longest ends.
Outcome<NewSession> begin_session(Database& database, const Account& account, IpAddress remote,
                                  Timestamp now, const SessionOptions& options = {});

// The session of that id, or nothing: unknown, ended, expired, or its account is disabled. Notes
// the use.
Result<std::optional<Session>> find_session(Database& database, std::string_view id, Timestamp now,
                                            const SessionOptions& options = {});

// Whether `token` is the session's CSRF token; takes the same time wherever they differ.
bool csrf_matches(const Session& session, std::string_view token);

// Ends one, or all of an account. What is not there is no failure.
Result<void> end_session(Database& database, std::string_view id);
Result<void> end_sessions_of(Database& database, int64_t account);

// Takes out the rows of expired sessions, which count no more even if it is never called.
Result<void> prune_sessions(Database& database, Timestamp now, const SessionOptions& options = {});

}  // namespace yagura::state
