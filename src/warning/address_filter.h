// SPDX-License-Identifier: Apache-2.0
//
// Tells at once of most addresses that no range holds them: nearly all packets are from addresses
// of nobody's, and a search through 200,000 ranges takes 140 ns for each of them.
//
// IPv4: a bit for each /24 of which a range holds an address, 2 MiB. IPv6: a Bloom filter of
// networks. A range stands in it as up to 16 networks of one level, the longest of /0, /8 … /48
// with which that is enough, and an address is looked for at every level in use. So a range of any
// length costs little memory, and the prefixes of one provider are told apart.
//
// Built once and then read only; reading is thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/ip_address.h"

namespace yagura::warning {

struct AddressRange {
  IpAddress first, last;
};

class AddressFilter {
 public:
  // Takes no memory for a family of which no range holds an address.
  explicit AddressFilter(std::span<const AddressRange> ranges);

  // False: no range holds it. True: look.
  bool may_hold(IpAddress address) const {
    return address.is_v4() ? may_hold_v4(address.v4()) : may_hold_v6(address.high());
  }

 private:
  // A network of the first `length` bits of an IPv6 address, 0 to 48.
  struct Network {
    uint64_t bits = 0;
    int length = 0;
    static Network of(uint64_t high, int length) { return {high >> 1 >> (63 - length), length}; }
  };
  struct Place {
    size_t word = 0;
    uint64_t bits = 0;
  };

  bool may_hold_v4(uint32_t address) const {
    return !v4_.empty() && (v4_[address >> 14] >> (address >> 8 & 63) & 1) != 0;
  }
  bool may_hold_v6(uint64_t high) const {
    for (const int length : lengths_) {
      const Place place = place_of(Network::of(high, length));
      if ((v6_[place.word] & place.bits) == place.bits) return true;
    }
    return false;
  }
  // Three bits of one word, so that a look costs one line of the cache.
  Place place_of(Network network) const {
    const uint64_t hash =
        (network.bits << 6 | static_cast<uint64_t>(network.length)) * 0x9e3779b97f4a7c15ULL;
    return {static_cast<size_t>(hash >> 32) & (v6_.size() - 1),
            uint64_t{1} << (hash >> 58) | uint64_t{1} << (hash >> 52 & 63) |
                uint64_t{1} << (hash >> 26 & 63)};
  }
  void add_v4(const AddressRange& range);
  void add_v6(Network network);
  // The networks as which a range stands in v6_.
  template <typename Use>
  static void for_each_network(const AddressRange& range, Use use);

  std::vector<uint64_t> v4_, v6_;
  std::vector<int> lengths_;  // of the networks in v6_
};

}  // namespace yagura::warning
