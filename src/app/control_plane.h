// SPDX-License-Identifier: Apache-2.0
//
// The control plane for verbs that need nothing else: they work beside a process that observes.
#pragma once

#include <memory>
#include <string>

#include "app/session.h"
#include "state/database.h"
#include "state/members.h"

namespace yagura::app {

// Fails where there is no data yet.
Result<std::unique_ptr<state::Database>> open_state(const Session& session);
// Makes what is missing: members can come before the first packet.
Result<std::unique_ptr<state::Database>> open_or_make_state(const Session& session);

// Fails where there is none of that name.
Result<state::Member> member_to_name(state::Database& database, const std::string& name);

}  // namespace yagura::app
