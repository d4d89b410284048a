// SPDX-License-Identifier: Apache-2.0
//
// The routes that show what is observed right now: the live stream, and where it stands.
#pragma once

#include "http/event_stream.h"
#include "http/route.h"
#include "telescope/live.h"

namespace yagura::telescope {

// GET /api/v1/telescope/live: the hub's messages as server-sent events. The hub outlives the route.
http::Route live_route(http::EventHub& hub);
// GET /api/v1/telescope/now: the last ten minutes and the feeds. `live` outlives the route.
http::Route now_route(const Live& live);

}  // namespace yagura::telescope
