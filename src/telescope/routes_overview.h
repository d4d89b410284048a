// SPDX-License-Identifier: Apache-2.0
//
// The telescope's routes whose answers are no plain table: what there is, series, the report.
#pragma once

#include "http/route.h"
#include "telescope/routes.h"

namespace yagura::telescope {

http::Route overview_route(const RouteContext& context);
http::Route series_route(const RouteContext& context);
http::Route report_route(const RouteContext& context);

}  // namespace yagura::telescope
