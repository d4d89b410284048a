// SPDX-License-Identifier: Apache-2.0
//
// Packets and hosts per class, with the sums over all classes and over the scan classes.
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

// Adds one class of a source. The source is one host of every class it has, but only one of `any`
// and of `scans`: `first` and `first_scan` say that this class is the first of its classes and of
// its scan classes.
inline void add_class(ClassCounts& counts, PacketClass c, int64_t packets, int sign, bool first,
                      bool first_scan) {
  const auto add = [&](PacketClass to, bool host) {
    Count& count = count_of(counts, to);
    count.packets += packets;
    count.hosts += host ? sign : 0;
  };
  add(c, true);
  add(PacketClass::any, first);
  if (is_scan(c)) add(PacketClass::scans, first_scan);
}

}  // namespace yagura::telescope
