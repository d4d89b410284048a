// SPDX-License-Identifier: Apache-2.0
//
// A packet about to be written, and who writes which kind. The persona is what stays the same about
// a source: every packet of it draws the same values from it in the same order. (Draws must not
// stand side by side in one call: compilers differ in which argument they evaluate first.)
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/random.h"
#include "generate/facts.h"
#include "generate/frame.h"
#include "generate/options.h"

namespace yagura::generate {

struct Draft {
  Kind kind = Kind::other;
  IpAddress source;
  IpAddress dark;
  IpAddress router;   // IPv4 only: sends some of the ICMP errors
  Random persona{0};  // of the source
  Random random{0};   // of this packet
  PortMix ports = PortMix::bots;
  uint16_t campaign_port = 0;  // 0 = no part of a campaign
};

// Each writes one frame, fills the facts but for the time, and returns the frame's length.
size_t write_tcp_scan(Draft& draft, uint8_t* frame, PacketFacts& facts);     // tcp_scans.cc
size_t write_probe(Draft& draft, uint8_t* frame, PacketFacts& facts);        // probes.cc: UDP, ICMP
size_t write_backscatter(Draft& draft, uint8_t* frame, PacketFacts& facts);  // backscatter.cc
size_t write_other(Draft& draft, uint8_t* frame, PacketFacts& facts);        // backscatter.cc

// A time to live after 5 to 26 hops, the number of hops being the source's own.
inline uint8_t ttl_after_hops(Random& persona, uint32_t initial) {
  return static_cast<uint8_t>(initial - 5 - persona.below(22));
}

}  // namespace yagura::generate
