// SPDX-License-Identifier: Apache-2.0
//
// The SQL files of schema/, compiled into the program; private to this room.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace yagura::store {

struct Migration {
  uint32_t version = 0;  // the number the file's name begins with
  std::string_view name;
  std::string_view sql;  // statements, each ending with a semicolon at the end of a line
};

// In order: versions 1, 2, 3, …
std::span<const Migration> migrations();

}  // namespace yagura::store
