// SPDX-License-Identifier: Apache-2.0
//
// A warning as it is kept, read as what it tells. Pure functions.
#pragma once

#include "base/result.h"
#include "enrich/places.h"
#include "state/warnings.h"
#include "warning/notice.h"

namespace yagura::warning {

// Fails on one whose story cannot be read.
Result<Episode> episode_of(const state::Warning& warning);
// With where its address is, as far as `places` (may be null) knows.
Result<Told> told_of(const state::Warning& warning, Change change, const enrich::Places* places);
// What its state says to somebody who was told nothing yet.
Change change_of(const state::Warning& warning);

}  // namespace yagura::warning
