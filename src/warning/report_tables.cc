// SPDX-License-Identifier: Apache-2.0
#include "warning/report_tables.h"

#include <string>
#include <unordered_map>
#include <vector>

#include "model/contact_target.h"
#include "warning/kept.h"
#include "warning/wording.h"

namespace yagura::warning {
namespace {

constexpr size_t services_shown = 10;

std::vector<std::string> services_text(const Episode& episode) {
  std::vector<std::string> texts;
  for (const Service& service : episode.services) {
    if (texts.size() == services_shown) break;
    texts.push_back(service_text(service));
  }
  return texts;
}

class Names {
 public:
  explicit Names(std::span<const state::Member> members) {
    for (const state::Member& member : members) names_.emplace(member.id, member.name);
  }
  // Of a member that was deleted in between there is no name.
  std::string of(MemberId member) const {
    const auto name = names_.find(member);
    return name == names_.end() ? "" : std::string(name->second);
  }

 private:
  std::unordered_map<MemberId, std::string_view> names_;
};

std::vector<Column> episode_columns(Reader reader) {
  std::vector<Column> columns = {{"address", "address", CellKind::address},
                                 {"kind", "kind", CellKind::text},
                                 {"severity", "severity", CellKind::text},
                                 {"first", "first", CellKind::time},
                                 {"last", "last", CellKind::time},
                                 {"packets", "packets", CellKind::count},
                                 {"bytes", "", CellKind::count},
                                 {"dark_addresses", "dark, at least", CellKind::count},
                                 {"services", "services", CellKind::text, 1, 24},
                                 {"tool", "tool", CellKind::text},
                                 {"explanation", "", CellKind::text}};
  if (reader == Reader::operators)
    columns.insert(columns.begin(), {"member", "member", CellKind::text});
  return columns;
}

Timestamp time_for(Reader reader, Timestamp time) {
  return reader == Reader::member ? time.floor(Duration::seconds(1)) : time;
}

Cell time_cell(Reader reader, const std::optional<Timestamp>& time) {
  return time ? Cell(time_for(reader, *time)) : Cell();
}

std::vector<Cell> episode_cells(const Episode& episode, const Names& names, TableStyle style) {
  std::vector<Cell> cells = {
      episode.address,
      std::string(name_of(episode.kind)),
      std::string(name_of(severity_of(episode))),
      time_for(style.reader, episode.first),
      time_for(style.reader, episode.last),
      episode.packets,
      episode.bytes,
      episode.dark_addresses,
      services_text(episode),
      known(episode.tool != model::Tool::none,
            std::string(model::tool_names[static_cast<size_t>(episode.tool)])),
      explanation_of(episode, style.language)};
  if (style.reader == Reader::operators) cells.insert(cells.begin(), names.of(episode.member));
  return cells;
}

// IPv4 addresses and IPv6 networks of a /64, which are what hosts are counted in.
struct Size {
  uint64_t blocks = 0, addresses = 0, networks = 0;

