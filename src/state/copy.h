// SPDX-License-Identifier: Apache-2.0
//
// A copy of the control plane, taken while others use it.
#pragma once

#include <filesystem>

#include "base/result.h"
#include "state/database.h"

namespace yagura::state {

// Writes everything that is committed at this moment into the new file `file`, which is complete
// and on disk when this returns, and readable by its owner only. Others may go on reading and
// writing. In the thread of `database`.
Result<void> copy_database(Database& database, const std::filesystem::path& file);

}  // namespace yagura::state
