// SPDX-License-Identifier: Apache-2.0
//
// API tokens and the audit log, as routes of the HTTP API.
#pragma once

#include <vector>

#include "app/account_routes.h"

namespace yagura::app {

std::vector<http::Route> token_routes(const AccountContext& context);

}  // namespace yagura::app
