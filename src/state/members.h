// SPDX-License-Identifier: Apache-2.0
//
// Member organisations: who is warned, and of which addresses. A member's live blocks are the
// addresses on whose behalf the dark space is watched; its dark blocks are those of its own unused
// addresses that a sensor observes.
//
// What one member has is nobody else's: a block that holds an address of another member's is
// refused. Dark blocks within live ones of the same member are as it should be.
//
// Threads: as the Database they are given. Each function is one transaction.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip_address.h"
#include "base/time.h"
#include "state/database.h"
#include "state/outcome.h"

namespace yagura::state {

inline constexpr size_t most_members = 50'000;
inline constexpr size_t most_blocks = 1'000'000;  // of all members together

struct Member {
  int64_t id = 0;  // 1, 2, …; that of a deleted member does not come back
  std::string name;
  Timestamp registered;
  bool operator==(const Member&) const = default;
};

enum class BlockUse : uint8_t { live = 1, dark = 2 };

struct MemberBlock {
  int64_t member = 0;
  BlockUse use = BlockUse::live;
  Prefix prefix;
  bool operator==(const MemberBlock&) const = default;
};

// What a member is to have: a name of 1 to 128 printable characters, and all of its blocks.
struct Registration {
  std::string name;
  std::vector<Prefix> live, dark;
};

// All members, in order of name.
Result<std::vector<Member>> members(Database& database);
Result<std::optional<Member>> member_named(Database& database, std::string_view name);
Result<std::optional<Member>> find_member(Database& database, int64_t id);

// The blocks of all members, or of one: by member, live before dark, addresses rising.
Result<std::vector<MemberBlock>> member_blocks(Database& database);
Result<std::vector<MemberBlock>> member_blocks(Database& database, int64_t member);

// Makes the members that are new, and gives each the blocks it is to have in place of those it has;
// they are its allocation, too (claims.h). All or nothing. Refused: a bad name, a name twice, a
// member without a live block, blocks that overlap another member's (both are named), too many of
// either.
Outcome<void> register_members(Database& database, std::span<const Registration> registrations,
                               Timestamp now);

// Rises with every change of a member or block.
Result<int64_t> member_changes(Database& database);

// Refused: a member that does not exist. Its warnings go with it.
Outcome<void> delete_member(Database& database, std::string_view name);

}  // namespace yagura::state
