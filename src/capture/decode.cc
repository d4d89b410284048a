// SPDX-License-Identifier: Apache-2.0
//
// The decoder is a straight line: step over the link header, read the IP header, read the transport
// header behind it. Every step narrows a span, so that no later step can read past what an earlier
// one allowed: `bytes` of an IP packet ends where the capture or the packet's own length ends,
// whichever comes first. Tunnels run the same line again on the payload.
//
// What nearly every packet needs is in line in decode(), so that the compiler keeps the packet's
// traits and lengths in registers; the rest (IPv6, cut headers, ICMP errors, other link headers) is
// kept out of line, where it costs nothing until it is met.
#include "capture/decode.h"

#include <algorithm>

#include "capture/link_header.h"
#include "capture/wire.h"

namespace yagura::capture {
namespace {

using Bytes = std::span<const uint8_t>;

constexpr size_t ethernet_header = 14;
constexpr size_t ipv4_header = 20;
constexpr size_t ipv6_header = 40;
constexpr size_t tcp_header = 20;
constexpr size_t udp_header = 8;
constexpr size_t icmp_header = 8;
constexpr uint16_t vxlan_port = 4789;
constexpr int max_extension_headers = 16;
constexpr int max_tunnel_depth = 4;

// IPv6 extension headers (IANA).
enum : uint8_t {
  extension_hop_by_hop = 0,
  extension_routing = 43,
  extension_fragment = 44,
  extension_authentication = 51,
  extension_destination = 60,
};

void mark(Packet& packet, Trait trait) {
  packet.traits = static_cast<uint16_t>(packet.traits | trait);
}

uint16_t clamp16(size_t value) { return static_cast<uint16_t>(std::min<size_t>(value, 0xffff)); }

void set_payload(Packet& packet, Bytes bytes) {
  packet.payload = bytes.data();
  packet.payload_length = clamp16(bytes.size());
}

Bytes behind(Bytes bytes, size_t header) { return bytes.subspan(std::min(header, bytes.size())); }

// True if the one's complement sum over the header, checksum included, is not all ones.
[[gnu::always_inline]] inline bool ipv4_checksum_wrong(const uint8_t* header, size_t length) {
  // The sum of 16-bit words does not depend on the byte order nor on the order of the words, so
  // 32-bit words can be added and folded at the end (RFC 1071, 2).
  uint64_t sum = uint64_t{read_native32(header)} + read_native32(header + 4) +
                 read_native32(header + 8) + read_native32(header + 12) +
                 read_native32(header + 16);
  for (size_t i = ipv4_header; i < length; i += 4) sum += read_native32(header + i);  // options
  sum = (sum >> 32) + (sum & 0xffff'ffff);
  sum = (sum >> 16) + (sum & 0xffff);
  sum = (sum >> 16) + (sum & 0xffff);
  sum = (sum >> 16) + (sum & 0xffff);
  return sum != 0xffff;
}

// ---- transport -------------------------------------------------------------------------------

// A header that is not there to its end.
[[gnu::noinline]] void decode_cut_tcp(Bytes bytes, Packet& packet) {
  const uint8_t* at = bytes.data();
  mark(packet, transport_cut);
  set_payload(packet, behind(bytes, bytes.size()));
  if (bytes.size() < 4) return;
  mark(packet, has_ports);
  packet.source_port = read_be16(at);
  packet.destination_port = read_be16(at + 2);
  if (bytes.size() >= 8) packet.tcp_sequence = read_be32(at + 4);
  if (bytes.size() >= 12) packet.tcp_acknowledgement = read_be32(at + 8);
  if (bytes.size() >= 13 && (at[12] >> 4) > 5)
    packet.tcp_options_length = static_cast<uint8_t>((at[12] >> 4) * 4 - 20);
  if (bytes.size() >= 14) packet.tcp_flags = at[13];
  if (bytes.size() >= 16) packet.tcp_window = read_be16(at + 14);
}

[[gnu::always_inline]] inline void decode_tcp(Bytes bytes, Packet& packet) {
  if (bytes.size() < tcp_header) [[unlikely]] {
    decode_cut_tcp(bytes, packet);
    return;
  }
  const uint8_t* at = bytes.data();
  mark(packet, has_ports);
  packet.source_port = read_be16(at);
  packet.destination_port = read_be16(at + 2);
  packet.tcp_sequence = read_be32(at + 4);
  packet.tcp_acknowledgement = read_be32(at + 8);
  packet.tcp_flags = at[13];
  packet.tcp_window = read_be16(at + 14);
  // An offset below five words is nonsense; the fixed header is there all the same.
  const size_t header = std::max<size_t>(static_cast<size_t>(at[12] >> 4) * 4, tcp_header);
  packet.tcp_options_length = static_cast<uint8_t>(header - tcp_header);
  if (header > bytes.size()) [[unlikely]]
    mark(packet, transport_cut);
  set_payload(packet, behind(bytes, header));
}

[[gnu::always_inline]] inline void decode_udp(Bytes bytes, Packet& packet) {
  const uint8_t* at = bytes.data();
  set_payload(packet, behind(bytes, udp_header));
  if (bytes.size() < udp_header) mark(packet, transport_cut);
  if (bytes.size() < 4) return;
  mark(packet, has_ports);
  packet.source_port = read_be16(at);
  packet.destination_port = read_be16(at + 2);
  if (bytes.size() < udp_header) return;
  const uint16_t length = read_be16(at + 4);
  if (length >= udp_header && length < bytes.size())
    packet.payload_length = static_cast<uint16_t>(length - udp_header);
}

struct Extensions {
  Bytes rest;            // what follows the extension headers
  uint8_t protocol = 0;  // of `rest`
  bool cut = false;      // the chain runs past the end, or is longer than the bound
  bool first_fragment = false;
  bool later_fragment = false;
};

Extensions skip_extensions(Bytes bytes, uint8_t protocol) {
  Extensions result{bytes, protocol};
  for (int i = 0; i < max_extension_headers; ++i) {
    const Bytes at = result.rest;
    size_t length = 8;
    switch (result.protocol) {
      case extension_hop_by_hop:
      case extension_routing:
      case extension_destination:
        if (at.size() >= 2) length = (size_t{at[1]} + 1) * 8;
        break;
      case extension_authentication:
        if (at.size() >= 2) length = (size_t{at[1]} + 2) * 4;
        break;
      case extension_fragment:
        if (at.size() < 8) break;
        result.later_fragment = (read_be16(&at[2]) & 0xfff8) != 0;
        result.first_fragment = !result.later_fragment && (at[3] & 1) != 0;
        break;
      default:
        return result;
    }
    if (at.size() < length) {
      result.cut = true;
      return result;
    }
    result.protocol = at[0];
    result.rest = at.subspan(length);
    if (result.later_fragment) return result;
  }
  result.cut = true;
  return result;
}

void set_inner_ports(Bytes transport, Packet& packet) {
  const bool ported =
      packet.inner_protocol == protocol_tcp || packet.inner_protocol == protocol_udp;
  if (!ported || transport.size() < 4) return;
  packet.inner_source_port = read_be16(transport.data());
  packet.inner_destination_port = read_be16(transport.data() + 2);
}

// The IP header that an ICMP error quotes. What is quoted is nearly always cut, so the lengths in
// it are not believed.
[[gnu::noinline]] void decode_quoted_ipv4(Bytes bytes, Packet& packet) {
  if (bytes.size() < ipv4_header || (bytes[0] >> 4) != 4 || (bytes[0] & 15) < 5) return;
  mark(packet, has_inner);
  packet.inner_destination = IpAddress::from_v4_bytes(&bytes[16]);
  packet.inner_protocol = bytes[9];
  if ((read_be16(&bytes[6]) & 0x1fff) != 0) return;
  set_inner_ports(behind(bytes, static_cast<size_t>(bytes[0] & 15) * 4), packet);
}

[[gnu::noinline]] void decode_quoted_ipv6(Bytes bytes, Packet& packet) {
  if (bytes.size() < ipv6_header || (bytes[0] >> 4) != 6) return;
  mark(packet, has_inner);
  packet.inner_destination = IpAddress::from_v6_bytes(&bytes[24]);
  const Extensions inner = skip_extensions(bytes.subspan(ipv6_header), bytes[6]);
  packet.inner_protocol = inner.protocol;
  if (!inner.cut && !inner.later_fragment) set_inner_ports(inner.rest, packet);
}

[[gnu::always_inline]] inline void decode_icmp(Bytes bytes, Packet& packet) {
  set_payload(packet, behind(bytes, icmp_header));
  if (bytes.size() < icmp_header) mark(packet, transport_cut);
  if (bytes.size() < 2) return;
  packet.icmp_type = bytes[0];
  packet.icmp_code = bytes[1];
  const Bytes quoted = behind(bytes, icmp_header);
  if (packet.protocol == protocol_icmp6) {
    if (packet.icmp_type >= 1 && packet.icmp_type <= 4) decode_quoted_ipv6(quoted, packet);
    return;
  }
  switch (packet.icmp_type) {
    case 3:  // destination unreachable, source quench, redirect, time exceeded, parameter problem
    case 4:
    case 5:
    case 11:
    case 12:
      decode_quoted_ipv4(quoted, packet);
      break;
    default:
      break;
  }
}

[[gnu::always_inline]] inline void decode_transport(Bytes bytes, Packet& packet) {
  switch (packet.protocol) {
    case protocol_tcp:
      decode_tcp(bytes, packet);
      break;
    case protocol_udp:
      decode_udp(bytes, packet);
      break;
    case protocol_icmp:
    case protocol_icmp6:
      decode_icmp(bytes, packet);
      break;
    default:
      set_payload(packet, bytes);
  }
}

// ---- network ---------------------------------------------------------------------------------

// `uncaptured` bytes of the packet were on the wire but not captured.
[[gnu::always_inline]] inline bool decode_ipv4(Bytes bytes, size_t uncaptured, Packet& packet,
                                               Reject& reason) {
  const uint8_t* at = bytes.data();
  if (bytes.size() < ipv4_header) [[unlikely]] {
    reason = Reject::ip_header_cut;
    return false;
  }
  const size_t header = static_cast<size_t>(at[0] & 15) * 4;
  size_t length = read_be16(at + 2);
  // Segmentation offload leaves the length zero in packets captured before the card cut them.
  if (length == 0) [[unlikely]]
    length = bytes.size() + uncaptured;
  if (header < ipv4_header || length < header) [[unlikely]] {
    reason = Reject::ip_header_length_wrong;
    return false;
  }
  if (header > bytes.size()) [[unlikely]] {
    reason = Reject::ip_header_cut;
    return false;
  }
  packet.source = IpAddress::from_v4_bytes(at + 12);
  packet.destination = IpAddress::from_v4_bytes(at + 16);
  packet.ip_length = clamp16(length);
  packet.ip_id = read_be16(at + 4);
  packet.ttl = at[8];
  packet.protocol = at[9];
  if (ipv4_checksum_wrong(at, header)) [[unlikely]]
    mark(packet, checksum_wrong);

  const uint16_t fragment = read_be16(at + 6);
  // Without a branch: whether scanners set it is a coin toss from packet to packet.
  constexpr int fragment_bit = 14;
  mark(packet, static_cast<Trait>((fragment >> fragment_bit & 1) * dont_fragment));
  if ((fragment & 0x8000) != 0) [[unlikely]]
    mark(packet, reserved_fragment_bit);
  const Bytes rest = bytes.subspan(header, std::min(length, bytes.size()) - header);
  if ((fragment & 0x1fff) != 0) [[unlikely]] {
    mark(packet, later_fragment);
    set_payload(packet, rest);
    return true;
  }
  if ((fragment & 0x2000) != 0) mark(packet, first_fragment);
  decode_transport(rest, packet);
  return true;
}

bool decode_ipv6(Bytes bytes, size_t uncaptured, Packet& packet, Reject& reason) {
  const uint8_t* at = bytes.data();
  if (bytes.size() < ipv6_header) {
    reason = Reject::ip_header_cut;
    return false;
  }
  size_t payload = read_be16(at + 4);
  // A jumbogram (RFC 2675) keeps its length in the hop-by-hop header.
  if (payload == 0 && at[6] == extension_hop_by_hop)
    payload = bytes.size() - ipv6_header + uncaptured;
  packet.source = IpAddress::from_v6_bytes(at + 8);
  packet.destination = IpAddress::from_v6_bytes(at + 24);
  packet.ip_length = clamp16(ipv6_header + payload);
  packet.ttl = at[7];

  const size_t captured = bytes.size() - ipv6_header;
  const Extensions extensions =
      skip_extensions(bytes.subspan(ipv6_header, std::min(payload, captured)), at[6]);
  packet.protocol = extensions.protocol;
  if (extensions.first_fragment) mark(packet, first_fragment);
  if (extensions.later_fragment) mark(packet, later_fragment);
  if (extensions.cut) mark(packet, transport_cut);
  if (extensions.cut || extensions.later_fragment)
    set_payload(packet, extensions.rest);
  else
    decode_transport(extensions.rest, packet);
  return true;
}

[[gnu::noinline]] bool decode_network(const NetworkLayer& network, size_t uncaptured,
                                      Packet& packet, Reject& reason) {
  if (network.bytes.empty()) {
    reason = Reject::ip_header_cut;
    return false;
  }
  const int version = network.bytes[0] >> 4;
  if ((version != 4 && version != 6) || (network.version != 0 && network.version != version)) {
    reason = Reject::ip_version_wrong;
    return false;
  }
  if (version == 4) [[likely]]
    return decode_ipv4(network.bytes, uncaptured, packet, reason);
  return decode_ipv6(network.bytes, uncaptured, packet, reason);
}

// ---- tunnels ---------------------------------------------------------------------------------

// Behind a GRE header (RFC 2784, 2890); the obsolete source routing and version 1 are not read.
bool inside_gre(Bytes bytes, NetworkLayer& inner, Reject& reason) {
  if (bytes.size() < 4) return false;
  const uint16_t flags = read_be16(bytes.data());
  constexpr uint16_t checksum = 0x8000, routing = 0x4000, key = 0x2000, sequence = 0x1000;
  if ((flags & 7) != 0 || (flags & routing) != 0) return false;
  size_t header = 4;
  for (const uint16_t flag : {checksum, key, sequence})
    if ((flags & flag) != 0) header += 4;
  if (bytes.size() < header) return false;
  const uint16_t type = read_be16(bytes.data() + 2);
  if (type == ether_transparent_ethernet)
    return find_network_layer(bytes.subspan(header), LinkType::ethernet, inner, reason);
  return find_network_layer_of_type(bytes.subspan(header), type, inner, reason);
}

// The network layer that `packet` carries if it is a tunnel.
bool inside_tunnel(const Packet& packet, NetworkLayer& inner) {
  if (packet.is(later_fragment) || packet.is(transport_cut)) return false;
  const Bytes payload(packet.payload, packet.payload_length);
  Reject ignored{};  // what does not hold IP is no tunnel to us: the packet itself counts
  switch (packet.protocol) {
    case protocol_ip_in_ip:
      inner = {payload, 4};
      return true;
    case protocol_ipv6_in_ip:
      inner = {payload, 6};
      return true;
    case protocol_gre:
      return inside_gre(payload, inner, ignored);
    case protocol_udp: {
      constexpr size_t vxlan_header = 8;
      constexpr uint8_t has_network_id = 0x08;
      if (packet.destination_port != vxlan_port || payload.size() < vxlan_header) return false;
      if ((payload[0] & has_network_id) == 0) return false;
      return find_network_layer(payload.subspan(vxlan_header), LinkType::ethernet, inner, ignored);
    }
    default:
      return false;
  }
}

// Clears what decoding fills in. A copy of a constant: for this size, compilers turn a plain
// clearing into a string instruction that costs as much as the decoding.
void clear(Packet& packet) {
  static constexpr Packet nothing{};
  const Timestamp time = packet.time;
  const uint8_t sensor = packet.sensor;
  packet = nothing;
  packet.time = time;
  packet.sensor = sensor;
}

// Replaces a tunnel by the innermost packet in it that can be decoded.
[[gnu::noinline]] bool open_tunnels(Packet& packet, Reject& reason) {
  NetworkLayer inner;
  for (int depth = 0; inside_tunnel(packet, inner); ++depth) {
    Packet candidate = packet;
    clear(candidate);
    Reject ignored{};
    if (!decode_network(inner, 0, candidate, ignored)) return true;
    if (depth == max_tunnel_depth) {
      reason = Reject::encapsulation_too_deep;
      return false;
    }
    mark(candidate, decapsulated);
    candidate.frame = packet.frame;
    candidate.ip_offset = static_cast<uint16_t>(inner.bytes.data() - packet.frame);
    candidate.captured_length = packet.captured_length;
    candidate.wire_length = packet.wire_length;
    packet = candidate;
  }
  return true;
}

// A frame in which the IP header does not stand right behind an Ethernet header.
[[gnu::noinline]] bool decode_behind_link_header(Bytes frame, LinkType link, size_t uncaptured,
                                                 Packet& packet, Reject& reason) {
  NetworkLayer network;
  if (!find_network_layer(frame, link, network, reason)) return false;
  packet.ip_offset = static_cast<uint16_t>(network.bytes.data() - frame.data());
  return decode_network(network, uncaptured, packet, reason);
}

bool is_plain_ipv4(Bytes frame, LinkType link) {
  return link == LinkType::ethernet && frame.size() > ethernet_header &&
         read_be16(&frame[ethernet_header - 2]) == ether_ipv4 && (frame[ethernet_header] >> 4) == 4;
}

}  // namespace

bool decode(Bytes frame, uint32_t wire_length, LinkType link, const DecodeOptions& options,
            Packet& packet, Reject& reason) {
  clear(packet);
  packet.frame = frame.data();
  packet.captured_length = static_cast<uint32_t>(frame.size());
  packet.wire_length = wire_length;
  const size_t uncaptured = wire_length > frame.size() ? wire_length - frame.size() : 0;
  if (is_plain_ipv4(frame, link)) [[likely]] {
    packet.ip_offset = ethernet_header;
    if (!decode_ipv4(frame.subspan(ethernet_header), uncaptured, packet, reason)) return false;
  } else if (!decode_behind_link_header(frame, link, uncaptured, packet, reason)) {
    return false;
  }
  if (!options.decapsulate) return true;
  return open_tunnels(packet, reason);
}

}  // namespace yagura::capture
