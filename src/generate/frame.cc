// SPDX-License-Identifier: Apache-2.0
#include "generate/frame.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/result.h"
#include "capture/packet.h"

namespace yagura::generate {
namespace {

constexpr size_t ethernet_length = 14;
constexpr size_t ipv6_header_length = 40;
constexpr size_t smallest_frame = 60;  // without the frame check sequence

// The ones' complement sum of RFC 1071, not yet folded. It may be taken in either byte order as
// long as the result is stored in the same; here the machine's own (little-endian, base/bytes.h).
uint64_t sum_of(const uint8_t* bytes, size_t size) {
  uint64_t sum = 0;
  for (; size >= 4; size -= 4, bytes += 4) {
    uint32_t word;
    std::memcpy(&word, bytes, 4);
    sum += word;
  }
  if (size >= 2) {
    uint16_t half;
    std::memcpy(&half, bytes, 2);
    sum += half;
    bytes += 2;
  }
  return (size & 1) != 0 ? sum + *bytes : sum;
}

uint16_t checksum_of(uint64_t sum) {
  sum = (sum & 0xffff'ffff) + (sum >> 32);
  sum = (sum & 0xffff'ffff) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<uint16_t>(~sum);
}

void store(uint8_t* out, uint16_t checksum) { std::memcpy(out, &checksum, 2); }

// Where the parts of a frame in the making are.
struct Layout {
  uint8_t* frame;
  uint8_t* transport;
  uint64_t pseudo_sum;  // of the pseudo-header that TCP, UDP and ICMPv6 sum up first
  size_t transport_length;
};

uint64_t pseudo_header_sum(const IpHeader& ip, uint8_t protocol, size_t length) {
  std::array<uint8_t, 40> bytes{};
  size_t used = 0;
  if (ip.source.is_v4()) {
    put32(bytes.data(), ip.source.v4());
    put32(bytes.data() + 4, ip.destination.v4());
    used = 8;
  } else {
    ip.source.write_bytes(bytes.data());
    ip.destination.write_bytes(bytes.data() + 16);
    used = 32;
  }
  put16(bytes.data() + used, static_cast<uint16_t>(length));
  put16(bytes.data() + used + 2, protocol);
  return sum_of(bytes.data(), used + 4);
}

void write_ipv6_header(uint8_t* out, const IpHeader& ip, uint8_t protocol, size_t length) {
  put32(out, 0x6000'0000);
  put16(out + 4, static_cast<uint16_t>(length));
  out[6] = protocol;
  out[7] = ip.ttl;
  ip.source.write_bytes(out + 8);
  ip.destination.write_bytes(out + 24);
}

Layout begin(uint8_t* frame, const IpHeader& ip, uint8_t protocol, size_t transport_length) {
  const bool v4 = ip.source.is_v4();
  CHECK(ethernet_length + ipv6_header_length + transport_length <= largest_frame);
  // Locally administered addresses: nobody's hardware.
  static constexpr uint8_t hardware[12] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1};
  std::memcpy(frame, hardware, sizeof hardware);
  put16(frame + 12, v4 ? 0x0800 : 0x86DD);
  uint8_t* header = frame + ethernet_length;
  if (v4)
    write_ipv4_header(header, ip, protocol, transport_length);
  else
    write_ipv6_header(header, ip, protocol, transport_length);
  return {frame, header + (v4 ? ipv4_header_length : ipv6_header_length),
          pseudo_header_sum(ip, protocol, transport_length), transport_length};
}

size_t finish(const Layout& at) {
  const size_t length = static_cast<size_t>(at.transport - at.frame) + at.transport_length;
  if (length >= smallest_frame) return length;
  std::memset(at.frame + length, 0, smallest_frame - length);
  return smallest_frame;
}

void copy(uint8_t* out, Bytes bytes) {
  if (!bytes.empty()) std::memcpy(out, bytes.data(), bytes.size());
}

}  // namespace

void write_ipv4_header(uint8_t* out, const IpHeader& ip, uint8_t protocol, size_t payload_length) {
  put16(out, 0x4500);
  put16(out + 2, static_cast<uint16_t>(ipv4_header_length + payload_length));
  put16(out + 4, ip.id);
  put16(out + 6, static_cast<uint16_t>((ip.dont_fragment ? 0x4000 : 0) | ip.fragment_offset));
  out[8] = ip.ttl;
  out[9] = protocol;
  put16(out + 10, 0);
  put32(out + 12, ip.source.v4());
  put32(out + 16, ip.destination.v4());
  store(out + 10, checksum_of(sum_of(out, ipv4_header_length)));
}

size_t write_tcp(uint8_t* frame, const IpHeader& ip, const TcpHeader& tcp, Bytes payload) {
  const size_t header_length = 20 + tcp.options.size();
  const Layout at = begin(frame, ip, capture::protocol_tcp, header_length + payload.size());
  uint8_t* out = at.transport;
  put16(out, tcp.source_port);
  put16(out + 2, tcp.destination_port);
  put32(out + 4, tcp.sequence);
  put32(out + 8, tcp.acknowledgement);
  out[12] = static_cast<uint8_t>(header_length / 4 << 4);
  out[13] = tcp.flags;
  put16(out + 14, tcp.window);
  put32(out + 16, 0);  // checksum, urgent pointer
  copy(out + 20, tcp.options);
  copy(out + header_length, payload);
  store(out + 16, checksum_of(at.pseudo_sum + sum_of(out, at.transport_length)));
  return finish(at);
}

size_t write_udp(uint8_t* frame, const IpHeader& ip, uint16_t source_port,
                 uint16_t destination_port, Bytes payload) {
  const Layout at = begin(frame, ip, capture::protocol_udp, 8 + payload.size());
  uint8_t* out = at.transport;
  put16(out, source_port);
  put16(out + 2, destination_port);
  put16(out + 4, static_cast<uint16_t>(at.transport_length));
  put16(out + 6, 0);
  copy(out + 8, payload);
  const uint16_t checksum = checksum_of(at.pseudo_sum + sum_of(out, at.transport_length));
  store(out + 6, checksum == 0 ? 0xffff : checksum);  // 0 would say that there is none
  return finish(at);
}

size_t write_icmp(uint8_t* frame, const IpHeader& ip, uint8_t type, uint8_t code, uint32_t rest,
                  Bytes payload) {
  const bool v4 = ip.source.is_v4();
  const Layout at =
      begin(frame, ip, v4 ? capture::protocol_icmp : capture::protocol_icmp6, 8 + payload.size());
  uint8_t* out = at.transport;
  out[0] = type;
  out[1] = code;
  put16(out + 2, 0);
  put32(out + 4, rest);
  copy(out + 8, payload);
  store(out + 2, checksum_of((v4 ? 0 : at.pseudo_sum) + sum_of(out, at.transport_length)));
  return finish(at);
}

size_t write_raw(uint8_t* frame, const IpHeader& ip, uint8_t protocol, Bytes payload) {
  const Layout at = begin(frame, ip, protocol, payload.size());
  copy(at.transport, payload);
  return finish(at);
}

}  // namespace yagura::generate
