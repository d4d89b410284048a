// SPDX-License-Identifier: Apache-2.0
//
// Early warning as routes of the HTTP API. Who reads what was observed may see members and
// warnings; members are changed by admins, and every change is in the audit log. Accounts of a
// member have a portal to what is their organisation's own, and nothing else.
#pragma once

#include <vector>

#include "app/account_routes.h"
#include "http/route.h"
#include "telescope/routes.h"
#include "warning/notice_letter.h"

namespace yagura::app {

// Under /api/v1/warning and /api/v1/portal.
std::vector<http::Route> warning_routes(const telescope::RouteContext& telescope,
                                        const AccountContext& accounts,
                                        const warning::LetterOptions& letters);

}  // namespace yagura::app
