// SPDX-License-Identifier: Apache-2.0
//
// TCP scanners, each with the header its tool is known by.
#include <array>

#include "capture/packet.h"
#include "generate/draft.h"
#include "generate/ports.h"

namespace yagura::generate {
namespace {

constexpr std::array<uint8_t, 4> mss_1460 = {2, 4, 0x05, 0xb4};
constexpr std::array<uint8_t, 12> windows_options = {2, 4, 0x05, 0xb4, 1, 3, 3, 8, 1, 1, 4, 2};

// MSS, SACK permitted, time stamp, window scale, as Linux sends them.
std::array<uint8_t, 20> linux_options(uint32_t time_stamp) {
  std::array<uint8_t, 20> options = {2, 4, 0x05, 0xb4, 4, 2, 8, 10, 0, 0,
                                     0, 0, 0,    0,    0, 0, 1, 3,  3, 7};
  put32(options.data() + 8, time_stamp);
  return options;
}

size_t write(const IpHeader& ip, const TcpHeader& tcp, ToolMark tool, uint8_t* frame,
             PacketFacts& facts) {
  facts.class_ = TrafficClass::scan_tcp;
  facts.tool = tool;
  facts.protocol = capture::protocol_tcp;
  facts.service_port = tcp.destination_port;
  return write_tcp(frame, ip, tcp);
}

IpHeader addressed(const Draft& draft) {
  IpHeader ip;
  ip.source = draft.source;
  ip.destination = draft.dark;
  return ip;
}

// Of an IPv6 address only the end, but no tool is drawn over IPv6.
uint32_t destination_of(const Draft& draft) { return static_cast<uint32_t>(draft.dark.low()); }

size_t write_mirai(Draft& draft, uint8_t* frame, PacketFacts& facts) {
  IpHeader ip = addressed(draft);
  ip.ttl = ttl_after_hops(draft.persona, 64);
  ip.id = draft.random.bits16();
  TcpHeader tcp;
  tcp.flags = capture::syn;
  tcp.sequence = destination_of(draft);
  tcp.source_port = draft.random.between(1024, 65535);
  tcp.window = draft.random.bits16();
  // The first Mirai tried Telnet on 23 nine times of ten, else on 2323; its offspring others.
  const bool first_generation = draft.persona.one_in(2);
  if (draft.ports == PortMix::bots && first_generation)
    tcp.destination_port = draft.random.one_in(10) ? 2323 : 23;
  else
    tcp.destination_port = tcp_port(draft.ports, draft.persona, draft.random);
  return write(ip, tcp, ToolMark::mirai, frame, facts);
}

size_t write_zmap(Draft& draft, uint8_t* frame, PacketFacts& facts) {
  IpHeader ip = addressed(draft);
  ip.ttl = ttl_after_hops(draft.persona, 255);
  ip.id = 54321;
  TcpHeader tcp;
  tcp.flags = capture::syn;
  tcp.sequence = draft.random.bits32();
  tcp.source_port = draft.random.between(32768, 61000);
  tcp.window = 65535;
  tcp.destination_port = tcp_port(draft.ports, draft.persona, draft.random);
  return write(ip, tcp, ToolMark::zmap, frame, facts);
}

size_t write_masscan(Draft& draft, uint8_t* frame, PacketFacts& facts) {
  const bool since_2023 = draft.kind == Kind::masscan_2023;
  IpHeader ip = addressed(draft);
  ip.ttl = ttl_after_hops(draft.persona, 255);
  TcpHeader tcp;
  tcp.flags = capture::syn;
  tcp.source_port = draft.persona.between(40000, 60000);
  tcp.sequence = draft.random.bits32();
  tcp.destination_port = tcp_port(draft.ports, draft.persona, draft.random);
  ip.id = static_cast<uint16_t>(destination_of(draft) ^ tcp.destination_port ^ tcp.sequence);
  tcp.window = since_2023 ? 1025 : 1024;
  if (since_2023) tcp.options = mss_1460;
  return write(ip, tcp, since_2023 ? ToolMark::masscan_2023 : ToolMark::masscan, frame, facts);
}

size_t write_nmap(Draft& draft, uint8_t* frame, PacketFacts& facts) {
  IpHeader ip = addressed(draft);
  ip.ttl = static_cast<uint8_t>(32 + draft.random.below(23));
  ip.id = draft.random.bits16();
  TcpHeader tcp;
  tcp.flags = capture::syn;
  tcp.source_port = draft.persona.between(33000, 64000);
  tcp.sequence = draft.persona.bits32();
  // Nmap draws one of four windows for a run; today's versions send 1024 only.
  tcp.window = draft.persona.one_in(2) ? uint16_t{1024}
                                       : static_cast<uint16_t>(1024 * (1 + draft.persona.below(4)));
  tcp.options = mss_1460;
  tcp.destination_port = tcp_port(draft.ports, draft.persona, draft.random);
  return write(ip, tcp, ToolMark::nmap, frame, facts);
}

size_t write_unicornscan(Draft& draft, uint8_t* frame, PacketFacts& facts) {
  const uint32_t key = draft.persona.bits32();
  IpHeader ip = addressed(draft);
  ip.ttl = ttl_after_hops(draft.persona, 128);
  ip.id = draft.random.bits16();
  TcpHeader tcp;
  tcp.flags = capture::syn;
  tcp.source_port = draft.random.between(4096, 65535);
  tcp.destination_port = tcp_port(draft.ports, draft.persona, draft.random);
  tcp.window = 16384;
  // Unicornscan takes the target's address as it lies in memory: in network order.
  const uint32_t target = __builtin_bswap32(destination_of(draft));
  tcp.sequence = key ^ target ^ ((uint32_t{tcp.destination_port} << 16) + tcp.source_port);
  return write(ip, tcp, ToolMark::unicornscan, frame, facts);
}

// Survey scanners use ZMap since 4.1 (a random IP id, the options of Windows), a port a packet.
size_t write_survey(Draft& draft, uint8_t* frame, PacketFacts& facts) {
  IpHeader ip = addressed(draft);
  ip.ttl = ttl_after_hops(draft.persona, 255);
  ip.id = draft.random.bits16();
  TcpHeader tcp;
  tcp.flags = capture::syn;
  tcp.source_port = draft.random.between(32768, 61000);
  tcp.sequence = draft.random.bits32();
  tcp.window = 65535;
  tcp.options = windows_options;
  tcp.destination_port =
      draft.random.one_in(2) ? popular_tcp_port(draft.random) : any_tcp_port(draft.random);
  return write(ip, tcp, ToolMark::none, frame, facts);
}

// A program on an ordinary operating system; no tool's mark.
size_t write_plain(Draft& draft, uint8_t* frame, PacketFacts& facts) {
  static constexpr std::array<uint8_t, 3> stealth = {0, capture::fin,
                                                     capture::fin | capture::psh | capture::urg};
  const bool windows = draft.persona.one_in(4);
  IpHeader ip = addressed(draft);
  ip.ttl = ttl_after_hops(draft.persona, windows ? 128 : 64);
  ip.id = draft.random.bits16();
  ip.dont_fragment = true;
  TcpHeader tcp;
  tcp.flags = capture::syn;
  if (draft.kind == Kind::syn && draft.persona.one_in(40))
    tcp.flags = stealth[draft.persona.below(stealth.size())];
  tcp.source_port = draft.random.between(32768, 60999);
  tcp.sequence = draft.random.bits32();
  tcp.window = windows ? 8192 : draft.persona.one_in(2) ? 29200 : 64240;
  const auto stamped = linux_options(draft.random.bits32());
  if (windows)
    tcp.options = windows_options;
  else
    tcp.options = stamped;
  if (draft.campaign_port != 0)
    tcp.destination_port = draft.campaign_port;
  else if (draft.kind == Kind::telnet)
    tcp.destination_port = telnet_port(draft.persona, draft.random);
  else
    tcp.destination_port = tcp_port(draft.ports, draft.persona, draft.random);
  const bool is_syn = tcp.flags == capture::syn;
  return write(ip, tcp, is_syn ? ToolMark::none : ToolMark::not_a_syn, frame, facts);
}

}  // namespace

size_t write_tcp_scan(Draft& draft, uint8_t* frame, PacketFacts& facts) {
  switch (draft.kind) {
    case Kind::mirai:
      return write_mirai(draft, frame, facts);
    case Kind::zmap:
      return write_zmap(draft, frame, facts);
    case Kind::masscan:
    case Kind::masscan_2023:
      return write_masscan(draft, frame, facts);
    case Kind::nmap:
      return write_nmap(draft, frame, facts);
    case Kind::unicornscan:
      return write_unicornscan(draft, frame, facts);
    case Kind::survey:
      return write_survey(draft, frame, facts);
    default:
      return write_plain(draft, frame, facts);
  }
}

}  // namespace yagura::generate
