// SPDX-License-Identifier: Apache-2.0
//
// The steps that made the tables of the store (schema/), for tests of upgrades.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "store/engine.h"

namespace yagura::store {

// What `migrate` (schema.h) does, no further than to `version`: a store as an older Yagura left it.
Result<void> migrate_to(Connection& connection, uint32_t version);

}  // namespace yagura::store
