// SPDX-License-Identifier: Apache-2.0
#include "state/login.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "state/account_rows.h"
#include "state/names.h"
#include "state/secrets.h"
#include "state/statement.h"

namespace yagura::state {
namespace {

constexpr int64_t most_subjects = 100'000;
constexpr size_t longest_password = 256;  // bytes; more was never accepted

// What is counted: a name, an address.
using Subjects = std::array<std::string, 2>;

// The name as a hash, since what was typed may be a password.
std::string name_subject(std::string_view name) {
  return "name " + digest_text("login name", folded_name(name));
}
std::string address_subject(IpAddress remote) {
  return "address " + Prefix::of(remote, remote.is_v4() ? 128 : 64).to_string();
}

struct Failures {
  int64_t count = 0;  // those not forgotten yet
  Duration wait;      // from now on
};

Result<Failures> failures_of(Database& database, const std::string& subject, Timestamp now,
                             const LoginOptions& options) {
  TRY(Statement statement,
      Statement::prepare(database,
                         "SELECT failures, last, wait_until FROM login_failure WHERE subject = ?"));
  TRY(const bool found, statement.bind(subject).step());
  if (!found) return Failures{};
  const Duration since = std::max(Duration{}, now - statement.time(1));
  const int64_t forgotten = since.nanoseconds / options.forget_one.nanoseconds;
  // A clock that was set back must not make anybody wait for longer than they were told.
  return Failures{
      std::max<int64_t>(0, statement.integer(0) - forgotten),
      std::clamp(statement.time(2) - now, Duration{}, options.longest_wait),
  };
}

Result<Duration> wait_of(Database& database, const Subjects& subjects, Timestamp now,
                         const LoginOptions& options) {
  Duration longest;
  for (const std::string& subject : subjects) {
    TRY(const Failures failures, failures_of(database, subject, now, options));
    longest = std::max(longest, failures.wait);
  }
  return longest;
}

// The wait after so many failures: 0 for the free ones, then 1, 2, 4, … times the first.
Duration wait_after(int64_t failures, const LoginOptions& options) {
  Duration wait;
  for (int64_t i = options.free_failures; i < failures && wait < options.longest_wait; ++i) {
    wait = wait == Duration{} ? options.first_wait : wait + wait;
  }
  return std::min(wait, options.longest_wait);
}

Result<void> set_failures(Database& database, const std::string& subject, int64_t count,
                          Duration wait, Timestamp now, const LoginOptions& options) {
  return run(database,
             "INSERT OR REPLACE INTO login_failure (subject, failures, last, wait_until, "
             "forgotten) VALUES (?, ?, ?, ?, ?)",
             subject, count, now, now + wait,
             now + std::max(wait, Duration{options.forget_one.nanoseconds * count}));
}

// Takes out what is forgotten, and what is soonest forgotten where there is no room for more.
Result<void> make_room(Database& database, Timestamp now) {
  TRY_VOID(run(database, "DELETE FROM login_failure WHERE forgotten <= ?", now));
  TRY(Statement count, Statement::prepare(database, "SELECT count(*) FROM login_failure"));
  TRY(const bool row, count.step());
  CHECK(row);
  const int64_t surplus =
      count.integer(0) + static_cast<int64_t>(Subjects().size()) - most_subjects;
  if (surplus <= 0) return {};
  return run(database,
             "DELETE FROM login_failure WHERE subject IN "
             "(SELECT subject FROM login_failure ORDER BY forgotten LIMIT ?)",
             surplus);
}

// Counts an attempt as failed; or says how long to wait, if it came too soon.
struct Charge {
  bool counted = false;
  Duration wait;  // until the next attempt, this one being wrong
};
Result<Charge> charge(Database& database, const Subjects& subjects, Timestamp now,
                      const LoginOptions& options) {
  Charge charged;
  // Without a transaction first: who is turned away should not have to be waited for by writers.
  TRY(charged.wait, wait_of(database, subjects, now, options));
  if (charged.wait > Duration{}) return charged;
  TRY_VOID(database.transaction([&]() -> Result<void> {
    TRY(charged.wait, wait_of(database, subjects, now, options));
    if (charged.wait > Duration{}) return {};
    charged.counted = true;
    TRY_VOID(make_room(database, now));
    for (const std::string& subject : subjects) {
      TRY(const Failures before, failures_of(database, subject, now, options));
      const int64_t count = before.count + 1;
      const Duration wait = wait_after(count, options);
      TRY_VOID(set_failures(database, subject, count, wait, now, options));
      charged.wait = std::max(charged.wait, wait);
    }
    return {};
  }));
  return charged;
}

Result<void> give_back(Database& database, const Subjects& subjects, Timestamp now,
                       const LoginOptions& options) {
  const auto& [name, address] = subjects;
  TRY_VOID(run(database, "DELETE FROM login_failure WHERE subject = ?", name));
  TRY(const Failures known, failures_of(database, address, now, options));
  if (known.count <= 1) {
    return run(database, "DELETE FROM login_failure WHERE subject = ?", address);
  }
  return set_failures(database, address, known.count - 1, Duration{}, now, options);
}

struct Candidate {
  Account account;
  std::string password_hash;
};
Result<std::optional<Candidate>> find_candidate(Database& database, std::string_view name) {
  TRY(Statement statement,
      Statement::prepare(database,
                         fmt::format("SELECT {}, password_hash FROM account WHERE folded_name = ?",
                                     account_columns)));
  TRY(const bool found, statement.bind(folded_name(name)).step());
  if (!found) return std::nullopt;
  TRY(Account account, account_from(statement, 0));
  return Candidate{std::move(account), statement.text(account_column_count)};
}

// The same work whether or not there is a candidate.
Result<bool> is_right(const std::optional<Candidate>& candidate, std::string_view password,
                      PasswordCost cost) {
  if (password.size() > longest_password) password = {};
  if (candidate) return verify_password(candidate->password_hash, password);
  TRY_VOID(hash_password(password, cost));
  return false;
}

// Nothing if the account was changed while its password was being checked.
Result<std::optional<Account>> welcome(Database& database, const Candidate& candidate,
                                       const std::optional<std::string>& renewed_hash,
                                       Timestamp now) {
  TRY_VOID(run(database,
               "UPDATE account SET last_login = ?, password_hash = ifnull(?, password_hash) "
               "WHERE id = ? AND disabled = 0 AND generation = ?",
               now, renewed_hash, candidate.account.id, candidate.account.generation));
  if (changed_rows(database) == 0) return std::nullopt;
  return find_account(database, candidate.account.id);
}

Login refused(Login::Answer answer, Duration wait) {
  const int64_t seconds = (wait.nanoseconds + 999'999'999) / 1'000'000'000;
  std::string message = answer == Login::Answer::wrong ? "wrong name or password"
                                                       : "too many failed attempts to log in";
  if (seconds > 0) {
    message += fmt::format(": the next one is looked at in {}",
                           format_duration(Duration::seconds(seconds)));
  }
  return {answer, std::nullopt, wait, std::move(message)};
}

}  // namespace

Result<Login> log_in(Database& database, std::string_view name, std::string_view password,
                     IpAddress remote, Timestamp now, const LoginOptions& options) {
  const Subjects subjects = {name_subject(name), address_subject(remote)};
  TRY(const Charge charged, charge(database, subjects, now, options));
  if (!charged.counted) return refused(Login::Answer::too_soon, charged.wait);
  TRY(const auto candidate, find_candidate(database, name));
  TRY(const bool right, is_right(candidate, password, options.cost));
  std::optional<Account> account;
  if (right) {
    std::optional<std::string> renewed_hash;
    if (!has_cost(candidate->password_hash, options.cost)) {
      TRY(renewed_hash, hash_password(password, options.cost));
    }
    TRY_VOID(database.transaction([&]() -> Result<void> {
      TRY(account, welcome(database, *candidate, renewed_hash, now));
      return account ? give_back(database, subjects, now, options) : Result<void>();
    }));
  }
  if (!account) return refused(Login::Answer::wrong, charged.wait);
  return Login{Login::Answer::welcome, std::move(account), {}, {}};
}

}  // namespace yagura::state
