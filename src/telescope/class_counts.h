// SPDX-License-Identifier: Apache-2.0
//
// Packets and hosts per class, and the sums over all classes and over the scan classes.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "telescope/source_row.h"
#include "telescope/vocabulary.h"

namespace yagura::telescope {

struct Count {
  int64_t packets = 0, hosts = 0;
  bool zero() const { return packets == 0 && hosts == 0; }
};
using ClassCounts = std::array<Count, class_count>;

inline Count& count_of(ClassCounts& counts, PacketClass c) {
  return counts[static_cast<size_t>(c)];
}

// Adds one class of a source to counts whose sums are still to be made (with_sums). The source is
// one host of every class it has, but only one of `any` and of `scans`: `first` and `first_scan`
// say that this class is the first of its classes and of its scan classes. Nearly all sources have
// one class: that is one count, and the sums are made of the classes later, less the hosts that
// stand in several of them, which is what `any` and `scans` hold until then.
inline void add_class(ClassCounts& counts, PacketClass c, int64_t packets, int sign, bool first,
                      bool first_scan) {
  Count& count = count_of(counts, c);
  count.packets += packets;
  count.hosts += sign;
  if (first) [[likely]]
    return;
  count_of(counts, PacketClass::any).hosts -= sign;
  if (is_scan(c) && !first_scan) count_of(counts, PacketClass::scans).hosts -= sign;
}

// The counts with the sums over all classes and over the scan classes.
inline ClassCounts with_sums(ClassCounts counts) {
  Count& any = count_of(counts, PacketClass::any);
  Count& scans = count_of(counts, PacketClass::scans);
  for (size_t c = 0; c < counts.size(); ++c) {
    const auto class_ = static_cast<PacketClass>(c);
    if (class_ == PacketClass::any || class_ == PacketClass::scans) continue;
    for (Count* sum : {&any, is_scan(class_) ? &scans : nullptr}) {
      if (sum == nullptr) continue;
      sum->packets += counts[c].packets;
      sum->hosts += counts[c].hosts;
    }
  }
  return counts;
}

}  // namespace yagura::telescope
