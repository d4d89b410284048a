// SPDX-License-Identifier: Apache-2.0
//
// Ethernet frames written field by field, with right lengths and checksums, padded to the 60 bytes
// that Ethernet asks for. Pure functions; the caller has `largest_frame` bytes at `frame`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/ip_address.h"

namespace yagura::generate {

inline constexpr size_t largest_frame = 192;
inline constexpr size_t largest_payload = 112;

using Bytes = std::span<const uint8_t>;

// IPv4 or IPv6 after its addresses; IPv6 has no use for the last three.
struct IpHeader {
  IpAddress source, destination;
  uint8_t ttl = 64;
  uint16_t id = 0;
  bool dont_fragment = false;
  uint16_t fragment_offset = 0;  // in units of 8 bytes
};

struct TcpHeader {
  uint16_t source_port = 0, destination_port = 0;
  uint32_t sequence = 0, acknowledgement = 0;
  uint8_t flags = 0;
  uint16_t window = 0;
  Bytes options;  // a multiple of 4 bytes, at most 40
};

// Each returns the frame's length.
size_t write_tcp(uint8_t* frame, const IpHeader& ip, const TcpHeader& tcp, Bytes payload = {});
size_t write_udp(uint8_t* frame, const IpHeader& ip, uint16_t source_port,
                 uint16_t destination_port, Bytes payload);
// `rest` is the second half of the ICMP header. ICMPv6 over IPv6.
size_t write_icmp(uint8_t* frame, const IpHeader& ip, uint8_t type, uint8_t code, uint32_t rest,
                  Bytes payload);
size_t write_raw(uint8_t* frame, const IpHeader& ip, uint8_t protocol, Bytes payload);

// A bare IPv4 header for `payload_length` bytes behind it, as an ICMP error quotes it.
inline constexpr size_t ipv4_header_length = 20;
void write_ipv4_header(uint8_t* out, const IpHeader& ip, uint8_t protocol, size_t payload_length);

inline void put16(uint8_t* out, uint16_t value) {
  out[0] = static_cast<uint8_t>(value >> 8);
  out[1] = static_cast<uint8_t>(value);
}
inline void put32(uint8_t* out, uint32_t value) {
  put16(out, static_cast<uint16_t>(value >> 16));
  put16(out + 2, static_cast<uint16_t>(value));
}

}  // namespace yagura::generate
