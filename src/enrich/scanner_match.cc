// SPDX-License-Identifier: Apache-2.0
#include "enrich/scanner_match.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace yagura::enrich {
namespace {

using Map = PrefixMap<uint16_t>;

bool valid_on(const ListedRange& range, Timestamp day) {
  return (!range.from || *range.from < day + Duration::days(1)) &&
         (!range.until || *range.until > day);
}

std::string canonical(std::string_view host_name) {
  if (!host_name.empty() && host_name.front() == '.') host_name.remove_prefix(1);
  if (!host_name.empty() && host_name.back() == '.') host_name.remove_suffix(1);
  std::string name(host_name);
  for (char& c : name)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return name;
}

// `filler` where `map` says nothing.
Map fill_gaps(const Map& map, const Map& filler) {
  std::vector<Map::Range> ranges = map.ranges();
  size_t i = 0;
  for (Map::Range gap : filler.ranges()) {
    while (i < map.ranges().size() && map.ranges()[i].last < gap.first) ++i;
    bool left = true;  // whether something of `gap` is still to be placed
    for (size_t k = i; left && k < map.ranges().size() && map.ranges()[k].first <= gap.last; ++k) {
      const Map::Range& taken = map.ranges()[k];
      if (gap.first < taken.first)
        ranges.push_back({gap.first, previous_address(taken.first), gap.value});
      left = taken.last < gap.last;
      gap.first = next_address(taken.last);
    }
    if (left) ranges.push_back(gap);
  }
  return Map::from_ranges(std::move(ranges));
}

}  // namespace

ScannerIndex::ScannerIndex(std::vector<ListedRange> ranges, const std::vector<ListedName>& names)
    : ranges_(std::move(ranges)) {
  // std::nullopt, valid since ever, is less than any time.
  std::sort(ranges_.begin(), ranges_.end(), [](const ListedRange& a, const ListedRange& b) {
    return std::tie(a.prefix, a.from, b.organisation) < std::tie(b.prefix, b.from, a.organisation);
  });
  for (const auto& name : names) {
    std::string suffix = canonical(name.suffix);
    if (!suffix.empty()) names_.emplace(std::move(suffix), name.organisation);
  }
}

PrefixMap<uint16_t> ScannerIndex::on(Timestamp day) const {
  std::vector<std::pair<Prefix, uint16_t>> known, unknown;
  for (const auto& range : ranges_)
    if (valid_on(range, day))
      (range.organisation == unknown_organisation ? unknown : known)
          .emplace_back(range.prefix, range.organisation);
  Map map = Map::from_prefixes(std::move(known));
  if (unknown.empty()) return map;
  return fill_gaps(map, Map::from_prefixes(std::move(unknown)));
}

uint16_t ScannerIndex::organisation_on(IpAddress address, Timestamp day) const {
  const ListedRange* best = nullptr;
  for (const auto& range : ranges_) {
    if (!range.prefix.contains(address) || !valid_on(range, day)) continue;
    const auto rank = [](const ListedRange& r) {
      return std::pair(r.organisation != unknown_organisation, r.prefix.length());
    };
    if (best == nullptr || rank(range) >= rank(*best)) best = &range;
  }
  return best ? best->organisation : no_organisation;
}

uint16_t ScannerIndex::organisation_of_name(std::string_view host_name) const {
  const std::string name = canonical(host_name);
  for (std::string_view rest = name; !rest.empty();) {
    if (const auto it = names_.find(rest); it != names_.end()) return it->second;
    const size_t dot = rest.find('.');
    rest = dot == std::string_view::npos ? std::string_view() : rest.substr(dot + 1);
  }
  return no_organisation;
}

}  // namespace yagura::enrich
