// SPDX-License-Identifier: Apache-2.0
//
// The one-time set-up link, by which whoever started the service makes the first admin.
//
// Threads: as the Database they are given, of which every thread has its own. Of several that use
// the link at once, one wins.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "state/accounts.h"
#include "state/database.h"
#include "state/outcome.h"

namespace yagura::state {

// How long a set-up link can be used.
constexpr Duration setup_validity = Duration::hours(24);

// A fresh secret for the link (43 characters that need no escape in a URL), valid from `now` for
// `setup_validity`; the one before it ends. Nothing once there is an account. Only its hash is
// kept: it cannot be shown again.
Result<std::optional<std::string>> setup_secret(Database& database, Timestamp now);

// Makes the first account, an admin, and uses the secret up. Refused: a secret that is wrong, used
// or too old (which of them is not said), a bad name or password; these leave the secret as it was.
Outcome<Account> set_up(Database& database, std::string_view secret, const std::string& name,
                        const std::string& password, Timestamp now, PasswordCost cost = {});

}  // namespace yagura::state
