// SPDX-License-Identifier: Apache-2.0
#include "warning/member_space.h"

#include <algorithm>

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

// The range of `map` that holds all of `prefix`, or null. Neighbouring ranges of one member are one
// range, so there is none where the prefix reaches across a gap or a border.
const PrefixMap<MemberId>::Range* holding(const PrefixMap<MemberId>& map, const Prefix& prefix) {
  const auto& ranges = map.ranges();
  auto it = std::upper_bound(ranges.begin(), ranges.end(), prefix.first(),
                             [](IpAddress a, const auto& range) { return a < range.first; });
  if (it == ranges.begin()) return nullptr;
  --it;
  return prefix.last() <= it->last ? &*it : nullptr;
}

}  // namespace

MemberSpace::MemberSpace(std::span<const state::MemberBlock> blocks)
    : live_(map_of(blocks, state::BlockUse::live)),
      dark_(map_of(blocks, state::BlockUse::dark)),
      filter_(ranges_of(live_)) {}

MemberId MemberSpace::dark_owner_of_all(std::span<const Prefix> prefixes) const {
  MemberId owner = 0;
  for (const Prefix& prefix : prefixes) {
    const auto* range = holding(dark_, prefix);
    if (range == nullptr || (owner != 0 && owner != range->value)) return 0;
    owner = range->value;
  }
  return owner;
}

}  // namespace yagura::warning
