// SPDX-License-Identifier: Apache-2.0
//
// API tokens: how programs show on whose behalf they ask.
//
// A token is "ygr_" and 256 random bits; only its hash is kept, and the first characters to tell it
// from others by. It can do what its scopes say, as far as the role of its account goes: a demoted
// account's tokens are demoted with it, those of a disabled account rest.
//
// Threads: as the Database they are given, of which every thread has its own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "state/access.h"
#include "state/accounts.h"
#include "state/database.h"
#include "state/outcome.h"

namespace yagura::state {

struct Token {
  int64_t id = 0;       // that of a revoked token does not come back
  int64_t account = 0;  // whose it is
  std::string name;     // unique among the account's
  std::string shown;    // "ygr_x7Yp2Q"
  Scopes scopes;        // as issued
  Timestamp created;
  std::optional<Timestamp> expires;
  std::optional<Timestamp> last_used;  // up to a minute older than the truth
};

struct NewToken {
  std::string name;  // as an account's: 1-64 printable characters, no blank at either end
  Scopes scopes;
  std::optional<Timestamp> expires;
};

struct IssuedToken {
  Token token;
  std::string secret;  // the whole token; cannot be shown again
};

struct TokenUse {
  Token token;
  Account account;  // as it is now
  Scopes scopes;    // what it may do now; may be none
};

// Refused: a bad name or one the account has a token of, no scope, scopes beyond the account's
// role, an expiry that is past, an account that is absent or disabled, more than 100 tokens.
Outcome<IssuedToken> issue_token(Database& database, int64_t account, const NewToken& token,
                                 Timestamp now);

// The token of that text, or nothing: unknown, revoked, expired, or its account is disabled. Notes
// the use, at most once a minute.
Result<std::optional<TokenUse>> find_token(Database& database, std::string_view text,
                                           Timestamp now);

// In order of account and name; `owner` limits them to one account's. Expired ones are among them.
Result<std::vector<Token>> tokens(Database& database, std::optional<int64_t> owner);

// Ends a token. Refused if there is none of that id, or `owner` is given and it is somebody else's.
Outcome<void> revoke_token(Database& database, int64_t token, std::optional<int64_t> owner);

}  // namespace yagura::state
