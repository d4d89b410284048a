// SPDX-License-Identifier: Apache-2.0
//
// Warnings and members as tables. No dark address is in them. Pure functions.
#pragma once

#include <span>

#include "base/result.h"
#include "base/table.h"
#include "state/members.h"
#include "state/warnings.h"
#include "warning/episode.h"

namespace yagura::warning {

// `members` names those of the episodes.
Table episodes_table(std::span<const Episode> episodes, std::span<const state::Member> members);

// The same of warnings as they are kept. Fails on one whose story cannot be read.
Result<Table> warnings_table(std::span<const state::Warning> warnings,
                             std::span<const state::Member> members);

// A line a member, with what it has of either kind.
Table members_table(std::span<const state::Member> members,
                    std::span<const state::MemberBlock> blocks);

}  // namespace yagura::warning
