// SPDX-License-Identifier: Apache-2.0
//
// How a member's blocks are written; private to this room. For within a transaction.
#pragma once

#include "state/members.h"

namespace yagura::state {

Result<void> replace_blocks(Database& database, int64_t member, const Registration& registration);
// Its blocks are what it is granted.
Result<void> replace_allocation(Database& database, int64_t member,
                                const Registration& registration);
// Refuses blocks that overlap another member's, and too many.
Outcome<void> check_blocks(Database& database);
Result<void> note_member_change(Database& database);

}  // namespace yagura::state
