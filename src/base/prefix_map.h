// SPDX-License-Identifier: Apache-2.0
//
// From an address to the value of the longest prefix that holds it.
//
// Built once from (prefix, value) pairs and then read only: the nested prefixes are flattened into
// disjoint ranges in one sorted array, so that a look-up is a binary search and a walk over sorted
// addresses (Cursor) costs next to nothing. Reading is thread-safe.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "base/ip_address.h"

namespace yagura {

template <typename Value>
class PrefixMap {
 public:
  struct Range {
    IpAddress first, last;
    Value value;
  };

  PrefixMap() = default;

  // Longer prefixes win; of equal prefixes the last one given.
  static PrefixMap from_prefixes(std::vector<std::pair<Prefix, Value>> entries);
  // Ranges that must not overlap (as in a range CSV), in any order; later ones give way.
  static PrefixMap from_ranges(std::vector<Range> ranges);

  // The value, or nullptr.
  const Value* find(IpAddress address) const {
    auto it = std::upper_bound(ranges_.begin(), ranges_.end(), address,
                               [](IpAddress a, const Range& r) { return a < r.first; });
    if (it == ranges_.begin()) return nullptr;
    --it;
    return address <= it->last ? &it->value : nullptr;
  }

  // The value that all addresses of `prefix` have, or nullptr. Neighbouring ranges of one value are
  // one range, so there is none where the prefix reaches across a gap or a border.
  const Value* find_all(const Prefix& prefix) const {
    const Value* value = find(prefix.first());
    return value != nullptr && value == find(prefix.last()) ? value : nullptr;
  }

  const std::vector<Range>& ranges() const { return ranges_; }
  bool empty() const { return ranges_.empty(); }

  // Look-ups of addresses that mostly rise: starts where the last one ended.
  class Cursor {
   public:
    explicit Cursor(const PrefixMap& map) : map_(&map) {}
    const Value* find(IpAddress address);

   private:
    const PrefixMap* map_;
    size_t position_ = 0;  // first range whose last >= the previous address
  };

 private:
  std::vector<Range> ranges_;
};

// The address after `address`; wraps at the end of the space.
constexpr IpAddress next_address(IpAddress address) {
  const uint64_t low = address.low() + 1;
  return IpAddress::from_halves(address.high() + (low == 0 ? 1 : 0), low);
}
constexpr IpAddress previous_address(IpAddress address) {
  return IpAddress::from_halves(address.high() - (address.low() == 0 ? 1 : 0), address.low() - 1);
}

template <typename Value>
PrefixMap<Value> PrefixMap<Value>::from_prefixes(std::vector<std::pair<Prefix, Value>> entries) {
  std::stable_sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
    if (a.first.first() != b.first.first()) return a.first.first() < b.first.first();
    return a.first.length() < b.first.length();
  });
  PrefixMap map;
  std::vector<size_t> open;  // nested prefixes that hold `next`, outermost first
  IpAddress next;            // first address not yet given out
  auto emit = [&](IpAddress first, IpAddress last, const Value& value) {
    if (!map.ranges_.empty() && map.ranges_.back().value == value &&
        next_address(map.ranges_.back().last) == first)
      map.ranges_.back().last = last;
    else
      map.ranges_.push_back({first, last, value});
  };
  auto close_one = [&] {
    const auto& [prefix, value] = entries[open.back()];
    open.pop_back();
    if (next <= prefix.last()) emit(next, prefix.last(), value);
    // Equal ends: the outer prefix has nothing left behind this one.
    next = next_address(prefix.last());
    return next == IpAddress();  // the space ended
  };
  bool ended = false;
  for (size_t i = 0; i < entries.size() && !ended; ++i) {
    const Prefix& prefix = entries[i].first;
    while (!open.empty() && !ended && entries[open.back()].first.last() < prefix.first())
      ended = close_one();
    if (ended) break;
    if (!open.empty() && next < prefix.first())
      emit(next, previous_address(prefix.first()), entries[open.back()].second);
    if (!open.empty() && entries[open.back()].first == prefix) open.pop_back();
    next = prefix.first();
    open.push_back(i);
  }
  while (!open.empty() && !ended) ended = close_one();
  return map;
}

// In place: a map of half a million ranges is made at every start.
template <typename Value>
PrefixMap<Value> PrefixMap<Value>::from_ranges(std::vector<Range> ranges) {
  const auto before = [](const Range& a, const Range& b) { return a.first < b.first; };
  if (!std::is_sorted(ranges.begin(), ranges.end(), before))
    std::stable_sort(ranges.begin(), ranges.end(), before);
  size_t kept = 0;
  for (size_t i = 0; i < ranges.size(); ++i) {
    Range range = std::move(ranges[i]);
    if (range.last < range.first) continue;
    if (kept > 0) {
      const IpAddress end = ranges[kept - 1].last;
      if (range.last <= end) continue;
      if (range.first <= end) range.first = next_address(end);
    }
    ranges[kept++] = std::move(range);
  }
  ranges.erase(ranges.begin() + static_cast<ptrdiff_t>(kept), ranges.end());
  PrefixMap map;
  map.ranges_ = std::move(ranges);
  return map;
}

// The ranges that an address lies behind are found in doubling steps from where the last one was:
// neighbours are often in the same range, and seldom far.
template <typename Value>
const Value* PrefixMap<Value>::Cursor::find(IpAddress address) {
  const auto& ranges = map_->ranges_;
  size_t low = position_, high = position_;  // what lies before `low` ends before the address
  if (position_ > 0 && address <= ranges[position_ - 1].last) {
    low = 0;
  } else {
    for (size_t step = 1; high < ranges.size() && ranges[high].last < address; step *= 2) {
      low = high + 1;
      high = std::min(high + step, ranges.size());
    }
  }
  position_ =
      static_cast<size_t>(std::lower_bound(ranges.begin() + static_cast<ptrdiff_t>(low),
                                           ranges.begin() + static_cast<ptrdiff_t>(high), address,
                                           [](const Range& r, IpAddress a) { return r.last < a; }) -
                          ranges.begin());
  if (position_ == ranges.size()) return nullptr;
  const Range& range = ranges[position_];
  return range.first <= address ? &range.value : nullptr;
}

}  // namespace yagura
