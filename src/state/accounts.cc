// SPDX-License-Identifier: Apache-2.0
#include "state/accounts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "state/account_rows.h"
#include "state/members.h"
#include "state/names.h"
#include "state/secrets.h"
#include "state/sessions.h"
#include "state/statement.h"

namespace yagura::state {
namespace {

constexpr int64_t most_accounts = 10'000;
constexpr size_t longest_name = 64;  // characters
constexpr size_t shortest_password = 12, longest_password = 256;

// Twelve bytes and more that head every list of guesses, in lower case.
constexpr std::array<std::string_view, 14> well_known = {
    "123456789012",   "1234567890123",    "12345678901234",  "password1234",   "password12345",
    "password123456", "passwordpassword", "administrator",   "administrator1", "qwertyuiop12",
    "qwertyuiopas",   "qwertyuiop123",    "adminadminadmin", "iloveyou1234"};

// "aaaa…", "abcd…", "4321…": every byte differs from the one before by the same -1, 0 or 1.
bool is_a_row(std::string_view text) {
  const int step = text[1] - text[0];
  if (step < -1 || step > 1) return false;
  for (size_t i = 2; i < text.size(); ++i) {
    if (text[i] - text[i - 1] != step) return false;
  }
  return true;
}

tl::unexpected<StateError> invalid(std::string message) {
  return refusal(StateError::Kind::invalid, std::move(message));
}

Result<std::optional<Account>> account_where(Statement& statement) {
  TRY(const bool found, statement.step());
  if (!found) return std::nullopt;
  return account_from(statement, 0);
}

Result<Statement> select_accounts(Database& database, std::string_view rest) {
  return Statement::prepare(database,
                            fmt::format("SELECT {} FROM account {}", account_columns, rest));
}

// Whether somebody else than `account` is an admin who can log in.
Result<bool> has_other_admin(Database& database, int64_t account) {
  TRY(Statement statement, Statement::prepare(database,
                                              "SELECT 1 FROM account WHERE role = ? "
                                              "AND disabled = 0 AND id <> ? LIMIT 1"));
  return statement.bind(name_of(Role::admin), account).step();
}

// Runs `change` on an account that is there, in one transaction; unless it `takes_admin` away
// from the last one.
template <typename TakesAdmin, typename Change>
Outcome<void> change_account(Database& database, int64_t id, const TakesAdmin& takes_admin,
                             const Change& change) {
  return transaction(database, [&]() -> Outcome<void> {
    TRY(const auto known, find_account(database, id));
    if (!known) return no_such_account();
    if (known->role == Role::admin && !known->disabled && takes_admin(*known)) {
      TRY(const bool other, has_other_admin(database, id));
      if (!other) {
        return refusal(StateError::Kind::conflict,
                       fmt::format("\"{}\" is the last admin who can log in: make another one "
                                   "first",
                                   known->name));
      }
    }
    TRY_VOID(change(*known));
    return {};
  });
}

Result<void> end_generation(Database& database, int64_t account) {
  TRY_VOID(run(database, "UPDATE account SET generation = generation + 1 WHERE id = ?", account));
  return end_sessions_of(database, account);
}

}  // namespace

tl::unexpected<StateError> no_such_account() {
  return refusal(StateError::Kind::absent, "there is no such account");
}

Result<Account> account_from(const Statement& statement, int column) {
  Account account;
  account.id = statement.integer(column);
  account.name = statement.text(column + 1);
  const auto role = role_named(statement.text(column + 2));
  if (!role) {
    return failure(fmt::format("account \"{}\" in state.db has the unknown role \"{}\"",
                               account.name, statement.text(column + 2)));
  }
  account.role = *role;
  account.disabled = statement.integer(column + 3) != 0;
  account.created = statement.time(column + 4);
  account.last_login = statement.optional_time(column + 5);
  account.generation = statement.integer(column + 6);
  if (!statement.is_null(column + 7)) account.member = statement.integer(column + 7);
  account.member_name = statement.text(column + 8);
  return account;
}

Outcome<Account> insert_account(Database& database, const AccountRow& account, Timestamp now) {
  TRY(const auto taken, account_named(database, account.name));
  if (taken) {
    return refusal(StateError::Kind::conflict,
                   fmt::format("there is an account \"{}\" already", taken->name));
  }
  TRY(Statement count, Statement::prepare(database, "SELECT count(*) FROM account"));
  TRY(const bool counted, count.step());
  CHECK(counted);
  if (count.integer(0) >= most_accounts) {
    return refusal(StateError::Kind::conflict,
                   fmt::format("there are {} accounts, which is the most there can be",
                               format_count(most_accounts)));
  }
  TRY_VOID(run(database,
               "INSERT INTO account (name, folded_name, role, password_hash, created, member) "
               "VALUES (?, ?, ?, ?, ?, ?)",
               account.name, folded_name(account.name), name_of(account.role),
               account.password_hash, now, account.member));
  TRY(const auto made, account_named(database, account.name));
  CHECK(made.has_value());
  return *made;
}

Outcome<void> check_account_name(std::string_view name) {
  return check_name("an account's name", name, longest_name);
}

Outcome<void> check_password(std::string_view name, std::string_view password) {
  if (password.size() < shortest_password || password.size() > longest_password) {
    return invalid(
        fmt::format("a password takes {} to {} bytes", shortest_password, longest_password));
  }
  const std::string folded = folded_name(password);
  if (folded == folded_name(name)) return invalid("the password must not be the account's name");
  if (is_a_row(password) ||
      std::find(well_known.begin(), well_known.end(), folded) != well_known.end()) {
    return invalid("that password is among the first that anybody tries: take another one");
  }
  return {};
}

Result<std::vector<Account>> accounts(Database& database) {
  TRY(Statement statement, select_accounts(database, "ORDER BY folded_name"));
  std::vector<Account> all;
  while (true) {
    TRY(const bool row, statement.step());
    if (!row) return all;
    TRY(Account account, account_from(statement, 0));
    all.push_back(std::move(account));
  }
}

Result<std::optional<Account>> find_account(Database& database, int64_t id) {
  TRY(Statement statement, select_accounts(database, "WHERE id = ?"));
  return account_where(statement.bind(id));
}

Result<std::optional<Account>> account_named(Database& database, std::string_view name) {
  TRY(Statement statement, select_accounts(database, "WHERE folded_name = ?"));
  return account_where(statement.bind(folded_name(name)));
}

namespace {

Outcome<std::optional<int64_t>> organisation_of(Database& database, const NewAccount& account) {
  if ((account.role == Role::member) == account.member.empty())
    return invalid("an account of a member organisation, and no other, names its member");
  if (account.member.empty()) return std::nullopt;
  TRY(const auto member, member_named(database, account.member));
  if (!member)
    return refusal(StateError::Kind::absent,
                   fmt::format("there is no member \"{}\"", account.member));
  return member->id;
}

}  // namespace

Outcome<Account> create_account(Database& database, const NewAccount& account, Timestamp now,
                                PasswordCost cost) {
  TRY_VOID(check_account_name(account.name));
  TRY_VOID(check_password(account.name, account.password));
  TRY(const std::string hash, hash_password(account.password, cost));
  Account made;
  TRY_VOID(transaction(database, [&]() -> Outcome<void> {
    TRY(const auto member, organisation_of(database, account));
    TRY(made, insert_account(database, {account.name, account.role, hash, member}, now));
    return {};
  }));
  return made;
}

Outcome<void> set_password(Database& database, int64_t account, std::string_view password,
                           PasswordCost cost) {
  TRY(const auto known, find_account(database, account));
  if (!known) return no_such_account();
  TRY_VOID(check_password(known->name, password));
  TRY(const std::string hash, hash_password(password, cost));
  return change_account(
      database, account, [](const Account&) { return false; },
      [&](const Account&) -> Result<void> {
        TRY_VOID(run(database, "UPDATE account SET password_hash = ? WHERE id = ?", hash, account));
        return end_generation(database, account);
      });
}

Outcome<void> set_role(Database& database, int64_t account, Role role) {
  TRY(const auto known, find_account(database, account));
  if (known && known->role != role && (known->role == Role::member || role == Role::member))
    return refusal(StateError::Kind::conflict,
                   "an account of a member organisation keeps its role: make another one");
  return change_account(
      database, account, [&](const Account&) { return role != Role::admin; },
      [&](const Account&) {
        return run(database, "UPDATE account SET role = ? WHERE id = ?", name_of(role), account);
      });
}

Outcome<void> set_disabled(Database& database, int64_t account, bool disabled) {
  return change_account(
      database, account, [&](const Account&) { return disabled; },
      [&](const Account&) -> Result<void> {
        TRY_VOID(run(database, "UPDATE account SET disabled = ? WHERE id = ?", disabled, account));
        return disabled ? end_generation(database, account) : Result<void>();
      });
}

Outcome<void> delete_account(Database& database, int64_t account) {
  return change_account(
      database, account, [](const Account&) { return true; },
      [&](const Account&) { return run(database, "DELETE FROM account WHERE id = ?", account); });
}

}  // namespace yagura::state
