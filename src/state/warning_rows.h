// SPDX-License-Identifier: Apache-2.0
//
// How a warning is read from its table, alone or joined with another; private to this room.
#pragma once

#include <string_view>
#include <vector>

#include "state/statement.h"
#include "state/warnings.h"

namespace yagura::state {

inline constexpr std::string_view warning_columns =
    "warning.id, warning.member, warning.address, warning.traffic, warning.first, warning.last, "
    "warning.state, warning.severity, warning.story, warning.acknowledged, "
    "warning.acknowledged_by, "
    "(SELECT until FROM mute WHERE mute.member = warning.member "
    "AND mute.address = warning.address), "
    "(SELECT count(*) FROM warning_comment WHERE warning_comment.warning = warning.id), "
    "(SELECT count(*) FROM warning_comment WHERE warning_comment.warning = warning.id "
    "AND warning_comment.of_member)";
inline constexpr int warning_column_count = 14;

// Reads `warning_columns` from the first on; of one row, of all.
Result<Warning> warning_from(const Statement& statement);
Result<std::vector<Warning>> read_warnings(Statement& statement);

}  // namespace yagura::state
