// SPDX-License-Identifier: Apache-2.0
#include "telescope/dark_space.h"

#include <xxhash.h>

#include <algorithm>
#include <set>

#include "base/bytes.h"
#include "base/prefix_map.h"

namespace yagura::telescope {
namespace {

bool valid_on(const state::DarkPrefix& line, Timestamp day) {
  return (!line.from || *line.from <= day) && (!line.until || day < *line.until);
}

double count_addresses(IpAddress first, IpAddress last) {
  const double high = static_cast<double>(last.high() - first.high());
  return high * 18446744073709551616.0 + static_cast<double>(last.low()) -
         static_cast<double>(first.low()) + 1;
}

uint64_t fingerprint_of(const std::vector<state::DarkPrefix>& prefixes) {
  ByteWriter bytes;
  for (const auto& line : prefixes) {
    bytes.put(line.prefix.first());
    bytes.put(static_cast<int32_t>(line.prefix.length()));
    bytes.put(static_cast<uint8_t>(line.excluded));
    bytes.put(line.from ? line.from->nanoseconds : INT64_MIN);
    bytes.put(line.until ? line.until->nanoseconds : INT64_MAX);
  }
  return XXH3_64bits(bytes.bytes().data(), bytes.bytes().size());
}

}  // namespace

bool DarkDay::find_v4(uint32_t address, uint32_t& position) const {
  auto it = std::upper_bound(v4_.begin(), v4_.end(), address,
                             [](uint32_t a, const RangeV4& r) { return a < r.first; });
  if (it == v4_.begin()) return false;
  --it;
  if (!it->holds(address)) return false;
  position = it->position + (address - it->first);
  return true;
}

bool DarkDay::find_v6(IpAddress address, uint32_t& position) const {
  auto it = std::upper_bound(v6_.begin(), v6_.end(), address,
                             [](IpAddress a, const RangeV6& r) { return a < r.first; });
  if (it == v6_.begin()) return false;
  --it;
  if (it->last < address) return false;
  uint8_t bytes[16];
  address.write_bytes(bytes);
  position = static_cast<uint32_t>(XXH3_64bits(bytes, sizeof bytes));
  return true;
}

DarkSpace::DarkSpace(const std::vector<state::DarkPrefix>& prefixes)
    : prefixes_(prefixes), fingerprint_(fingerprint_of(prefixes)) {
  CHECK(!prefixes.empty());
  // Elementary ranges: between two neighbouring borders every address has the same lines.
  std::set<IpAddress> starts;
  for (const auto& line : prefixes_) {
    starts.insert(line.prefix.first());
    starts.insert(next_address(line.prefix.last()));  // :: if the space ends there: harmless
  }
  // IPv4 lives inside ::/0 as ::ffff:0:0/96; its edges are borders so that a range is one family.
  starts.insert(whole_ipv4().first());
  starts.insert(next_address(whole_ipv4().last()));
  uint32_t position = 0;
  double v4 = 0, v6 = 0;
  for (auto it = starts.begin(); it != starts.end(); ++it) {
    const auto following = std::next(it);
    Range range;
    range.first = *it;
    range.last =
        following == starts.end() ? previous_address(IpAddress()) : previous_address(*following);
    bool ever_dark = false;
    for (size_t i = 0; i < prefixes_.size(); ++i) {
      if (!prefixes_[i].prefix.contains(range.first)) continue;
      // ::/0 means IPv6: an IPv4 address is dark only by a prefix written for IPv4.
      if (range.first.is_v4() && !prefixes_[i].prefix.is_v4()) continue;
      range.lines.push_back(i);
      ever_dark |= !prefixes_[i].excluded;
    }
    if (!ever_dark) continue;
    const double count = count_addresses(range.first, range.last);
    (range.first.is_v4() ? v4 : v6) += count;
    if (range.first.is_v4()) {
      range.position = position;
      // All of IPv4 wraps to 0: nothing comes behind it.
      position += range.last.v4() - range.first.v4() + 1;
    }
    ranges_.push_back(std::move(range));
  }
  all_addresses_ = v4 > 0 ? v4 : v6;
}

bool DarkSpace::is_dark(const Range& range, Timestamp day) const {
  bool dark = false;
  for (const size_t i : range.lines) {
    if (!valid_on(prefixes_[i], day)) continue;
    if (prefixes_[i].excluded) return false;
    dark = true;
  }
  return dark;
}

DarkDay DarkSpace::on(Timestamp day) const {
  DarkDay table;
  double v4 = 0, v6 = 0;
  for (const Range& range : ranges_) {
    if (!is_dark(range, day)) continue;
    const double count = count_addresses(range.first, range.last);
    if (!range.first.is_v4()) {
      v6 += count;
      table.v6_.push_back({range.first, range.last});
      continue;
    }
    v4 += count;
    const uint32_t first = range.first.v4();
    if (!table.v4_.empty() && table.v4_.back().last + 1 == first &&
        table.v4_.back().position + (first - table.v4_.back().first) == range.position)
      table.v4_.back().last = range.last.v4();
    else
      table.v4_.push_back({first, range.last.v4(), range.position});
  }
  for (size_t i = 1; i < table.v4_.size(); ++i) {
    const auto size = [&](size_t k) { return table.v4_[k].last - table.v4_[k].first; };
    if (size(i) > size(table.largest_)) table.largest_ = i;
  }
  table.addresses_ = v4 > 0 ? v4 : v6;
  return table;
}

}  // namespace yagura::telescope
