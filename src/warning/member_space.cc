// SPDX-License-Identifier: Apache-2.0
#include "warning/member_space.h"

namespace yagura::warning {
namespace {

PrefixMap<MemberId> map_of(std::span<const state::MemberBlock> blocks, state::BlockUse use) {
  std::vector<std::pair<Prefix, MemberId>> entries;
  for (const state::MemberBlock& block : blocks)
    if (block.use == use) entries.emplace_back(block.prefix, block.member);
  return PrefixMap<MemberId>::from_prefixes(std::move(entries));
}

std::vector<AddressRange> ranges_of(const PrefixMap<MemberId>& map) {
  std::vector<AddressRange> ranges;
  ranges.reserve(map.ranges().size());
  for (const auto& range : map.ranges()) ranges.push_back({range.first, range.last});
  return ranges;
}

}  // namespace

MemberSpace::MemberSpace(std::span<const state::MemberBlock> blocks)
    : live_(map_of(blocks, state::BlockUse::live)),
      dark_(map_of(blocks, state::BlockUse::dark)),
      filter_(ranges_of(live_)) {}

MemberId MemberSpace::dark_owner_of_all(std::span<const Prefix> prefixes) const {
  MemberId owner = 0;
  for (const Prefix& prefix : prefixes) {
    const MemberId* member = dark_.find_all(prefix);
    if (member == nullptr || (owner != 0 && owner != *member)) return 0;
    owner = *member;
  }
  return owner;
}

}  // namespace yagura::warning
