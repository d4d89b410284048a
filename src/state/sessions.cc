// SPDX-License-Identifier: Apache-2.0
#include "state/sessions.h"

#include <fmt/format.h>

#include <algorithm>

#include "state/account_rows.h"
#include "state/secrets.h"
#include "state/statement.h"

namespace yagura::state {
namespace {

constexpr int most_sessions = 100;  // of one account

Digest hash_of(std::string_view id) { return digest_of("session", id); }

Session session_of(Account account, std::string_view id, Timestamp created, Timestamp last_used,
                   IpAddress remote, const SessionOptions& options) {
  Session session;
  session.account = std::move(account);
  // Nobody who does not know the id can compute it, and the id does not follow from it.
  session.csrf = digest_text("csrf", id);
  session.created = created;
  session.last_used = last_used;
  session.expires = std::min(created + options.longest, last_used + options.idle);
  session.remote = remote;
  return session;
}

Result<std::optional<Session>> read_session(Database& database, std::string_view id,
                                            const SessionOptions& options) {
  TRY(Statement statement,
      Statement::prepare(
          database, fmt::format("SELECT {}, session.created, session.last_used, session.remote "
                                "FROM session JOIN account ON account.id = session.account "
                                "WHERE session.id_hash = ? AND account.disabled = 0",
                                account_columns)));
  TRY(const bool found, statement.bind(hash_of(id)).step());
  if (!found) return std::nullopt;
  TRY(Account account, account_from(statement, 0));
  constexpr int next = account_column_count;
  TRY(const IpAddress remote,
      within("a session in state.db", IpAddress::parse(statement.text(next + 2))));
  return session_of(std::move(account), id, statement.time(next), statement.time(next + 1), remote,
                    options);
}

Result<void> end_surplus(Database& database, int64_t account) {
  return run(database,
             "DELETE FROM session WHERE id_hash IN (SELECT id_hash FROM session "
             "WHERE account = ? ORDER BY last_used DESC, rowid DESC LIMIT -1 OFFSET ?)",
             account, most_sessions);
}

}  // namespace

Outcome<NewSession> begin_session(Database& database, const Account& account, IpAddress remote,
                                  Timestamp now, const SessionOptions& options) {
  NewSession made;
  made.id = new_secret();
  made.session = session_of(account, made.id, now, now, remote, options);
  TRY_VOID(transaction(database, [&]() -> Outcome<void> {
    TRY_VOID(run(database,
                 "INSERT INTO session (id_hash, account, created, last_used, remote) "
                 "SELECT ?, id, ?, ?, ? FROM account "
                 "WHERE id = ? AND generation = ? AND disabled = 0",
                 hash_of(made.id), now, now, remote.to_string(), account.id, account.generation));
    if (changed_rows(database) == 0) {
      return refusal(StateError::Kind::conflict,
                     "the account was changed in the meantime: log in once more");
    }
    TRY_VOID(end_surplus(database, account.id));
    return {};
  }));
  return made;
}

Result<std::optional<Session>> find_session(Database& database, std::string_view id, Timestamp now,
                                            const SessionOptions& options) {
  TRY(auto session, read_session(database, id, options));
  if (!session || session->expires <= now) return std::nullopt;
  if (now - session->last_used < options.note_use) return session;
  // That it cannot be written (a full disk) must not shut out who wants to see why: then the time
  // without use counts from the last one that was.
  const auto noted =
      run(database, "UPDATE session SET last_used = ?1 WHERE id_hash = ?2 AND last_used < ?1", now,
          hash_of(id));
  if (noted) {
    session->last_used = now;
    session->expires = std::min(session->created + options.longest, now + options.idle);
  }
  return session;
}

bool csrf_matches(const Session& session, std::string_view token) {
  return same_secret(session.csrf, token);
}

Result<void> end_session(Database& database, std::string_view id) {
  return run(database, "DELETE FROM session WHERE id_hash = ?", hash_of(id));
}

Result<void> end_sessions_of(Database& database, int64_t account) {
  return run(database, "DELETE FROM session WHERE account = ?", account);
}

Result<void> prune_sessions(Database& database, Timestamp now, const SessionOptions& options) {
  return run(database, "DELETE FROM session WHERE created <= ? OR last_used <= ?",
             now - options.longest, now - options.idle);
}

}  // namespace yagura::state
