// SPDX-License-Identifier: Apache-2.0
//
// The tables of state.db, as the steps that made them; private to this room.
//
// `PRAGMA user_version` of a file says how many steps it has seen. A step that was released is
// never changed: the tests make the files of every earlier version from these texts and upgrade
// them. Constant; thread-safe.
#pragma once

#include <cstdint>
#include <span>

namespace yagura::state {

// Marks a file as ours ("Ygra"), so that another program's SQLite file is not written into.
inline constexpr int64_t application_id = 0x59677261;

// SQL texts: the n-th brings a file of version n to n + 1.
std::span<const char* const> migrations();

}  // namespace yagura::state
