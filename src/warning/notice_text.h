// SPDX-License-Identifier: Apache-2.0
//
// A notice as the mail that a member's contact reads: its subject, and its body in plain text of at
// most 78 columns a line where no address or name is longer. One warning is told in full, several
// as tables. docs/warning-formats.md shows them. Pure functions.
#pragma once

#include <string>

#include "model/language.h"
#include "warning/notice.h"

namespace yagura::warning {

std::string subject_of(const Notice& notice, model::Language language);
std::string text_of(const Notice& notice, model::Language language);

}  // namespace yagura::warning
