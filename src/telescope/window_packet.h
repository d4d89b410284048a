// SPDX-License-Identifier: Apache-2.0
//
// A classified dark packet as a window keeps it, and the packets of one source in a window: what
// the per-source analysers (scan events, attacks, activity) work on.
#pragma once

#include <cstdint>
#include <span>

#include "base/ip_address.h"
#include "telescope/vocabulary.h"

namespace yagura::telescope {

// 32 bytes; at 22,000 packets/s a 5-minute window holds 6.6 million of them (211 MB).
struct WindowPacket {
  int64_t time = 0;     // nanoseconds since the epoch
  uint32_t source = 0;  // IPv4 in host order; IPv6: index into the window's address table
  uint32_t dark = 0;    // which dark address: position in the dark space, or a hash (IPv6)
  uint32_t unicornscan_key = 0;
  uint16_t service_port = 0;
  uint16_t attacked_port = 0;
  uint16_t length = 0;  // IP length
  uint16_t marks = 0;
  PacketClass class_ = PacketClass::other;
  uint8_t protocol = 0;
  uint8_t ttl = 0;
  uint8_t zero = 0;  // fills it up
};
static_assert(sizeof(WindowPacket) == 32);

// All packets of one accounted address in one window, in order of time.
struct SourceGroup {
  IpAddress source;
  std::span<const WindowPacket> packets;
};

}  // namespace yagura::telescope
