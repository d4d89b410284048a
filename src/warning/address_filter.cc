// SPDX-License-Identifier: Apache-2.0
#include "warning/address_filter.h"

#include <algorithm>
#include <bit>

namespace yagura::warning {
namespace {

constexpr size_t v4_words = (size_t{1} << 24) / 64;
constexpr size_t most_v6_words = size_t{1} << 20;  // 8 MiB; beyond that it lets through more
constexpr size_t networks_a_word = 2;              // at a level 1 of 500 others is let through
constexpr int longest = 48, step = 8;
constexpr uint64_t most_networks = 16;  // of one range

constexpr IpAddress first_v4 = IpAddress::from_v4(0), last_v4 = IpAddress::from_v4(0xffff'ffff);

bool holds_v4(const AddressRange& range) {
  return range.first <= last_v4 && first_v4 <= range.last;
}
bool holds_v6(const AddressRange& range) { return range.first < first_v4 || last_v4 < range.last; }

}  // namespace

AddressFilter::AddressFilter(std::span<const AddressRange> ranges) {
  size_t networks = 0;
  for (const AddressRange& range : ranges) {
    if (holds_v4(range)) add_v4(range);
    if (holds_v6(range)) for_each_network(range, [&](Network) { ++networks; });
  }
  if (networks == 0) return;
  v6_.resize(std::min(std::bit_ceil(networks / networks_a_word + 1), most_v6_words));
  for (const AddressRange& range : ranges)
    if (holds_v6(range)) for_each_network(range, [&](Network each) { add_v6(each); });
}

// The IPv4 part of it.
void AddressFilter::add_v4(const AddressRange& range) {
  if (v4_.empty()) v4_.resize(v4_words);
  const uint32_t last = std::min(range.last, last_v4).v4() >> 8;
  for (uint32_t each = std::max(range.first, first_v4).v4() >> 8; each <= last; ++each)
    v4_[each / 64] |= uint64_t{1} << each % 64;
}

void AddressFilter::add_v6(Network network) {
  const Place place = place_of(network);
  v6_[place.word] |= place.bits;
  if (std::find(lengths_.begin(), lengths_.end(), network.length) == lengths_.end())
    lengths_.push_back(network.length);
}

template <typename Use>
void AddressFilter::for_each_network(const AddressRange& range, Use use) {
  int length = longest;
  const auto bits = [&length](IpAddress a) { return Network::of(a.high(), length).bits; };
  while (bits(range.last) - bits(range.first) >= most_networks) length -= step;
  for (uint64_t each = bits(range.first); each <= bits(range.last); ++each)
    use(Network{each, length});
}

}  // namespace yagura::warning
