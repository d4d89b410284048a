// SPDX-License-Identifier: Apache-2.0
//
// What members change of their own blocks. Within its allocation, the blocks that an admin gave it
// last, a member does so at once; what reaches beyond is a claim that waits for an admin, so that
// nobody can find out by registering addresses which of them are dark, or somebody else's.
//
// Threads: as the Database they are given. Each function is one transaction.
#pragma once

#include <optional>
#include <vector>

#include "state/members.h"

namespace yagura::state {

Result<std::vector<Prefix>> allocation(Database& database, int64_t member);

struct Claim {
  int64_t member = 0;
  Timestamp made;
  std::vector<Prefix> live, dark;
};
Result<std::optional<Claim>> claim_of(Database& database, int64_t member);
// All that wait, the earliest first.
Result<std::vector<Claim>> claims(Database& database);

inline constexpr size_t most_claimed = 10'000;  // blocks
enum class Claimed : uint8_t { in_force, waits };
// Gives a member these blocks, or keeps them as its claim, in place of an earlier one. Refused: a
// member that does not exist, no live block, more than `most_claimed`, blocks within the allocation
// that have become another member's (which is not named).
Outcome<Claimed> claim_blocks(Database& database, int64_t member, const std::vector<Prefix>& live,
                              const std::vector<Prefix>& dark, Timestamp now);

// As register_members; the claim is gone. Refused: where there is none.
Outcome<void> approve_claim(Database& database, int64_t member, Timestamp now);
Outcome<void> refuse_claim(Database& database, int64_t member);

}  // namespace yagura::state
