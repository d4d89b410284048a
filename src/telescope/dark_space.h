// SPDX-License-Identifier: Apache-2.0
//
// The dark space of one sensor: which destinations belong to the telescope on which day.
//
// Dark prefixes may have dates and may have smaller prefixes taken out. They are flattened once
// into disjoint ranges; `on(day)` gives the small table that one day needs, which the packet road
// asks for every packet. A dark address is named by its position in the sensor's whole dark space
// (all days together), so that a position means the same address on every day.
#pragma once

#include <cstdint>
#include <vector>

#include "base/ip_address.h"
#include "base/time.h"
#include "state/sensors.h"

namespace yagura::telescope {

// The dark addresses of one day. Immutable; reading is thread-safe.
class DarkDay {
 public:
  // Whether `destination` is dark; if so `position` names it. IPv4: its position in the dark
  // space. IPv6, where a dark space has more addresses than numbers: a 32-bit hash, which counts
  // one of 100,000 distinct addresses wrongly.
  bool find(IpAddress destination, uint32_t& position) const {
    if (destination.is_v4()) {
      const uint32_t address = destination.v4();
      if (largest_ < v4_.size() && v4_[largest_].holds(address)) {
        position = v4_[largest_].position + (address - v4_[largest_].first);
        return true;
      }
      return find_v4(address, position);
    }
    return !v6_.empty() && find_v6(destination, position);
  }

  // How many addresses are dark: IPv4 addresses where there are any, else IPv6 addresses.
  double addresses() const { return addresses_; }

 private:
  friend class DarkSpace;
  struct RangeV4 {
    uint32_t first, last, position;
    bool holds(uint32_t address) const { return first <= address && address <= last; }
  };
  struct RangeV6 {
    IpAddress first, last;
  };
  bool find_v4(uint32_t address, uint32_t& position) const;
  bool find_v6(IpAddress address, uint32_t& position) const;

  std::vector<RangeV4> v4_;
  std::vector<RangeV6> v6_;
  double addresses_ = 0;
  size_t largest_ = 0;  // the largest IPv4 range: tried first
};

class DarkSpace {
 public:
  // Never empty: a sensor without a dark space is the caller's error to report.
  explicit DarkSpace(const std::vector<state::DarkPrefix>& prefixes);

  DarkDay on(Timestamp day) const;
  // Every address that was ever dark, as `DarkDay::addresses` counts: the bound of positions.
  double all_addresses() const { return all_addresses_; }
  // Changes whenever the definition does: positions of two definitions must not be mixed.
  uint64_t fingerprint() const { return fingerprint_; }

 private:
  struct Range {
    IpAddress first, last;
    uint32_t position = 0;
    std::vector<size_t> lines;  // of prefixes_ that hold the range
  };
  bool is_dark(const Range& range, Timestamp day) const;

  std::vector<state::DarkPrefix> prefixes_;
  std::vector<Range> ranges_;
  double all_addresses_ = 0;
  uint64_t fingerprint_ = 0;
};

}  // namespace yagura::telescope
