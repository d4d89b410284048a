// SPDX-License-Identifier: Apache-2.0
//
// The mark of a data folder that may be thrown away: what a replay writes has times at which
// nothing happened, and must not stand among observations. Threads: as the Database they are given.
#pragma once

#include <filesystem>

#include "base/result.h"
#include "state/database.h"

namespace yagura::state {

// Marks the folder for ever.
Result<void> mark_throw_away(Database& database);
// Whether the state.db at `file` bears the mark. Changes nothing: a file of an older or newer
// Yagura is not upgraded or refused.
Result<bool> is_throw_away(const std::filesystem::path& file);

}  // namespace yagura::state
