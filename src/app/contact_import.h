// SPDX-License-Identifier: Apache-2.0
//
// Keeps the contacts of a CSV, for the command line and the API alike.
#pragma once

#include <span>

#include "base/time.h"
#include "state/database.h"
#include "state/outcome.h"
#include "warning/contact_lines.h"

namespace yagura::app {

// All or nothing. Refused: a member that does not exist, and what state::put_contact refuses.
state::Outcome<void> put_contacts(state::Database& database,
                                  std::span<const warning::ContactLine> lines, Timestamp now);

}  // namespace yagura::app
