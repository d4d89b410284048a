// SPDX-License-Identifier: Apache-2.0
//
// Packets and hosts per autonomous system and class.
//
// A source's system is as good as random, and some 80,000 of them in a table would be a cache miss
// for every source. So what is to be counted is only noted down, in the order it comes, and added
// up when there is much of it: sorted by number, walked once. Memory is bounded by the number of
// systems and `notes_max`. Not thread-safe.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "telescope/class_counts.h"

namespace yagura::telescope {

class AsTally {
 public:
  static constexpr size_t notes_max = 1 << 20;

  void add(uint32_t asn, PacketClass c, int64_t packets, int sign, bool first, bool first_scan) {
    notes_.push_back({packets, asn, c, static_cast<int8_t>(sign), first, first_scan});
    if (notes_.size() == notes_max) add_up();
  }
  // What was added so far, numbers rising, without the sums over classes. Valid until the next call
  // of another member.
  const std::vector<std::pair<uint32_t, ClassCounts>>& sums() {
    add_up();
    return sums_;
  }
  void clear() {
    notes_.clear();
    sums_.clear();
  }

 private:
  struct Note {
    int64_t packets;
    uint32_t asn;
    PacketClass class_;
    int8_t sign;
    bool first, first_scan;
  };
  static_assert(sizeof(Note) == 16);
  void add_up();

  std::vector<Note> notes_, swap_;
  std::vector<std::pair<uint32_t, ClassCounts>> sums_, merged_;
};

}  // namespace yagura::telescope
