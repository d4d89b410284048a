// SPDX-License-Identifier: Apache-2.0
#include "state/members.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>

#include "state/member_rows.h"
#include "state/names.h"
#include "state/statement.h"

namespace yagura::state {
namespace {

constexpr size_t longest_name = 128;

tl::unexpected<StateError> invalid(std::string message) {
  return refusal(StateError::Kind::invalid, std::move(message));
}

Result<std::optional<Member>> next_member(Statement& statement) {
  TRY(const bool found, statement.step());
  if (!found) return std::nullopt;
  return Member{statement.integer(0), statement.text(1), statement.time(2)};
}

Result<std::vector<MemberBlock>> read_blocks(Statement& statement) {
  std::vector<MemberBlock> blocks;
  while (true) {
    TRY(const bool row, statement.step());
    if (!row) break;
    MemberBlock& block = blocks.emplace_back();
    block.member = statement.integer(0);
    block.use = statement.integer_as<BlockUse>(1);
    TRY(block.prefix, within("the members in state.db", Prefix::parse(statement.text(2))));
  }
  std::sort(blocks.begin(), blocks.end(), [](const MemberBlock& a, const MemberBlock& b) {
    return std::tuple(a.member, a.use, a.prefix.first(), a.prefix.length()) <
           std::tuple(b.member, b.use, b.prefix.first(), b.prefix.length());
  });
  return blocks;
}

Result<std::string> name_of(Database& database, int64_t member) {
  TRY(Statement statement, Statement::prepare(database, "SELECT name FROM member WHERE id = ?"));
  TRY(const bool found, statement.bind(member).step());
  CHECK(found);
  return statement.text(0);
}

Outcome<void> check(std::span<const Registration> registrations) {
  std::set<std::string> names;
  for (const Registration& registration : registrations) {
    TRY_VOID(check_name("a member's name", registration.name, longest_name));
    // A spreadsheet would run it as a formula.
    if (std::string_view("=+-@").find(registration.name[0]) != std::string_view::npos)
      return invalid(fmt::format("a member's name cannot begin with '{}'", registration.name[0]));
    if (!names.insert(folded_name(registration.name)).second)
      return invalid(fmt::format("member \"{}\" is there twice", registration.name));
    if (registration.live.empty())
      return invalid(fmt::format("member \"{}\" has no live block", registration.name));
  }
  return {};
}

Result<Member> made_member(Database& database, const std::string& name, Timestamp now) {
  TRY_VOID(run(database, "INSERT INTO member (name, folded_name, registered) VALUES (?, ?, ?)",
               name, folded_name(name), now));
  TRY(const auto member, member_named(database, name));
  CHECK(member.has_value());
  return *member;
}

}  // namespace

Result<void> replace_blocks(Database& database, int64_t member, const Registration& registration) {
  TRY_VOID(run(database, "DELETE FROM member_block WHERE member = ?", member));
  TRY(Statement insert,
      Statement::prepare(database,
                         "INSERT OR IGNORE INTO member_block (member, use, prefix) "
                         "VALUES (?, ?, ?)"));
  for (const auto& [use, prefixes] : {std::pair(BlockUse::live, &registration.live),
                                      std::pair(BlockUse::dark, &registration.dark)}) {
    for (const Prefix& prefix : *prefixes)
      TRY_VOID(insert.bind(member, static_cast<int>(use), prefix.to_string()).run());
  }
  return {};
}

Result<void> replace_allocation(Database& database, int64_t member,
                                const Registration& registration) {
  TRY_VOID(run(database, "DELETE FROM allocation WHERE member = ?", member));
  TRY(Statement insert,
      Statement::prepare(database,
                         "INSERT OR IGNORE INTO allocation (member, prefix) VALUES (?, ?)"));
  for (const auto* prefixes : {&registration.live, &registration.dark})
    for (const Prefix& prefix : *prefixes) TRY_VOID(insert.bind(member, prefix.to_string()).run());
  return {};
}

// Prefixes are disjoint or one holds the other, so in order of address the one that reaches
// furthest so far is the outermost that may hold the next.
Outcome<void> check_blocks(Database& database) {
  TRY(auto blocks, member_blocks(database));
  if (blocks.size() > most_blocks)
    return refusal(StateError::Kind::conflict,
                   fmt::format("members can have {} blocks together, and these would make {}",
                               most_blocks, blocks.size()));
  std::sort(blocks.begin(), blocks.end(), [](const MemberBlock& a, const MemberBlock& b) {
    return std::pair(a.prefix.first(), a.prefix.length()) <
           std::pair(b.prefix.first(), b.prefix.length());
  });
  const MemberBlock* outer = nullptr;
  for (const MemberBlock& block : blocks) {
    if (outer == nullptr || outer->prefix.last() < block.prefix.first()) {
      outer = &block;
      continue;
    }
    if (outer->member == block.member) continue;
    TRY(const std::string name, name_of(database, block.member));
    TRY(const std::string other, name_of(database, outer->member));
    return refusal(StateError::Kind::conflict,
                   fmt::format("{} of \"{}\" overlaps {} of \"{}\"", block.prefix.to_string(), name,
                               outer->prefix.to_string(), other));
  }
  return {};
}

Result<void> note_member_change(Database& database) {
  return run(database,
             "INSERT INTO member_changes (only, count) VALUES (1, 1) "
             "ON CONFLICT (only) DO UPDATE SET count = count + 1");
}

Result<int64_t> member_changes(Database& database) {
  TRY(Statement statement, Statement::prepare(database, "SELECT count FROM member_changes"));
  TRY(const bool changed, statement.step());
  return changed ? statement.integer(0) : 0;
}

Result<std::vector<Member>> members(Database& database) {
  TRY(Statement statement, Statement::prepare(database,
                                              "SELECT id, name, registered FROM member "
                                              "ORDER BY folded_name"));
  std::vector<Member> all;
  while (true) {
    TRY(auto member, next_member(statement));
    if (!member) return all;
    all.push_back(std::move(*member));
  }
}

Result<std::optional<Member>> member_named(Database& database, std::string_view name) {
  TRY(Statement statement,
      Statement::prepare(database,
                         "SELECT id, name, registered FROM member WHERE folded_name = ?"));
  return next_member(statement.bind(folded_name(name)));
}

Result<std::optional<Member>> find_member(Database& database, int64_t id) {
  TRY(Statement statement,
      Statement::prepare(database, "SELECT id, name, registered FROM member WHERE id = ?"));
  return next_member(statement.bind(id));
}

Result<std::vector<MemberBlock>> member_blocks(Database& database) {
  TRY(Statement statement,
      Statement::prepare(database, "SELECT member, use, prefix FROM member_block"));
  return read_blocks(statement);
}

Result<std::vector<MemberBlock>> member_blocks(Database& database, int64_t member) {
  TRY(Statement statement,
      Statement::prepare(database,
                         "SELECT member, use, prefix FROM member_block WHERE member = ?"));
  return read_blocks(statement.bind(member));
}

Outcome<void> register_members(Database& database, std::span<const Registration> registrations,
                               Timestamp now) {
  TRY_VOID(check(registrations));
  return transaction(database, [&]() -> Outcome<void> {
    for (const Registration& registration : registrations) {
      TRY(auto member, member_named(database, registration.name));
      if (!member) {
        TRY(member, made_member(database, registration.name, now));
      }
      TRY_VOID(replace_blocks(database, member->id, registration));
      TRY_VOID(replace_allocation(database, member->id, registration));
    }
    TRY_VOID(note_member_change(database));
    TRY(const auto all, members(database));
    if (all.size() > most_members)
      return refusal(StateError::Kind::conflict,
                     fmt::format("there can be {} members, and these would make {}", most_members,
                                 all.size()));
    return check_blocks(database);
  });
}

Outcome<void> delete_member(Database& database, std::string_view name) {
  return transaction(database, [&]() -> Outcome<void> {
    TRY_VOID(run(database, "DELETE FROM member WHERE folded_name = ?", folded_name(name)));
    if (changed_rows(database) == 0)
      return refusal(StateError::Kind::absent, fmt::format("there is no member \"{}\"", name));
    TRY_VOID(note_member_change(database));
    return {};
  });
}

}  // namespace yagura::state
