// SPDX-License-Identifier: Apache-2.0
//
// Why a meta-alert is shown, in words: the features that the model named, told by the facts of the
// judgement, and what of those facts is new. Pure.
#pragma once

#include <span>
#include <string>

#include "livenet/alert_history.h"

namespace yagura::livenet {

// "rule never seen on this host before; already 410 alerts when it stood out, usually 3; 3 rules on
// host within the hour, usually 1". That a rule or host is new is said first, whatever was named;
// what is no more than usual is not said. `alerts` are those that it has by now. Empty where no
// feature is named.
std::string reasons_text(std::span<const Feature> reasons, const Facts& facts, uint64_t alerts);

}  // namespace yagura::livenet
