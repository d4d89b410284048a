// SPDX-License-Identifier: Apache-2.0
//
// A copy of the store as it is at one moment, made of hard links: it takes no time and no disk, and
// rows that come later do not change it.
//
// The copy is a store of its own: laid down under `folder` of EngineOptions it opens with the same
// tables and rows. Runs in the thread of the connection.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/engine.h"

namespace yagura::store {

struct FrozenFile {
  std::filesystem::path source;  // absolute; a hard link that nobody writes to
  std::filesystem::path place;   // relative to the store's folder
};

// Freezes every table of the store in `folder` (absolute). Nothing may be inserted or deleted
// meanwhile where tables are to agree with each other. The links stay until `thaw`; a second freeze
// before that is refused. After a failure nothing is left frozen.
Result<std::vector<FrozenFile>> freeze(Connection& connection, const std::filesystem::path& folder);

// Takes the links away, also those of a process that was killed; none is no error.
Result<void> thaw(const std::filesystem::path& folder);

}  // namespace yagura::store
