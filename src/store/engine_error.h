// SPDX-License-Identifier: Apache-2.0
//
// Texts that go to and come from the engine; private to this room.
#pragma once

#include <string>
#include <string_view>

namespace yagura::store {

// The engine's exception as one line for a person: without codes, versions and stack, at most 400
// bytes. "Code: 60. DB::Exception: Unknown table x. (UNKNOWN_TABLE) (version 26.7)" becomes
// "unknown table x (UNKNOWN_TABLE)".
std::string one_line_error(std::string_view text);

// The value of parameter `name` as the engine expects it: it reads text as in a tab-separated file,
// so in a String placeholder of `sql` backslash, tab and newline are escaped.
std::string escape_parameter(std::string_view sql, std::string_view name, std::string_view value);

}  // namespace yagura::store
