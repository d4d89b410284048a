// SPDX-License-Identifier: Apache-2.0
//
// Which scanning tool a source uses, from what its packets show.
//
// One packet proves nothing: at 22,000 packets/s the two-byte rules match tens of thousands of
// packets a day by chance. So the verdict is over all TCP SYNs of a source in a bucket (a window,
// an event, a day): at least 3 SYNs that match (2 for Mirai, whose rule is four bytes) and at least
// 80 % of all; of several tools the one with most.
//
// Pure functions; thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "telescope/vocabulary.h"
#include "telescope/window_packet.h"

namespace yagura::telescope {

// Packets per mark, by number of the mark.
using MarkCounts = std::array<uint64_t, mark_count>;

// TCP SYNs among `scan_tcp` packets of class scan_tcp that show `marks`: all but the NULL, FIN and
// Xmas scans.
uint64_t syn_count(uint64_t scan_tcp, const MarkCounts& marks);

// The verdict over `syns` TCP SYNs of a source that show `marks`.
Tool tool_of(uint64_t syns, const MarkCounts& marks);
// The same for a row of class scan_tcp: its packets, its marks and the packets that show each.
Tool tool_of(uint64_t scan_tcp, std::span<const Mark> marks, std::span<const uint32_t> packets);

// Finds the Unicornscan key that most of a source's SYNs share, packet by packet in bounded space:
// Boyer and Moore's majority vote, with a count of the packets that agreed with the candidate since
// it last became one. A scanner whose sequence numbers are its own has no such key; neither has one
// that repeats a packet, so `matching` is 0 unless the packets went to at least two different pairs
// of dark address and port.
class UnicornscanVote {
 public:
  void add(const WindowPacket& packet) {
    if (packet.unicornscan_key == 0) return;
    if (lead == 0 && packet.unicornscan_key != key) adopt(packet);
    if (packet.unicornscan_key != key) {
      --lead;
      return;
    }
    ++lead;
    ++count;
    varied |= packet.dark != dark || packet.service_port != port;
  }
  // Adds what another vote over other packets of the source found: the key that leads stays, with
  // the packets that agreed with it.
  void add(const UnicornscanVote& other);
  // Packets that share the key; 0 below the 3 that a verdict needs.
  uint32_t matching() const { return varied && count >= 3 ? count : 0; }

  // The state, open so that it can be saved.
  uint32_t key = 0, lead = 0, count = 0;
  uint32_t dark = 0;  // of the first packet with the key
  uint16_t port = 0;
  bool varied = false;

 private:
  void adopt(const WindowPacket& packet) {
    key = packet.unicornscan_key;
    count = 0;
    dark = packet.dark;
    port = packet.service_port;
    varied = false;
  }
};

}  // namespace yagura::telescope
