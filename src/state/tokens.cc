// SPDX-License-Identifier: Apache-2.0
#include "state/tokens.h"

#include <fmt/format.h>

#include "state/account_rows.h"
#include "state/secrets.h"
#include "state/statement.h"

namespace yagura::state {
namespace {

constexpr std::string_view beginning = "ygr_";
constexpr size_t shown_length = 10;   // leaves 220 bits to guess
constexpr int64_t most_tokens = 100;  // of one account
constexpr Duration note_use = Duration::minutes(1);

constexpr std::string_view token_columns =
    "token.id, token.account, token.name, token.shown, token.scopes, token.created, "
    "token.expires, token.last_used";
constexpr int token_column_count = 8;

Digest hash_of(std::string_view text) { return digest_of("token", text); }

// Reads `token_columns` from the first column on.
Result<Token> token_from(const Statement& statement) {
  Token token;
  token.id = statement.integer(0);
  token.account = statement.integer(1);
  token.name = statement.text(2);
  token.shown = statement.text(3);
  TRY(token.scopes, within("a token in state.db", parse_scopes(statement.text(4))));
  token.created = statement.time(5);
  token.expires = statement.optional_time(6);
  token.last_used = statement.optional_time(7);
  return token;
}

Outcome<void> check_token(const NewToken& token, Timestamp now) {
  constexpr auto invalid = StateError::Kind::invalid;
  if (!check_account_name(token.name)) {
    return refusal(invalid,
                   "a token's name takes 1 to 64 printable characters, without a blank at either "
                   "end");
  }
  if (token.scopes.empty()) {
    return refusal(invalid,
                   "a token without a scope can do nothing: give read, sql, write or admin");
  }
  if (token.expires && *token.expires <= now) {
    return refusal(invalid, "the token would have expired already");
  }
  return {};
}

// Refuses a token of that account as things are now.
Outcome<void> check_owner(Database& database, int64_t id, const NewToken& token) {
  constexpr auto conflict = StateError::Kind::conflict;
  TRY(const auto account, find_account(database, id));
  if (!account) return no_such_account();
  const std::string& owner = account->name;
  if (account->disabled) {
    return refusal(conflict, fmt::format("account \"{}\" is disabled", owner));
  }
  const Scopes granted = scopes_of(account->role);
  if (token.scopes.among(granted) != token.scopes) {
    return refusal(conflict, fmt::format("a token of \"{}\", whose role is {}, can have no more "
                                         "than: {}",
                                         owner, name_of(account->role), format_scopes(granted)));
  }
  TRY(Statement statement, Statement::prepare(database,
                                              "SELECT count(*), ifnull(sum(name = ?), 0) "
                                              "FROM token WHERE account = ?"));
  TRY(const bool row, statement.bind(token.name, id).step());
  CHECK(row);
  if (statement.integer(1) > 0) {
    return refusal(conflict, fmt::format("\"{}\" has a token \"{}\" already", owner, token.name));
  }
  if (statement.integer(0) >= most_tokens) {
    return refusal(conflict, fmt::format("\"{}\" has {} tokens, which is the most there can be: "
                                         "revoke one",
                                         owner, most_tokens));
  }
  return {};
}

Result<std::optional<TokenUse>> read_use(Database& database, std::string_view text) {
  TRY(Statement statement,
      Statement::prepare(database,
                         fmt::format("SELECT {}, {} FROM token "
                                     "JOIN account ON account.id = token.account "
                                     "WHERE token.secret_hash = ? AND account.disabled = 0",
                                     token_columns, account_columns)));
  TRY(const bool found, statement.bind(hash_of(text)).step());
  if (!found) return std::nullopt;
  TokenUse use;
  TRY(use.token, token_from(statement));
  TRY(use.account, account_from(statement, token_column_count));
  use.scopes = use.token.scopes.among(scopes_of(use.account.role));
  return use;
}

}  // namespace

Outcome<IssuedToken> issue_token(Database& database, int64_t account, const NewToken& token,
                                 Timestamp now) {
  TRY_VOID(check_token(token, now));
  IssuedToken issued;
  issued.secret = std::string(beginning) + new_secret();
  const std::string shown = issued.secret.substr(0, shown_length);
  TRY_VOID(transaction(database, [&]() -> Outcome<void> {
    TRY_VOID(check_owner(database, account, token));
    TRY(Statement insert,
        Statement::prepare(database,
                           fmt::format("INSERT INTO token (account, name, secret_hash, shown, "
                                       "scopes, created, expires) VALUES (?, ?, ?, ?, ?, ?, ?) "
                                       "RETURNING {}",
                                       token_columns)));
    TRY(const bool row, insert
                            .bind(account, token.name, hash_of(issued.secret), shown,
                                  format_scopes(token.scopes), now, token.expires)
                            .step());
    CHECK(row);
    TRY(issued.token, token_from(insert));
    TRY(const bool more, insert.step());  // an INSERT takes effect once it has been run to its end
    CHECK(!more);
    return {};
  }));
  return issued;
}

Result<std::optional<TokenUse>> find_token(Database& database, std::string_view text,
                                           Timestamp now) {
  TRY(auto use, read_use(database, text));
  if (!use || (use->token.expires && *use->token.expires <= now)) return std::nullopt;
  if (use->token.last_used && now - *use->token.last_used < note_use) return use;
  // As with sessions: a full disk must not shut anybody out.
  const auto noted = run(database,
                         "UPDATE token SET last_used = ?1 "
                         "WHERE id = ?2 AND (last_used IS NULL OR last_used < ?1)",
                         now, use->token.id);
  if (noted) use->token.last_used = now;
  return use;
}

Result<std::vector<Token>> tokens(Database& database, std::optional<int64_t> owner) {
  TRY(Statement statement,
      Statement::prepare(database, fmt::format("SELECT {} FROM token "
                                               "WHERE ?1 IS NULL OR account = ?1 "
                                               "ORDER BY account, name",
                                               token_columns)));
  statement.bind(owner);
  std::vector<Token> all;
  while (true) {
    TRY(const bool row, statement.step());
    if (!row) return all;
    TRY(Token token, token_from(statement));
    all.push_back(std::move(token));
  }
}

Outcome<void> revoke_token(Database& database, int64_t token, std::optional<int64_t> owner) {
  return transaction(database, [&]() -> Outcome<void> {
    TRY_VOID(run(database, "DELETE FROM token WHERE id = ?1 AND (?2 IS NULL OR account = ?2)",
                 token, owner));
    if (changed_rows(database) == 0) {
      return refusal(StateError::Kind::absent, "there is no such token");
    }
    return {};
  });
}

}  // namespace yagura::state
