// SPDX-License-Identifier: Apache-2.0
//
// UDP and ICMP scanners, those that look for amplifiers, and scanners over IPv6.
#include <array>
#include <string_view>

#include "capture/packet.h"
#include "generate/draft.h"
#include "generate/ports.h"

namespace yagura::generate {
namespace {

using namespace std::string_view_literals;

IpHeader header_of(Draft& draft) {
  IpHeader ip;
  ip.source = draft.source;
  ip.destination = draft.dark;
  ip.ttl = ttl_after_hops(draft.persona, 64);
  ip.id = draft.random.bits16();
  return ip;
}

Bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// What an amplifier is asked; whole requests as attackers and surveys send them.
struct Request {
  uint16_t port;
  std::string_view payload;
};
constexpr std::array<Request, 6> requests = {{
    // DNS (RFC 1035): recursion desired, ANY example.org, with EDNS
    {53,
     "\x1a\x2b\x01\x00\x00\x01\x00\x00\x00\x00\x00\x01"
     "\x07"
     "example"
     "\x03"
     "org"
     "\x00\x00\xff\x00\x01\x00\x00\x29\x10\x00\x00\x00\x00\x00\x00\x00"sv},
    // NTP mode 7: monlist
    {123, "\x17\x00\x03\x2a\x00\x00\x00\x00"sv},
    // SNMP v2c (RFC 3416): GetBulk of iso.3.6.1 as "public"
    {161,
     "\x30\x24\x02\x01\x01\x04\x06public\xa5\x17\x02\x04\x12\x34\x56\x78\x02\x01\x00\x02\x01\x7f"
     "\x30\x09\x30\x07\x06\x03\x2b\x06\x01\x05\x00"sv},
    // CLDAP (RFC 4511): searchRequest of the root, (objectclass=*)
    {389,
     "\x30\x25\x02\x01\x01\x63\x20\x04\x00\x0a\x01\x00\x0a\x01\x00\x02\x01\x00\x02\x01\x00"
     "\x01\x01\x00\x87\x0bobjectclass\x30\x00"sv},
    // SSDP (UPnP Device Architecture)
    {1900,
     "M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\n"
     "MX: 1\r\nST: ssdp:all\r\n\r\n"sv},
    // memcached
    {11211, "\x00\x00\x00\x00\x00\x01\x00\x00stats\r\n"sv},
}};

size_t write_amplification(Draft& draft, uint8_t* frame, PacketFacts& facts) {
  const Request& request = requests[draft.persona.below(requests.size())];
  facts.class_ = TrafficClass::probe_amplification;
  facts.protocol = capture::protocol_udp;
  facts.service_port = request.port;
  const IpHeader ip = header_of(draft);
  const uint16_t source_port = draft.random.between(40000, 60000);
  return write_udp(frame, ip, source_port, request.port, bytes_of(request.payload));
}

size_t write_udp_scan(Draft& draft, uint8_t* frame, PacketFacts& facts) {
  // Says what it is, and so is no service's request or answer.
  std::array<uint8_t, 17> payload = {'s', 'y', 'n', 't', 'h', 'e', 't', 'i', 'c'};
  put32(payload.data() + 9, draft.random.bits32());
  put32(payload.data() + 13, draft.random.bits32());
  facts.class_ = TrafficClass::scan_udp;
  facts.protocol = capture::protocol_udp;
  // A survey scanner asks another port with every packet.
  const PortMix mix = draft.kind == Kind::survey ? PortMix::random : draft.ports;
  facts.service_port = udp_port(mix, draft.persona, draft.random);
  const IpHeader ip = header_of(draft);
  const uint16_t source_port = draft.random.between(40000, 60000);
  return write_udp(frame, ip, source_port, facts.service_port, payload);
}

size_t write_echo(Draft& draft, uint8_t* frame, PacketFacts& facts) {
  const bool v4 = draft.source.is_v4();
  const uint8_t type = v4 ? 8 : 128;
  facts.class_ = TrafficClass::scan_icmp;
  facts.protocol = v4 ? capture::protocol_icmp : capture::protocol_icmp6;
  facts.service_port = static_cast<uint16_t>(type << 8);
  const std::array<uint8_t, 16> payload = {'s', 'y', 'n', 't', 'h', 'e', 't', 'i', 'c'};
  const IpHeader ip = header_of(draft);
  return write_icmp(frame, ip, type, 0, draft.random.bits32(), payload);
}

size_t write_ipv6(Draft& draft, uint8_t* frame, PacketFacts& facts) {
  const uint32_t draw = draft.persona.below(10);
  if (draw < 7) return write_tcp_scan(draft, frame, facts);
  return draw < 9 ? write_echo(draft, frame, facts) : write_udp_scan(draft, frame, facts);
}

}  // namespace

size_t write_probe(Draft& draft, uint8_t* frame, PacketFacts& facts) {
  facts.tool = ToolMark::not_a_syn;
  switch (draft.kind) {
    case Kind::amplification:
      return write_amplification(draft, frame, facts);
    case Kind::icmp_echo:
      return write_echo(draft, frame, facts);
    case Kind::ipv6:
      return write_ipv6(draft, frame, facts);
    default:
      return write_udp_scan(draft, frame, facts);
  }
}

}  // namespace yagura::generate
