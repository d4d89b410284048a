// SPDX-License-Identifier: Apache-2.0
#include "warning/report_tables.h"

#include <fmt/format.h>

#include <string>
#include <unordered_map>
#include <vector>

namespace yagura::warning {
namespace {

constexpr size_t services_shown = 10;

std::string service_text(const Service& service) {
  switch (service.protocol) {
    case 1:
      return "icmp";
    case 6:
      return fmt::format("{}/tcp", service.port);
    case 17:
      return fmt::format("{}/udp", service.port);
    default:
      return "other";
  }
}

std::vector<std::string> services_text(const Episode& episode) {
  std::vector<std::string> texts;
  for (const Service& service : episode.services) {
    if (texts.size() == services_shown) break;
    texts.push_back(service_text(service));
  }
  return texts;
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

Table episodes_table(std::span<const Episode> episodes, std::span<const state::Member> members) {
  std::unordered_map<MemberId, std::string_view> names;
  for (const state::Member& member : members) names.emplace(member.id, member.name);
  Table table;
  table.columns = {{"member", "member", CellKind::text},
                   {"address", "address", CellKind::address},
                   {"kind", "kind", CellKind::text},
                   {"severity", "severity", CellKind::text},
                   {"first", "first", CellKind::time},
                   {"last", "last", CellKind::time},
                   {"packets", "packets", CellKind::count},
                   {"bytes", "", CellKind::count},
                   {"dark_addresses_5min", "dark in 5 min", CellKind::count},
                   {"services", "services", CellKind::text, 1, 24},
                   {"tool", "tool", CellKind::text},
                   {"explanation", "", CellKind::text}};
  for (const Episode& episode : episodes) {
    const auto name = names.find(episode.member);
    CHECK(name != names.end());
    table.add({std::string(name->second), episode.address, std::string(name_of(episode.kind)),
               std::string(name_of(severity_of(episode))), episode.first, episode.last,
               episode.packets, episode.bytes, episode.dark_addresses, services_text(episode),
               known(episode.tool != model::Tool::none,
                     std::string(model::tool_names[static_cast<size_t>(episode.tool)])),
               explanation_of(episode)});
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
