// SPDX-License-Identifier: Apache-2.0
//
// Which survey organisation a source belongs to on a day, by listed addresses and by host names.
//
// Entries are valid for a time, so that a statistic of last year is judged by last year's lists.
// For work on a day, `on` gives the entries of that day as one map for look-ups in rising order.
// Read-only once made: reading is thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip_address.h"
#include "base/prefix_map.h"
#include "base/time.h"

namespace yagura::enrich {

constexpr uint16_t no_organisation = 0;
constexpr uint16_t unknown_organisation = 1;  // a survey scanner, nobody says whose

struct ListedRange {
  Prefix prefix;
  uint16_t organisation = no_organisation;
  std::optional<Timestamp> from, until;  // valid from (inclusive) until (exclusive)
};

// "census.example.org" stands for that host and everything below it; a dot in front is allowed.
struct ListedName {
  std::string suffix;
  uint16_t organisation = no_organisation;
};

class ScannerIndex {
 public:
  ScannerIndex() = default;
  ScannerIndex(std::vector<ListedRange> ranges, const std::vector<ListedName>& names);

  // What is valid at some time of the UTC day that begins at `day`. The most specific prefix wins;
  // of equal ones the latest `from`, then the smaller organisation. A known organisation wins over
  // the unknown one even where its prefix is wider.
  PrefixMap<uint16_t> on(Timestamp day) const;

  // The same for one address, without a map for the day; slow.
  uint16_t organisation_on(IpAddress address, Timestamp day) const;

  // By the longest listed suffix; no_organisation if there is none. Case and a last dot do not
  // count.
  uint16_t organisation_of_name(std::string_view host_name) const;

 private:
  std::vector<ListedRange> ranges_;                     // equal prefixes: what wins stands last
  std::map<std::string, uint16_t, std::less<>> names_;  // lower case, without dots at the ends
};

}  // namespace yagura::enrich
