// SPDX-License-Identifier: Apache-2.0
//
// From the bytes of a frame to a Packet.
#pragma once

#include <cstdint>
#include <span>

#include "capture/packet.h"

namespace yagura::capture {

// Link types as numbered by libpcap (LINKTYPE_*), those that Yagura reads.
enum class LinkType : uint32_t {
  null_loopback = 0,
  ethernet = 1,
  raw_ip = 101,
  openbsd_loopback = 108,
  linux_sll = 113,
  raw_ipv4 = 228,
  raw_ipv6 = 229,
  linux_sll2 = 276,
};
bool is_known_link_type(uint32_t link_type);

struct DecodeOptions {
  bool decapsulate = false;  // look inside GRE, IP-in-IP, IPv6-in-IP and VXLAN (UDP 4789)
};

// Decodes the outermost IP header of `frame` (or, with `decapsulate`, the innermost). Fills every
// field of `packet` but `time` and `sensor`. VLAN, QinQ, MPLS and PPPoE are stepped over. Never
// reads past `frame`. Returns false and sets `reason` if there is no IP packet in it.
//
// A TCP or UDP header that is cut short still counts: the ports are read if their four bytes are
// there and the packet is marked transport_cut (the two public Mirai SYNs announce a data offset
// past their end). A later fragment never has ports. Padding behind the IP length is not payload.
bool decode(std::span<const uint8_t> frame, uint32_t wire_length, LinkType link,
            const DecodeOptions& options, Packet& packet, Reject& reason);

}  // namespace yagura::capture
