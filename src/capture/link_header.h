// SPDX-License-Identifier: Apache-2.0
//
// Steps over everything in front of an IP header: link headers, VLAN tags, MPLS labels, PPPoE.
// Pure functions; thread-safe.
#pragma once

#include <cstdint>
#include <span>

#include "capture/decode.h"
#include "capture/packet.h"

namespace yagura::capture {

// IEEE 802 numbers of what Yagura looks into.
enum EtherType : uint16_t {
  ether_ipv4 = 0x0800,
  ether_transparent_ethernet = 0x6558,  // an Ethernet frame inside GRE (RFC 1701)
  ether_vlan = 0x8100,
  ether_ipv6 = 0x86dd,
  ether_mpls = 0x8847,
  ether_mpls_multicast = 0x8848,
  ether_pppoe_session = 0x8864,
  ether_vlan_service = 0x88a8,  // the outer tag of QinQ (802.1ad)
  ether_vlan_old = 0x9100,      // the same before it was standardised
};

// Bounds on what is stepped over; a frame beyond them is not IP to us.
inline constexpr int max_tags = 8;
inline constexpr int max_mpls_labels = 16;

// Where an IP header begins and which version the header in front of it promises (0: none, as
// behind MPLS or with raw IP, where the first nibble of the packet decides).
struct NetworkLayer {
  std::span<const uint8_t> bytes;
  int version = 0;
};

// The network layer of `frame`, or false and why there is none.
bool find_network_layer(std::span<const uint8_t> frame, LinkType link, NetworkLayer& network,
                        Reject& reason);

// The same from behind a type field: `bytes` is what `ether_type` announces.
bool find_network_layer_of_type(std::span<const uint8_t> bytes, uint16_t ether_type,
                                NetworkLayer& network, Reject& reason);

}  // namespace yagura::capture
