// SPDX-License-Identifier: Apache-2.0
//
// Why a meta-alert is shown, in words: the features that the model named, told by the facts of the
// judgement. Pure.
#pragma once

#include <span>
#include <string>

#include "livenet/alert_history.h"

namespace yagura::livenet {

// "rule never seen on this host before; when it had 410 alerts, usually 3; 3 rules on host within
// the hour, usually 1". Empty where no feature is named.
std::string reasons_text(std::span<const Feature> reasons, const Facts& facts);

}  // namespace yagura::livenet
