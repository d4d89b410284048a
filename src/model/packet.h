// SPDX-License-Identifier: Apache-2.0
//
// One decoded packet, as every system that watches the packet road sees it.
//
// A fixed size, two cache lines: packets travel in arrays that are used again, without allocation.
#pragma once

#include <cstdint>

#include "base/ip_address.h"
#include "base/time.h"

namespace yagura::model {

// What the decoder found out about a packet, as bits of Packet::traits.
enum Trait : uint16_t {
  has_ports = 1 << 0,              // source_port and destination_port are the packet's own
  later_fragment = 1 << 1,         // fragment offset > 0: no transport header, hence no ports
  first_fragment = 1 << 2,         // offset 0 with more fragments to come
  dont_fragment = 1 << 3,          // IPv4 DF
  reserved_fragment_bit = 1 << 4,  // IPv4 "evil" bit
  has_inner = 1 << 5,              // an ICMP error with a readable inner IP header
  decapsulated = 1 << 6,           // taken out of a tunnel
  transport_cut = 1 << 7,   // the transport header runs past the packet's or the capture's end
  checksum_wrong = 1 << 8,  // IPv4 header checksum does not hold
};

// Packet::tcp_flags is the whole byte of the header: the two ECN bits (64, 128) may be set as well.
enum TcpFlag : uint8_t { fin = 1, syn = 2, rst = 4, psh = 8, ack = 16, urg = 32 };

// Protocol numbers (IANA) that the code names.
enum IpProtocol : uint8_t {
  protocol_icmp = 1,
  protocol_ip_in_ip = 4,
  protocol_tcp = 6,
  protocol_udp = 17,
  protocol_ipv6_in_ip = 41,
  protocol_gre = 47,
  protocol_icmp6 = 58,
};

struct Packet {
  Timestamp time;
  IpAddress source;
  IpAddress destination;
  IpAddress inner_destination;  // of the IP header inside an ICMP error, if has_inner
  // The frame as captured, link header first, and the transport payload in it. Both point into the
  // reader's buffer and are valid only until the batch is handed back.
  const uint8_t* frame = nullptr;
  const uint8_t* payload = nullptr;
  uint32_t captured_length = 0;  // bytes at `frame`
  uint32_t wire_length = 0;      // of the frame, as sent
  uint32_t tcp_sequence = 0;
  uint32_t tcp_acknowledgement = 0;
  uint16_t ip_offset = 0;       // in `frame`, of the IP header that was decoded
  uint16_t ip_length = 0;       // whole IP packet as its header says (IPv6: 40 + payload)
  uint16_t payload_length = 0;  // bytes at `payload` that were captured
  uint16_t source_port = 0;     // TCP, UDP; 0 unless has_ports
  uint16_t destination_port = 0;
  uint16_t ip_id = 0;  // IPv4 only
  uint16_t tcp_window = 0;
  uint16_t traits = 0;
  uint16_t inner_source_port = 0;  // of the inner TCP/UDP header if it was readable, else 0
  uint16_t inner_destination_port = 0;
  uint8_t protocol = 0;  // of the transport, behind IPv6 extension headers
  uint8_t inner_protocol = 0;
  uint8_t ttl = 0;  // or IPv6 hop limit
  uint8_t tcp_flags = 0;
  uint8_t tcp_options_length = 0;  // bytes of TCP options the header announces
  uint8_t icmp_type = 0;
  uint8_t icmp_code = 0;
  uint8_t sensor = 0;  // index of the sensor in this command

  bool is(Trait trait) const { return (traits & trait) != 0; }
};

}  // namespace yagura::model
