// SPDX-License-Identifier: Apache-2.0
//
// What a packet to a dark address is, from its shape alone: class, accounted address, service port
// and marks. The rules, first match wins, are in docs/telescope.md; they settle where the published
// ones (corsaro, Merit, iatmon) rival each other. A pure function of the packet; thread-safe.
#pragma once

#include "capture/packet.h"
#include "telescope/vocabulary.h"

namespace yagura::telescope {

struct Classified {
  IpAddress accounted;  // the inner destination of an ICMP error, else the source
  PacketClass class_ = PacketClass::other;
  uint8_t protocol = 0;        // of what was scanned or attacked (ICMP error: inner protocol)
  uint16_t service_port = 0;   // as in ActivityRow::ports
  uint16_t attacked_port = 0;  // backscatter: the port on the victim's side, 0 if there is none
  uint16_t marks = 0;          // bit i = Mark(i)
  // seq ^ byte-swapped destination ^ ((destination port << 16) + source port) of a TCP SYN over
  // IPv4: constant over the packets of one Unicornscan run (its TCPHASHTRACK; the address is in
  // network order on the little-endian machines it runs on). 0 if it is not such a SYN.
  uint32_t unicornscan_key = 0;
};

Classified classify(const capture::Packet& packet);

}  // namespace yagura::telescope
