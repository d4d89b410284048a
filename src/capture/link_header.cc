// SPDX-License-Identifier: Apache-2.0
#include "capture/link_header.h"

#include "capture/wire.h"

namespace yagura::capture {
namespace {

constexpr size_t ethernet_header = 14;
constexpr size_t sll_header = 16;
constexpr size_t sll2_header = 20;
constexpr uint16_t smallest_ether_type = 0x600;  // below it, the field is an 802.3 length
constexpr uint16_t ppp_ipv4 = 0x0021;
constexpr uint16_t ppp_ipv6 = 0x0057;

bool refuse(Reject why, Reject& reason) {
  reason = why;
  return false;
}

bool accept(std::span<const uint8_t> bytes, int version, NetworkLayer& network) {
  network = {bytes, version};
  return true;
}

bool behind_mpls(std::span<const uint8_t> bytes, NetworkLayer& network, Reject& reason) {
  for (int label = 0; label < max_mpls_labels; ++label) {
    if (bytes.size() < 4) return refuse(Reject::link_header_cut, reason);
    const bool bottom = (bytes[2] & 1) != 0;
    bytes = bytes.subspan(4);
    if (!bottom) continue;
    if (bytes.empty()) return refuse(Reject::link_header_cut, reason);
    // MPLS does not say what it carries; IP shows itself by its version (RFC 4928). A pseudowire
    // begins with a zero nibble.
    const int version = bytes[0] >> 4;
    if (version == 4 || version == 6) return accept(bytes, version, network);
    return refuse(Reject::not_ip, reason);
  }
  return refuse(Reject::not_ip, reason);
}

bool behind_pppoe(std::span<const uint8_t> bytes, NetworkLayer& network, Reject& reason) {
  if (bytes.size() < 8) return refuse(Reject::link_header_cut, reason);
  const uint16_t protocol = read_be16(bytes.data() + 6);
  bytes = bytes.subspan(8);
  if (protocol == ppp_ipv4) return accept(bytes, 4, network);
  if (protocol == ppp_ipv6) return accept(bytes, 6, network);
  return refuse(Reject::not_ip, reason);
}

// An 802.3 frame carries a type only behind an LLC/SNAP header with the Ethernet organisation code.
bool skip_snap(std::span<const uint8_t>& bytes, uint16_t& ether_type) {
  constexpr uint8_t snap[] = {0xaa, 0xaa, 0x03, 0, 0, 0};
  if (bytes.size() < 8 || std::memcmp(bytes.data(), snap, sizeof snap) != 0) return false;
  ether_type = read_be16(bytes.data() + 6);
  bytes = bytes.subspan(8);
  return true;
}

// BSD loopback: the address family, in the byte order of the machine that captured.
bool behind_family(std::span<const uint8_t> frame, NetworkLayer& network, Reject& reason) {
  if (frame.size() < 4) return refuse(Reject::link_header_cut, reason);
  uint32_t family = read_native32(frame.data());
  if (family > 0xffff) family = __builtin_bswap32(family);
  switch (family) {
    case 2:
      return accept(frame.subspan(4), 4, network);
    case 10:  // AF_INET6 of Linux, NetBSD and OpenBSD, FreeBSD, Darwin
    case 24:
    case 28:
    case 30:
      return accept(frame.subspan(4), 6, network);
    default:
      return refuse(Reject::not_ip, reason);
  }
}

}  // namespace

bool is_known_link_type(uint32_t link_type) {
  switch (static_cast<LinkType>(link_type)) {
    case LinkType::null_loopback:
    case LinkType::ethernet:
    case LinkType::raw_ip:
    case LinkType::openbsd_loopback:
    case LinkType::linux_sll:
    case LinkType::raw_ipv4:
    case LinkType::raw_ipv6:
    case LinkType::linux_sll2:
      return true;
  }
  return false;
}

bool find_network_layer_of_type(std::span<const uint8_t> bytes, uint16_t ether_type,
                                NetworkLayer& network, Reject& reason) {
  for (int tag = 0; tag <= max_tags; ++tag) {
    switch (ether_type) {
      case ether_ipv4:
        return accept(bytes, 4, network);
      case ether_ipv6:
        return accept(bytes, 6, network);
      case ether_vlan:
      case ether_vlan_service:
      case ether_vlan_old:
        if (bytes.size() < 4) return refuse(Reject::link_header_cut, reason);
        ether_type = read_be16(bytes.data() + 2);
        bytes = bytes.subspan(4);
        break;
      case ether_mpls:
      case ether_mpls_multicast:
        return behind_mpls(bytes, network, reason);
      case ether_pppoe_session:
        return behind_pppoe(bytes, network, reason);
      default:
        if (ether_type >= smallest_ether_type || !skip_snap(bytes, ether_type))
          return refuse(Reject::not_ip, reason);
    }
  }
  return refuse(Reject::not_ip, reason);
}

bool find_network_layer(std::span<const uint8_t> frame, LinkType link, NetworkLayer& network,
                        Reject& reason) {
  switch (link) {
    case LinkType::ethernet: {
      if (frame.size() < ethernet_header) return refuse(Reject::link_header_cut, reason);
      const uint16_t type = read_be16(frame.data() + 12);
      return find_network_layer_of_type(frame.subspan(ethernet_header), type, network, reason);
    }
    case LinkType::raw_ip:
      return accept(frame, 0, network);
    case LinkType::raw_ipv4:
      return accept(frame, 4, network);
    case LinkType::raw_ipv6:
      return accept(frame, 6, network);
    case LinkType::linux_sll: {
      if (frame.size() < sll_header) return refuse(Reject::link_header_cut, reason);
      const uint16_t type = read_be16(frame.data() + 14);
      return find_network_layer_of_type(frame.subspan(sll_header), type, network, reason);
    }
    case LinkType::linux_sll2: {
      if (frame.size() < sll2_header) return refuse(Reject::link_header_cut, reason);
      const uint16_t type = read_be16(frame.data());
      return find_network_layer_of_type(frame.subspan(sll2_header), type, network, reason);
    }
    case LinkType::null_loopback:
    case LinkType::openbsd_loopback:
      return behind_family(frame, network, reason);
  }
  return refuse(Reject::unknown_link_type, reason);
}

}  // namespace yagura::capture
