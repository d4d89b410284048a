// SPDX-License-Identifier: Apache-2.0
//
// The log: lines to standard error, the only global of the house. Thread-safe.
//
// For what happens while a command runs and nobody waits for its answer (a file skipped, a list
// reloaded). What a command answers goes to standard output, why it failed is an Error; nothing is
// both logged and returned.
#pragma once

#include <string_view>

namespace yagura {

// Text from outside is escaped; one line each.
void log_info(std::string_view message);
void log_warning(std::string_view message);
void log_error(std::string_view message);

}  // namespace yagura
