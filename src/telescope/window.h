// SPDX-License-Identifier: Apache-2.0
//
// The packets of the window that is open, and their order by source.
//
// Packets are appended as they come (32 bytes each) and sorted by accounted address when the window
// closes: a radix sort costs some 15 ns a packet, a hash table's cache misses several times that,
// and everything that follows (activity, events, attacks, run files, the store's own order) wants
// the sources in order anyway.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "telescope/window_packet.h"

namespace yagura::telescope {

class Window {
 public:
  void add(IpAddress source, WindowPacket packet) {
    if (source.is_v4()) {
      packet.source = source.v4();
      v4_.push_back(packet);
    } else {
      packet.source = static_cast<uint32_t>(v6_addresses_.size());
      v6_addresses_.push_back(source);
      v6_.push_back(packet);
    }
  }
  size_t size() const { return v4_.size() + v6_.size(); }
  bool empty() const { return size() == 0; }

  // The packets grouped by source, sources rising, packets of a source in the order they came.
  // Valid until the next call of any other member.
  std::span<const SourceGroup> sort();
  void clear();

  // The packets as they are, not their order.
  void save(ByteWriter& out) const;
  Result<void> load(ByteReader& in);

 private:
  void sort_v4();
  void group_v4();
  // Groups v6 packets [from, until) of v6_order_.
  void group_v6(size_t from, size_t until);

  struct Entry {
    uint32_t key, index;
  };
  std::vector<WindowPacket> v4_, v6_, sorted_;
  std::vector<IpAddress> v6_addresses_;
  std::vector<Entry> entries_, swap_;
  std::vector<uint32_t> v6_order_;
  std::vector<WindowPacket> v6_sorted_;
  std::vector<SourceGroup> groups_;
};

}  // namespace yagura::telescope
