// SPDX-License-Identifier: Apache-2.0
//
// Members and warnings as routes of the HTTP API. Who reads what was observed may see them; members
// are changed by admins, and every change is in the audit log.
#pragma once

#include <vector>

#include "app/account_routes.h"
#include "http/route.h"
#include "telescope/routes.h"

namespace yagura::app {

// Under /api/v1/warning: members, blocks, scan.
std::vector<http::Route> warning_routes(const telescope::RouteContext& telescope,
                                        const AccountContext& accounts);

}  // namespace yagura::app
