// SPDX-License-Identifier: Apache-2.0
//
// A file that a person names and that is read as a whole.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace yagura::app {

// The bytes of `path`. Fails, naming it, where it cannot be read or has more than `largest` bytes.
Result<std::string> read_input_file(const std::string& path, std::uintmax_t largest);

// The same, of a pipe or device as well, and of "-" as standard input: waits as long as their other
// end takes, so it is not for a process that serves.
Result<std::string> read_input(const std::string& path, std::uintmax_t largest);

}  // namespace yagura::app
