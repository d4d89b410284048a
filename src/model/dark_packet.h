// SPDX-License-Identifier: Apache-2.0
//
// The tap of the packet road: who wants to see every packet to a dark address as it comes, after it
// was classified and before its window is over.
//
// A tap is called on the thread that observes, with at most a batch at a time, and must not block:
// it is paid for by the capture. What it is shown is valid only during the call.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "model/packet.h"
#include "model/packet_class.h"

namespace yagura::model {

struct Classified {
  IpAddress accounted;  // the inner destination of an ICMP error, else the source
  PacketClass class_ = PacketClass::other;
  uint8_t protocol = 0;        // of what was scanned or attacked (ICMP error: inner protocol)
  uint16_t service_port = 0;   // of the service: the source port of backscatter
  uint16_t attacked_port = 0;  // backscatter: the port on the victim's side, 0 if there is none
  uint16_t marks = 0;          // bit i = Mark(i)
  // seq ^ byte-swapped destination ^ ((destination port << 16) + source port) of a TCP SYN over
  // IPv4: constant over the packets of one Unicornscan run (its TCPHASHTRACK; the address is in
  // network order on the little-endian machines it runs on). 0 if it is not such a SYN.
  uint32_t unicornscan_key = 0;
};

// The sensor of a packet, as a tap sees it.
struct TapSensor {
  uint16_t id = 0;
  std::string name;
  double dark_addresses = 0;  // DarkSpace::all_addresses: the bound of `position` for IPv4
};

struct DarkPacket {
  const Packet* packet = nullptr;
  const TapSensor* sensor = nullptr;
  Classified classified;
  uint32_t position = 0;  // of the destination, see DarkDay::find: it tells a dark address
};

using DarkTap = std::function<void(std::span<const DarkPacket>)>;

}  // namespace yagura::model
