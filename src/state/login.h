// SPDX-License-Identifier: Apache-2.0
//
// Logging in by name and password, slowly for whoever guesses.
//
// A wrong password and an unknown, disabled or impossible name get one answer after the same work
// (unless the account's hash is of another cost than new ones, until it logs in).
// Failures are counted per name (whether or not there is such an account) and per remote address
// (IPv6: per /64, which is what one customer has): `free_failures` cost nothing, each one more
// doubles the wait before the next attempt, up to `longest_wait`; one is forgotten every
// `forget_one`. What comes during a wait is neither checked nor counted. Whoever logs in clears the
// name's failures, not those of the address, or an account of one's own would buy guesses at
// others. The price is that a stranger can make the owner of a name wait, `longest_wait` at most.
//
// The counts are in state.db, so they hold across threads and restarts; they are of at most 100,000
// names and addresses, past which those soonest forgotten go first. An attempt is counted before
// its password is checked, and given back if it was right: many at once do not get in more guesses.
//
// Threads: as the Database they are given, of which every thread has its own. One attempt occupies
// its thread and the cost's memory (64 MiB) for about 0.2 s: bound how many run at once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ip_address.h"
#include "base/time.h"
#include "state/accounts.h"
#include "state/database.h"

namespace yagura::state {

struct LoginOptions {
  PasswordCost cost;  // of new hashes; an account's older one is renewed when it logs in
  int64_t free_failures = 5;
  Duration first_wait = Duration::seconds(1);
  Duration longest_wait = Duration::minutes(15);
  Duration forget_one = Duration::minutes(15);
};

struct Login {
  enum class Answer : uint8_t {
    welcome,
    wrong,     // wrong name or password
    too_soon,  // not checked: too many failures before
  };
  Answer answer = Answer::wrong;
  std::optional<Account> account;  // if welcome
  Duration wait;                   // how long until the next attempt is checked; 0: at once
  std::string message;             // for the person, unless welcome
};

// Fails only for trouble. Names in failed attempts are often passwords typed into the wrong field:
// do not log them.
Result<Login> log_in(Database& database, std::string_view name, std::string_view password,
                     IpAddress remote, Timestamp now, const LoginOptions& options = {});

}  // namespace yagura::state
