// SPDX-License-Identifier: Apache-2.0
//
// Warnings, members and notices as tables. No dark address is in them. What a member reads holds no
// name of a member, and times to the second. Pure functions.
#pragma once

#include <span>

#include "base/result.h"
#include "base/table.h"
#include "model/language.h"
#include "state/claims.h"
#include "state/members.h"
#include "state/outbox.h"
#include "state/warnings.h"
#include "warning/episode.h"

namespace yagura::warning {

enum class Reader : uint8_t { operators, member };
struct TableStyle {
  Reader reader = Reader::operators;
  model::Language language = model::Language::english;  // of the explanations
};

// `members` names those of the episodes; it may be empty for a member.
Table episodes_table(std::span<const Episode> episodes, std::span<const state::Member> members,
                     TableStyle style = {});

// The same of warnings as they are kept. Fails on one whose story cannot be read.
Result<Table> warnings_table(std::span<const state::Warning> warnings,
                             std::span<const state::Member> members, TableStyle style = {});
// Of what people wrote about a warning a member reads what its own people wrote.
Table comments_table(std::span<const state::Comment> comments, Reader reader);

// A line a member, with what it has of either kind.
Table members_table(std::span<const state::Member> members,
                    std::span<const state::MemberBlock> blocks);

// What members claim, with how many blocks.
Table claims_table(std::span<const state::Claim> claims, std::span<const state::Member> members);

// Notices that wait, were sent or were given up.
Table letters_table(std::span<const state::Letter> letters);

}  // namespace yagura::warning
