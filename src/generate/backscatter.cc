// SPDX-License-Identifier: Apache-2.0
//
// What victims of floods with forged sources answer to the dark addresses among those, and traffic
// that is neither scan nor reply.
#include <algorithm>
#include <array>
#include <string_view>

#include "capture/packet.h"
#include "generate/draft.h"

namespace yagura::generate {
namespace {

using namespace std::string_view_literals;

constexpr uint8_t protocol_esp = 50;
constexpr uint8_t protocol_sctp = 132;

IpHeader header_from(Draft& draft, IpAddress source) {
  IpHeader ip;
  ip.source = source;
  ip.destination = draft.dark;
  ip.ttl = ttl_after_hops(draft.persona, 64);
  ip.id = draft.random.bits16();
  return ip;
}

Bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

uint16_t attacked_tcp_port(Random& persona) {
  static constexpr std::array<uint16_t, 8> ports = {80, 443, 25565, 53, 22, 3389, 8080, 6667};
  return ports[std::min(persona.below(8), persona.below(8))];
}

size_t write_tcp_reply(Draft& draft, uint8_t* frame, PacketFacts& facts) {
  static constexpr std::array<uint8_t, 4> mss_1460 = {2, 4, 0x05, 0xb4};
  static constexpr std::array<uint8_t, 5> flags = {
      capture::syn | capture::ack, capture::syn | capture::ack, capture::syn | capture::ack,
      capture::rst | capture::ack, capture::rst};
  TcpHeader tcp;
  tcp.source_port = attacked_tcp_port(draft.persona);
  tcp.flags = flags[draft.persona.below(flags.size())];
  tcp.destination_port = draft.random.between(1024, 65535);
  tcp.sequence = draft.random.bits32();
  if ((tcp.flags & capture::ack) != 0) tcp.acknowledgement = draft.random.bits32();
  if ((tcp.flags & capture::syn) != 0) {
    tcp.window = 29200;
    tcp.options = mss_1460;
  }
  facts.class_ = TrafficClass::backscatter_tcp;
  facts.protocol = capture::protocol_tcp;
  facts.service_port = tcp.source_port;
  return write_tcp(frame, header_from(draft, draft.source), tcp);
}

// What a flooded UDP server answers.
struct Reply {
  uint16_t port;
  std::string_view payload;
};
constexpr std::array<Reply, 4> replies = {{
    // DNS (RFC 1035): example.org A 192.0.2.1
    {53,
     "\x1a\x2b\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00"
     "\x07"
     "example"
     "\x03"
     "org"
     "\x00\x00\x01\x00\x01\xc0\x0c\x00\x01\x00\x01\x00\x00\x0e\x10\x00\x04\xc0\x00\x02\x01"sv},
    // NTP version 4, mode 4 (server), stratum 2
    {123,
     "\x24\x02\x06\xec\x00\x00\x05\x1e\x00\x00\x04\x7b\xc0\x00\x02\x01"
     "\xe8\x00\x00\x00\x00\x00\x00\x00\xe8\x00\x00\x01\x00\x00\x00\x00"
     "\xe8\x00\x00\x02\x00\x00\x00\x00\xe8\x00\x00\x02\x00\x01\x00\x00"sv},
    // SSDP
    {1900, "HTTP/1.1 200 OK\r\nST: upnp:rootdevice\r\nUSN: uuid:synthetic\r\nEXT:\r\n\r\n"sv},
    // memcached: the answer to "stats"
    {11211, "\x00\x00\x00\x00\x00\x01\x00\x00STAT pid 1\r\nEND\r\n"sv},
}};

size_t write_udp_reply(Draft& draft, uint8_t* frame, PacketFacts& facts) {
  const Reply& reply = replies[draft.persona.below(replies.size())];
  facts.class_ = TrafficClass::backscatter_udp;
  facts.protocol = capture::protocol_udp;
  facts.service_port = reply.port;
  const IpHeader ip = header_from(draft, draft.source);
  return write_udp(frame, ip, reply.port, draft.random.between(1024, 65535),
                   bytes_of(reply.payload));
}

// An error quotes the packet it is about: from the dark address to the victim.
size_t write_icmp_error(Draft& draft, uint8_t type, uint8_t code, IpAddress sender,
                        uint8_t protocol, uint8_t* frame) {
  std::array<uint8_t, ipv4_header_length + 8> quoted{};
  IpHeader inner;
  inner.source = draft.dark;
  inner.destination = draft.source;
  inner.ttl = type == 11 ? 1 : 50;
  inner.id = draft.random.bits16();
  const size_t inner_payload = protocol == capture::protocol_tcp ? 20 : 12;
  write_ipv4_header(quoted.data(), inner, protocol, inner_payload);
  uint8_t* ports = quoted.data() + ipv4_header_length;
  put16(ports, draft.random.between(1024, 65535));
  put16(ports + 2, attacked_tcp_port(draft.persona));
  if (protocol == capture::protocol_tcp)
    put32(ports + 4, draft.random.bits32());  // sequence number
  else
    put16(ports + 4, static_cast<uint16_t>(inner_payload));
  return write_icmp(frame, header_from(draft, sender), type, code, 0, quoted);
}

size_t write_icmp_reply(Draft& draft, uint8_t* frame, PacketFacts& facts) {
  facts.class_ = TrafficClass::backscatter_icmp;
  const auto error = [&](uint8_t type, uint8_t code, IpAddress sender, uint8_t protocol) {
    facts.protocol = protocol;
    facts.service_port = static_cast<uint16_t>(type << 8 | code);
    return write_icmp_error(draft, type, code, sender, protocol, frame);
  };
  switch (draft.persona.below(5)) {
    case 0:  // port unreachable, by the victim itself
      return error(3, 3, draft.source, capture::protocol_udp);
    case 1:  // host unreachable
      return error(3, 1, draft.router, capture::protocol_tcp);
    case 2:  // administratively prohibited
      return error(3, 13, draft.router, capture::protocol_udp);
    case 3:  // time to live exceeded
      return error(11, 0, draft.router, capture::protocol_tcp);
    default: {  // echo reply
      facts.protocol = capture::protocol_icmp;
      facts.service_port = 0;
      const std::array<uint8_t, 16> payload = {'s', 'y', 'n', 't', 'h', 'e', 't', 'i', 'c'};
      const IpHeader ip = header_from(draft, draft.source);
      return write_icmp(frame, ip, 0, 0, draft.random.bits32(), payload);
    }
  }
}

size_t write_bare_tcp(Draft& draft, bool data, uint8_t* frame, PacketFacts& facts) {
  TcpHeader tcp;
  tcp.source_port = draft.persona.between(1024, 65535);
  tcp.destination_port = draft.persona.between(1024, 65535);
  tcp.sequence = draft.random.bits32();
  tcp.acknowledgement = draft.random.bits32();
  tcp.window = 501;
  tcp.flags = data ? capture::psh | capture::ack : capture::ack;
  facts.class_ = TrafficClass::other_tcp;
  facts.protocol = capture::protocol_tcp;
  facts.service_port = tcp.destination_port;
  return write_tcp(frame, header_from(draft, draft.source), tcp,
                   data ? bytes_of("synthetic"sv) : Bytes{});
}

// GRE version 0 (RFC 2784) with a PPP echo request (RFC 1661) in it.
void put_gre(std::span<uint8_t, 32> out, Random& random) {
  put32(out.data(), 0x0000'880b);
  put32(out.data() + 4, 0xff03'c021);
  put32(out.data() + 8, 0x0901'0008);
  put32(out.data() + 12, random.bits32());
}

// CRC-32C, the checksum of SCTP (RFC 9260 appendix A).
uint32_t crc32c(Bytes bytes) {
  uint32_t crc = ~0U;
  for (const uint8_t byte : bytes) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0x82F6'3B78U : 0);
  }
  return ~crc;
}

// An SCTP INIT (RFC 9260 3.3.2) to the signalling port of M3UA.
void put_sctp_init(std::span<uint8_t, 32> out, Random& random) {
  put16(out.data(), random.between(1024, 65535));
  put16(out.data() + 2, 2905);
  put32(out.data() + 12, 0x0100'0014);
  put32(out.data() + 16, random.bits32() | 1);  // initiate tag
  put32(out.data() + 20, 106'496);              // receiver window
  put32(out.data() + 24, 0x000a'ffff);          // streams
  put32(out.data() + 28, random.bits32());      // first sequence number
  put32(out.data() + 8, __builtin_bswap32(crc32c(out)));
}

}  // namespace

size_t write_backscatter(Draft& draft, uint8_t* frame, PacketFacts& facts) {
  facts.tool = ToolMark::not_a_syn;
  switch (draft.kind) {
    case Kind::backscatter_udp:
      return write_udp_reply(draft, frame, facts);
    case Kind::backscatter_icmp:
      return write_icmp_reply(draft, frame, facts);
    default:
      return write_tcp_reply(draft, frame, facts);
  }
}

size_t write_other(Draft& draft, uint8_t* frame, PacketFacts& facts) {
  facts.tool = ToolMark::not_a_syn;
  facts.class_ = TrafficClass::other;
  const uint32_t draw = draft.persona.below(6);
  if (draw < 2) return write_bare_tcp(draft, draw == 1, frame, facts);
  IpHeader ip = header_from(draft, draft.source);
  if (draw == 2) {  // the rest of a UDP datagram of 1,504 bytes
    ip.fragment_offset = 185;
    facts.protocol = capture::protocol_udp;
    facts.service_port = capture::protocol_udp;
    return write_raw(frame, ip, capture::protocol_udp, bytes_of("synthetic synthetic synthe"sv));
  }
  std::array<uint8_t, 32> payload{};
  size_t length = 16;
  if (draw == 3) {
    facts.protocol = capture::protocol_gre;
    put_gre(payload, draft.random);
  } else if (draw == 4) {
    facts.protocol = protocol_esp;
    for (size_t i = 0; i < length; i += 4) put32(payload.data() + i, draft.random.bits32());
  } else {
    facts.protocol = protocol_sctp;
    length = payload.size();
    put_sctp_init(payload, draft.random);
  }
  facts.service_port = facts.protocol;
  return write_raw(frame, ip, facts.protocol, Bytes(payload).first(length));
}

}  // namespace yagura::generate
