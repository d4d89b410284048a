// SPDX-License-Identifier: Apache-2.0
//
// Conditions on the rows of `numbers` that several questions share.
#pragma once

#include <string>
#include <string_view>

#include "telescope/tables_numbers.h"

namespace yagura::telescope {

std::string_view name_of(Level level);
// The rows that make up the period (tiles_of).
void add_tiles(Where& where, const Period& period);
void add_survey(Where& where, Survey survey);
// The dimension, class and values that a ranking ranks. Of ports the numbers know the classes one
// by one and, for UDP, scans; SYNs are the only TCP scans.
std::string ranked_condition(RankBy by, PacketClass class_);
// The class whose packets a ranking takes for the whole, unless another is asked for.
PacketClass usual_class(RankBy by);
// The ranked value of a row, as an expression.
std::string_view ranked_value(RankBy by);

}  // namespace yagura::telescope
