// SPDX-License-Identifier: Apache-2.0
//
// A warning as it is kept, read as what it tells. Pure.
#pragma once

#include "base/result.h"
#include "state/warnings.h"
#include "warning/episode.h"

namespace yagura::warning {

// Fails on one whose story cannot be read.
Result<Episode> episode_of(const state::Warning& warning);

}  // namespace yagura::warning
