// SPDX-License-Identifier: Apache-2.0
//
// How an account is read from its table, alone or joined with another; private to this room.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "state/accounts.h"
#include "state/statement.h"

namespace yagura::state {

inline constexpr std::string_view account_columns =
    "account.id, account.name, account.role, account.disabled, account.created, "
    "account.last_login, account.generation, account.member, "
    "(SELECT member.name FROM member WHERE member.id = account.member)";
inline constexpr int account_column_count = 9;

// Reads `account_columns` from `column` on.
Result<Account> account_from(const Statement& statement, int column);

// Makes an account whose name and password have been checked. For within a transaction.
struct AccountRow {
  std::string name;
  Role role = Role::viewer;
  std::string password_hash;
  std::optional<int64_t> member;
};
Outcome<Account> insert_account(Database& database, const AccountRow& account, Timestamp now);

tl::unexpected<StateError> no_such_account();

}  // namespace yagura::state
