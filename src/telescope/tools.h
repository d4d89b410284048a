// SPDX-License-Identifier: Apache-2.0
//
// The verdict on a source's tool (model/tools.h), and what finds the key of the one tool that needs
// more than the marks of single packets. Not thread-safe.
#pragma once

#include <cstdint>

#include "model/tools.h"
#include "telescope/vocabulary.h"
#include "telescope/window_packet.h"

namespace yagura::telescope {

using model::MarkCounts;
using model::syn_count;
using model::tool_of;

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
