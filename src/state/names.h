// SPDX-License-Identifier: Apache-2.0
//
// What names of accounts and members have in common. Private to this room; pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "state/outcome.h"

namespace yagura::state {

// What two spellings of a name have in common: names that differ only in the case of ASCII letters
// are one.
std::string folded_name(std::string_view name);

// Refuses a name that is not 1 to `longest` printable characters, or that has a blank at either
// end. `what` begins the reason: "an account's name".
Outcome<void> check_name(std::string_view what, std::string_view name, size_t longest);

}  // namespace yagura::state
