// SPDX-License-Identifier: Apache-2.0
#include "warning/registrations.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "base/text.h"

namespace yagura::warning {
namespace {

constexpr size_t longest_line = 1024;
constexpr size_t problems_told = 5;

struct Line {
  std::string member;
  state::BlockUse use = state::BlockUse::live;
  Prefix prefix;
};

Result<Line> read_line(std::string_view text) {
  if (text.size() > longest_line) return failure(fmt::format("longer than {} bytes", longest_line));
  const auto fields = csv_fields(text);
  if (!fields) return failure("a quote is not closed");
  if (fields->size() != 3)
    return failure(fmt::format("{} fields in place of three (member,use,prefix)", fields->size()));
  Line line;
  line.member = (*fields)[0];
  if (line.member.empty()) return failure("the member has no name");
  const std::string& use = (*fields)[1];
  if (use != "live" && use != "dark")
    return failure(fmt::format("'{}' is neither live nor dark", escape_terminal(use)));
  line.use = use == "live" ? state::BlockUse::live : state::BlockUse::dark;
  TRY(line.prefix, Prefix::parse((*fields)[2]));
  return line;
}

bool is_header(std::string_view text) {
  const auto fields = csv_fields(text);
  return fields && *fields == std::vector<std::string>{"member", "use", "prefix"};
}

}  // namespace

Result<std::vector<state::Registration>> read_registrations(std::string_view text) {
  std::vector<state::Registration> registrations;
  std::unordered_map<std::string, size_t> places;
  std::vector<std::string> problems;
  size_t more = 0;
  bool first = true;
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t end = text.find('\n');
    const std::string_view bytes = trim(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (bytes.empty() || bytes[0] == '#') continue;
    if (std::exchange(first, false) && is_header(bytes)) continue;
    auto line = read_line(bytes);
    if (!line) {
      if (problems.size() < problems_told)
        problems.push_back(fmt::format("line {}: {}", number, line.error().message()));
      else
        ++more;
      continue;
    }
    const auto [it, is_new] = places.try_emplace(line->member, registrations.size());
    if (is_new) registrations.push_back({line->member, {}, {}});
    state::Registration& registration = registrations[it->second];
    (line->use == state::BlockUse::live ? registration.live : registration.dark)
        .push_back(line->prefix);
  }
  if (more > 0) problems.push_back(fmt::format("and {} more lines", more));
  if (!problems.empty()) return failure(fmt::format("{}", fmt::join(problems, "; ")));
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
