// SPDX-License-Identifier: Apache-2.0
//
// Whose an address is: the blocks of all members, made for looking addresses up.
//
// Built once and then read only; reading is thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "base/ip_address.h"
#include "base/prefix_map.h"
#include "state/members.h"
#include "warning/address_filter.h"

namespace yagura::warning {

using MemberId = int64_t;  // state::Member::id; 0 = nobody's

class MemberSpace {
 public:
  explicit MemberSpace(std::span<const state::MemberBlock> blocks);

  // Whose live address it is.
  MemberId owner(IpAddress address) const {
    return filter_.may_hold(address) ? found(live_, address) : 0;
  }
  // Whose dark address it is. A dark block within a live one is both.
  MemberId dark_owner(IpAddress address) const { return found(dark_, address); }
  // Who has all addresses of all `prefixes` among its dark blocks, where one does.
  MemberId dark_owner_of_all(std::span<const Prefix> prefixes) const;

  // The live addresses, as ranges that do not overlap, rising.
  std::span<const PrefixMap<MemberId>::Range> live_ranges() const { return live_.ranges(); }
  bool empty() const { return live_.empty(); }

 private:
  static MemberId found(const PrefixMap<MemberId>& map, IpAddress address) {
    const MemberId* member = map.find(address);
    return member == nullptr ? 0 : *member;
  }

  PrefixMap<MemberId> live_, dark_;
  AddressFilter filter_;  // of live_, in which next to nobody is
};

}  // namespace yagura::warning
