// SPDX-License-Identifier: Apache-2.0
//
// Accounts of people: name, role, password.
//
// Threads: as the Database they are given, of which every thread has its own. Each function is one
// transaction, so it holds against other threads and processes; to write an audit entry with what
// it is about, call both inside one Database::transaction.
//
// There is always an admin who can log in, once there is an account: the last one can be neither
// disabled, demoted nor deleted.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "state/access.h"
#include "state/database.h"
#include "state/outcome.h"

namespace yagura::state {

struct Account {
  int64_t id = 0;  // 1, 2, …; that of a deleted account does not come back
  std::string name;
  Role role = Role::viewer;
  bool disabled = false;
  Timestamp created;
  std::optional<Timestamp> last_login;
  // Counts what ended its sessions: a session begins only for the generation that logged in.
  int64_t generation = 0;
  // Of the role member: its organisation. It goes when that one does.
  int64_t member = 0;
  std::string member_name;
  bool operator==(const Account&) const = default;
};

// What hashing a password costs whoever guesses: Argon2id's passes and memory (RFC 9106; these are
// libsodium's for interactive logins: about 0.2 s of one core). Tests use the `least`.
struct PasswordCost {
  uint64_t passes = 2;
  uint64_t memory_bytes = 64 << 20;

  static constexpr PasswordCost least() { return {1, 8192}; }
};

struct NewAccount {
  std::string name;  // 1-64 printable characters, no blank at either end
  Role role = Role::viewer;
  std::string password;     // 12-256 bytes
  std::string member = {};  // of the role member: the organisation's name
};

// Refuse a name, or a password for it, that will not do. A password is 12 to
// 256 bytes and not one of the first that anybody tries: the name, one character or a row of them
// ("abcdefghijkl"), a well-known one.
Outcome<void> check_account_name(std::string_view name);
Outcome<void> check_password(std::string_view name, std::string_view password);

// All accounts (at most 10,000) in order of name.
Result<std::vector<Account>> accounts(Database& database);
Result<std::optional<Account>> find_account(Database& database, int64_t id);
Result<std::optional<Account>> account_named(Database& database, std::string_view name);

// Refused: a bad name or password, a name that is taken, an organisation that does not exist or
// belongs to no other role, more than 10,000 accounts. Hashes the
// password before it begins its transaction.
Outcome<Account> create_account(Database& database, const NewAccount& account, Timestamp now,
                                PasswordCost cost = {});

// These refuse an account that does not exist, and what would leave no admin who can log in.
// Whoever changes the own password gives the present one to `log_in` first, whose limits hold.
Outcome<void> set_password(Database& database, int64_t account, std::string_view password,
                           PasswordCost cost = {});  // ends the account's sessions
// Refused, too: from or to the role member, which is another person's account.
Outcome<void> set_role(Database& database, int64_t account, Role role);
// Disabling ends the account's sessions; its tokens rest until it is enabled again.
Outcome<void> set_disabled(Database& database, int64_t account, bool disabled);
// Its sessions and tokens go with it.
Outcome<void> delete_account(Database& database, int64_t account);

}  // namespace yagura::state
