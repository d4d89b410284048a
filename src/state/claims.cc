// SPDX-License-Identifier: Apache-2.0
#include "state/claims.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/prefix_map.h"
#include "base/text.h"
#include "state/member_rows.h"
#include "state/statement.h"

namespace yagura::state {
namespace {

Result<void> read_claim_blocks(Database& database, Claim& claim) {
  TRY(Statement statement,
      Statement::prepare(database, "SELECT use, prefix FROM claim_block WHERE member = ?"));
  statement.bind(claim.member);
  while (true) {
    TRY(const bool row, statement.step());
    if (!row) break;
    TRY(const Prefix prefix, within("the claims in state.db", Prefix::parse(statement.text(1))));
    (statement.integer_as<BlockUse>(0) == BlockUse::live ? claim.live : claim.dark)
        .push_back(prefix);
  }
  const auto rising = [](const Prefix& a, const Prefix& b) {
    return std::pair(a.first(), a.length()) < std::pair(b.first(), b.length());
  };
  std::sort(claim.live.begin(), claim.live.end(), rising);
  std::sort(claim.dark.begin(), claim.dark.end(), rising);
  return {};
}

Result<std::vector<Claim>> read_claims(Database& database, Statement& statement) {
  std::vector<Claim> all;
  while (true) {
    TRY(const bool row, statement.step());
    if (!row) break;
    Claim& claim = all.emplace_back();
    claim.member = statement.integer(0);
    claim.made = statement.time(1);
  }
  for (Claim& claim : all) TRY_VOID(read_claim_blocks(database, claim));
  return all;
}

// The union of prefixes: what lies side by side in it is one range.
using PrefixSet = PrefixMap<char>;

PrefixSet set_of(const std::vector<Prefix>& prefixes) {
  std::vector<std::pair<Prefix, char>> entries;
  entries.reserve(prefixes.size());
  for (const Prefix& prefix : prefixes) entries.emplace_back(prefix, char{1});
  return PrefixSet::from_prefixes(std::move(entries));
}

Result<void> drop_claim(Database& database, int64_t member) {
  return run(database, "DELETE FROM claim WHERE member = ?", member);
}

Result<void> keep_claim(Database& database, const Registration& wanted, int64_t member,
                        Timestamp now) {
  TRY_VOID(drop_claim(database, member));
  TRY_VOID(run(database, "INSERT INTO claim (member, made) VALUES (?, ?)", member, now));
  TRY(Statement insert,
      Statement::prepare(database,
                         "INSERT OR IGNORE INTO claim_block (member, use, prefix) "
                         "VALUES (?, ?, ?)"));
  for (const Prefix& prefix : wanted.live)
    TRY_VOID(insert.bind(member, static_cast<int>(BlockUse::live), prefix.to_string()).run());
  for (const Prefix& prefix : wanted.dark)
    TRY_VOID(insert.bind(member, static_cast<int>(BlockUse::dark), prefix.to_string()).run());
  return {};
}

tl::unexpected<StateError> no_claim() {
  return refusal(StateError::Kind::absent, "the member has no claim that waits");
}

Outcome<void> take_blocks(Database& database, int64_t member, const Registration& wanted) {
  TRY_VOID(replace_blocks(database, member, wanted));
  const Outcome<void> checked = check_blocks(database);
  if (!checked && checked.error().kind() == StateError::Kind::conflict)
    return refusal(StateError::Kind::conflict,
                   "these blocks cannot be registered as they are: ask the operator");
  TRY_VOID(checked);
  TRY_VOID(drop_claim(database, member));
  TRY_VOID(note_member_change(database));
  return {};
}

}  // namespace

Result<std::vector<Prefix>> allocation(Database& database, int64_t member) {
  TRY(Statement statement,
      Statement::prepare(database, "SELECT prefix FROM allocation WHERE member = ?"));
  statement.bind(member);
  std::vector<Prefix> all;
  while (true) {
    TRY(const bool row, statement.step());
    if (!row) break;
    TRY(all.emplace_back(), within("the members in state.db", Prefix::parse(statement.text(0))));
  }
  std::sort(all.begin(), all.end(), [](const Prefix& a, const Prefix& b) {
    return std::pair(a.first(), a.length()) < std::pair(b.first(), b.length());
  });
  return all;
}

Result<std::optional<Claim>> claim_of(Database& database, int64_t member) {
  TRY(Statement statement,
      Statement::prepare(database, "SELECT member, made FROM claim WHERE member = ?"));
  TRY(auto found, read_claims(database, statement.bind(member)));
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}

Result<std::vector<Claim>> claims(Database& database) {
  TRY(Statement statement,
      Statement::prepare(database, "SELECT member, made FROM claim ORDER BY made, member"));
  return read_claims(database, statement);
}

Outcome<Claimed> claim_blocks(Database& database, int64_t member, const std::vector<Prefix>& live,
                              const std::vector<Prefix>& dark, Timestamp now) {
  if (live.empty()) return refusal(StateError::Kind::invalid, "there is no live block");
  if (live.size() + dark.size() > most_claimed)
    return refusal(StateError::Kind::invalid,
                   fmt::format("a member can claim {} blocks", format_count(most_claimed)));
  const Registration wanted{"", live, dark};
  Claimed claimed = Claimed::in_force;
  TRY_VOID(transaction(database, [&]() -> Outcome<void> {
    TRY(const auto known, find_member(database, member));
    if (!known) return refusal(StateError::Kind::absent, "there is no such member");
    TRY(const auto granted, allocation(database, member));
    const auto is_within = [space = set_of(granted)](const Prefix& prefix) {
      return space.find_all(prefix) != nullptr;
    };
    if (std::all_of(live.begin(), live.end(), is_within) &&
        std::all_of(dark.begin(), dark.end(), is_within))
      return take_blocks(database, member, wanted);
    claimed = Claimed::waits;
    TRY_VOID(keep_claim(database, wanted, member, now));
    return {};
  }));
  return claimed;
}

Outcome<void> approve_claim(Database& database, int64_t member, Timestamp now) {
  return transaction(database, [&]() -> Outcome<void> {
    TRY(const auto claim, claim_of(database, member));
    if (!claim) return no_claim();
    TRY(const auto known, find_member(database, member));
    CHECK(known.has_value());
    const Registration registration{known->name, claim->live, claim->dark};
    TRY_VOID(register_members(database, std::span(&registration, 1), now));
    TRY_VOID(drop_claim(database, member));
    return {};
  });
}

Outcome<void> refuse_claim(Database& database, int64_t member) {
  return transaction(database, [&]() -> Outcome<void> {
    TRY_VOID(drop_claim(database, member));
    if (changed_rows(database) == 0) return no_claim();
    return {};
  });
}

}  // namespace yagura::state
