// SPDX-License-Identifier: Apache-2.0
#include "state/setup.h"

#include "state/account_rows.h"
#include "state/secrets.h"
#include "state/statement.h"

namespace yagura::state {
namespace {

constexpr std::string_view purpose = "set-up link";

Result<bool> has_account(Database& database) {
  TRY(Statement statement, Statement::prepare(database, "SELECT 1 FROM account LIMIT 1"));
  return statement.step();
}

Result<bool> is_valid(Database& database, std::string_view secret, Timestamp now) {
  TRY(const bool too_late, has_account(database));
  if (too_late) return false;
  TRY(Statement statement,
      Statement::prepare(database, "SELECT secret_hash FROM setup_link WHERE expires > ?"));
  TRY(const bool found, statement.bind(now).step());
  return found && same_secret(statement.blob(0), digest_of(purpose, secret));
}

tl::unexpected<StateError> no_such_link() {
  return refusal(StateError::Kind::conflict,
                 "the set-up link is wrong, used or too old: as long as there is no account, the "
                 "next start prints a new one");
}

}  // namespace

Result<std::optional<std::string>> setup_secret(Database& database, Timestamp now) {
  std::optional<std::string> secret;
  TRY_VOID(database.transaction([&]() -> Result<void> {
    TRY_VOID(run(database, "DELETE FROM setup_link"));
    TRY(const bool done, has_account(database));
    if (done) return {};
    secret = new_secret();
    const Digest digest = digest_of(purpose, *secret);
    return run(database, "INSERT INTO setup_link (only, secret_hash, expires) VALUES (1, ?, ?)",
               digest, now + setup_validity);
  }));
  return secret;
}

Outcome<Account> set_up(Database& database, std::string_view secret, const std::string& name,
                        const std::string& password, Timestamp now, PasswordCost cost) {
  // Before the hashing, which strangers are not to have for nothing.
  TRY(const bool valid, is_valid(database, secret, now));
  if (!valid) return no_such_link();
  TRY_VOID(check_account_name(name));
  TRY_VOID(check_password(name, password));
  TRY(const std::string hash, hash_password(password, cost));
  Account made;
  TRY_VOID(transaction(database, [&]() -> Outcome<void> {
    // Another thread may have used it in between.
    TRY(const bool still_valid, is_valid(database, secret, now));
    if (!still_valid) return no_such_link();
    TRY_VOID(run(database, "DELETE FROM setup_link"));
    TRY(made, insert_account(database, {name, Role::admin, hash, {}}, now));
    return {};
  }));
  return made;
}

}  // namespace yagura::state