  void add(const Prefix& prefix) {
    ++blocks;
    const int bits = 128 - prefix.length();
    if (prefix.first().is_v4())
      addresses += bits > 32 ? uint64_t{1} << 32 : uint64_t{1} << bits;
    else
      networks += bits <= 64 ? 1 : uint64_t{1} << std::min(bits - 64, 63);
  }
};

}  // namespace

Table episodes_table(std::span<const Episode> episodes, std::span<const state::Member> members,
                     TableStyle style) {
  const Names names(members);
  Table table;
  table.columns = episode_columns(style.reader);
  for (const Episode& episode : episodes) table.add(episode_cells(episode, names, style));
  return table;
}

Result<Table> warnings_table(std::span<const state::Warning> warnings,
                             std::span<const state::Member> members, TableStyle style) {
  const Names names(members);
  Table table;
  table.columns = episode_columns(style.reader);
  table.columns.insert(table.columns.begin(), {"id", "id", CellKind::id});
  for (const Column& column : {Column{"state", "state", CellKind::text},
                               {"acknowledged", "acknowledged", CellKind::time},
                               {"acknowledged_by", "", CellKind::text},
                               {"muted_until", "", CellKind::time},
                               {"comments", "", CellKind::count}})
    table.columns.push_back(column);
  for (const state::Warning& warning : warnings) {
    TRY(const Episode episode, episode_of(warning));
    std::vector<Cell> cells = episode_cells(episode, names, style);
    cells.insert(cells.begin(), warning.id);
    cells.emplace_back(std::string(state_names[static_cast<size_t>(warning.state)]));
    cells.push_back(time_cell(style.reader, warning.acknowledged));
    cells.push_back(known(!warning.acknowledged_by.empty(), warning.acknowledged_by));
    cells.push_back(time_cell(style.reader, warning.muted_until));
    cells.emplace_back(style.reader == Reader::member ? warning.member_comments : warning.comments);
    table.add(std::move(cells));
  }
  return table;
}

Table comments_table(std::span<const state::Comment> comments, Reader reader) {
  Table table;
  table.columns = {{"time", "time", CellKind::time},
                   {"by", "by", CellKind::text},
                   {"text", "text", CellKind::text}};
  for (const state::Comment& comment : comments)
    if (reader == Reader::operators || comment.of_member)
      table.add({time_for(reader, comment.time), comment.by, comment.text});
  return table;
}

Table claims_table(std::span<const state::Claim> claims, std::span<const state::Member> members) {
  const Names names(members);
  Table table;
  table.columns = {{"member", "member", CellKind::text},
                   {"made", "made", CellKind::time},
                   {"live", "live blocks", CellKind::count},
                   {"dark", "dark blocks", CellKind::count}};
  for (const state::Claim& claim : claims)
    table.add({names.of(claim.member), claim.made, uint64_t{claim.live.size()},
               uint64_t{claim.dark.size()}});
  return table;
}

Table letters_table(std::span<const state::Letter> letters) {
  constexpr std::array<std::string_view, 4> states = {"", "waiting", "sent", "dead"};
  Table table;
  table.columns = {{"id", "id", CellKind::id},
                   {"member", "member", CellKind::text},
                   {"target", "to", CellKind::text},
                   {"subject", "subject", CellKind::text, 1, 40},
                   {"state", "state", CellKind::text},
                   {"attempts", "attempts", CellKind::count},
                   {"made", "made", CellKind::time},
                   {"next", "", CellKind::time},
                   {"error", "error", CellKind::text, 1, 60}};
  for (const state::Letter& letter : letters) {
    const bool waits = letter.state == state::LetterState::waiting;
    table.add({letter.id, letter.member, model::shown_target(letter.target), letter.subject,
               std::string(states[static_cast<size_t>(letter.state)]), letter.attempts, letter.made,
               waits ? Cell(letter.next) : Cell(), known(!letter.error.empty(), letter.error)});
  }
  return table;
}

Table members_table(std::span<const state::Member> members,
                    std::span<const state::MemberBlock> blocks) {
  std::unordered_map<MemberId, std::array<Size, 2>> sizes;
  for (const state::MemberBlock& block : blocks)
    sizes[block.member][block.use == state::BlockUse::live ? 0 : 1].add(block.prefix);
  Table table;
  table.columns = {{"member", "member", CellKind::text},
                   {"registered", "registered", CellKind::time},
                   {"live_blocks", "live blocks", CellKind::count},
                   {"live_addresses", "live IPv4", CellKind::count},
                   {"live_networks", "live IPv6 /64s", CellKind::count},
                   {"dark_blocks", "dark blocks", CellKind::count},
                   {"dark_addresses", "dark IPv4", CellKind::count},
                   {"dark_networks", "dark IPv6 /64s", CellKind::count}};
  for (const state::Member& member : members) {
    const auto& [live, dark] = sizes[member.id];
    table.add({member.name, member.registered, live.blocks, live.addresses, live.networks,
               dark.blocks, dark.addresses, dark.networks});
  }
  return table;
}

}  // namespace yagura::warning
