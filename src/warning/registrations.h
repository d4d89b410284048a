// SPDX-License-Identifier: Apache-2.0
//
// Members and their blocks as CSV: a line "member,use,prefix" per block, where use is "live" or
// "dark". What is written can be read again. Pure functions of the text.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/table.h"
#include "state/members.h"

namespace yagura::warning {

// The members of a text, in the order in which they are first named, each with all of its blocks.
// The header line may be missing; empty lines and lines that begin with '#' are left out. Fails
// with the first five lines that cannot be read: half an import would take blocks away.
Result<std::vector<state::Registration>> read_registrations(std::string_view text);

// The blocks as such a table.
Table blocks_table(std::span<const state::Member> members,
                   std::span<const state::MemberBlock> blocks);

}  // namespace yagura::warning
