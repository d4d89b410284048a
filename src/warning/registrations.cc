// SPDX-License-Identifier: Apache-2.0
#include "warning/registrations.h"

#include <fmt/format.h>

#include <unordered_map>

#include "base/text.h"
#include "warning/csv_lines.h"

namespace yagura::warning {
namespace {

using Fields = std::vector<std::string>;

struct Line {
  std::string member;
  state::BlockUse use = state::BlockUse::live;
  Prefix prefix;
};

Result<Line> read_line(const Fields& fields) {
  if (fields.size() != 3)
    return failure(fmt::format("{} fields in place of three (member,use,prefix)", fields.size()));
  Line line;
  line.member = fields[0];
  if (line.member.empty()) return failure("the member has no name");
  const std::string& use = fields[1];
  if (use != "live" && use != "dark")
    return failure(fmt::format("'{}' is neither live nor dark", escape_terminal(use)));
  line.use = use == "live" ? state::BlockUse::live : state::BlockUse::dark;
  TRY(line.prefix, Prefix::parse(fields[2]));
  return line;
}

}  // namespace

Result<std::vector<state::Registration>> read_registrations(std::string_view text) {
  std::vector<state::Registration> registrations;
  std::unordered_map<std::string, size_t> places;
  TRY_VOID(
      read_csv_lines(text, {"member", "use", "prefix"}, [&](const Fields& fields) -> Result<void> {
        TRY(const Line line, read_line(fields));
        const auto [it, is_new] = places.try_emplace(line.member, registrations.size());
        if (is_new) registrations.push_back({line.member, {}, {}});
        state::Registration& registration = registrations[it->second];
        (line.use == state::BlockUse::live ? registration.live : registration.dark)
            .push_back(line.prefix);
        return {};
      }));
  if (registrations.empty()) return failure("there is no member in it");
  return registrations;
}

Table blocks_table(std::span<const state::Member> members,
                   std::span<const state::MemberBlock> blocks) {
  std::unordered_map<int64_t, std::string_view> names;
  for (const state::Member& member : members) names.emplace(member.id, member.name);
  Table table;
  table.columns = {{"member", "member", CellKind::text},
                   {"use", "use", CellKind::text},
                   {"prefix", "block", CellKind::text}};
  for (const state::MemberBlock& block : blocks) {
    const auto name = names.find(block.member);
    CHECK(name != names.end());
    table.add({std::string(name->second),
               std::string(block.use == state::BlockUse::live ? "live" : "dark"),
               block.prefix.to_string()});
  }
  return table;
}

}  // namespace yagura::warning
