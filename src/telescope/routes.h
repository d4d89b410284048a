// SPDX-License-Identifier: Apache-2.0
//
// The telescope's part of the HTTP API: the questions of tables*.h and the report, as routes.
//
// What a row holds is what the command line prints as JSON: both come from report_tables.h. Every
// handler asks through the connections of the worker thread that runs it, so they run side by side
// and beside a writer.
#pragma once

#include <functional>
#include <vector>

#include "enrich/places.h"
#include "http/route.h"
#include "state/database.h"
#include "store/engine.h"

namespace yagura::telescope {

class KnownNumbers;

// What one worker thread asks through, and nobody else at the time.
struct Desk {
  store::Connection& connection;
  state::Database& database;
  KnownNumbers* known = nullptr;  // null: nothing is kept; outlives the routes
};

struct RouteContext {
  std::function<Desk(size_t worker)> desk;
  const enrich::Places* places = nullptr;  // null = no places known; outlives the routes
  enrich::CountryCode home_country = 0;    // of the report; 0 = none
};

// All under /api/v1/telescope, of scope "read".
std::vector<http::Route> routes(const RouteContext& context);

}  // namespace yagura::telescope
