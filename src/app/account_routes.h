// SPDX-License-Identifier: Apache-2.0
//
// Who may ask: logging in and out, accounts, tokens and the audit log, as routes of the HTTP API,
// and the check of every request that comes with a session's cookie or a token.
#pragma once

#include <functional>
#include <vector>

#include "http/router.h"
#include "state/database.h"
#include "state/login.h"
#include "state/sessions.h"

namespace yagura::app {

struct AccountContext {
  // The connection of a worker thread to state.db, and nobody else's at the time.
  std::function<state::Database&(size_t worker)> database;
  std::function<Timestamp()> now;
  state::LoginOptions login;
  state::SessionOptions sessions;
};

// A session's cookie (what changes something also needs its X-CSRF-Token) or "Authorization: Bearer
// TOKEN". Without either: nobody.
http::Authenticator authenticator(const AccountContext& context);

// Under /api/v1: session, setup, accounts, tokens, audit.
std::vector<http::Route> account_routes(const AccountContext& context);

}  // namespace yagura::app
