// SPDX-License-Identifier: Apache-2.0
#include "telescope/classify.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <string>
#include <vector>

#include "telescope/captures_for_tests.h"

namespace yagura::telescope {
namespace {

using namespace capture;

constexpr uint16_t bit(Mark mark) { return static_cast<uint16_t>(1U << static_cast<int>(mark)); }

const IpAddress source = IpAddress::from_v4(0xcb007107);  // 203.0.113.7
const IpAddress dark = IpAddress::from_v4(0xc6336421);    // 198.51.100.33
const IpAddress victim = IpAddress::from_v4(0xc0000219);  // 192.0.2.25
const IpAddress source6 = IpAddress::from_halves(0x20010db8'00000000, 7);
const IpAddress dark6 = IpAddress::from_halves(0x20010db8'00010000, 33);

Packet packet(uint8_t protocol) {
  Packet p;
  p.source = source;
  p.destination = dark;
  p.protocol = protocol;
  p.ttl = 54;
  p.ip_length = 40;
  return p;
}
Packet tcp(uint8_t flags) {
  Packet p = packet(protocol_tcp);
  p.traits = has_ports;
  p.source_port = 40001;
  p.destination_port = 23;
  p.tcp_flags = flags;
  p.tcp_window = 29200;
  p.tcp_options_length = 20;
  p.tcp_sequence = 0x01020304;
  p.ip_id = 7;
  return p;
}
Packet udp(uint16_t from, uint16_t to, std::string_view payload) {
  Packet p = packet(protocol_udp);
  p.traits = has_ports;
  p.source_port = from;
  p.destination_port = to;
  p.payload = reinterpret_cast<const uint8_t*>(payload.data());
  p.payload_length = static_cast<uint16_t>(payload.size());
  return p;
}
Packet icmp(uint8_t type, uint8_t code = 0) {
  Packet p = packet(protocol_icmp);
  p.icmp_type = type;
  p.icmp_code = code;
  return p;
}
Packet icmp6(uint8_t type, uint8_t code = 0) {
  Packet p = icmp(type, code);
  p.protocol = protocol_icmp6;
  p.source = source6;
  p.destination = dark6;
  return p;
}
Packet with_inner(Packet p) {
  p.traits |= has_inner;
  p.inner_destination = victim;
  p.inner_protocol = protocol_tcp;
  p.inner_source_port = 1234;
  p.inner_destination_port = 443;
  return p;
}

TEST(Classify, GivesEveryTcpFlagCombinationTheClassOfTheTable) {
  // All 64 combinations, from the words of the table.
  for (int flags = 0; flags < 64; ++flags) {
    const auto has = [&](TcpFlag flag) { return (flags & flag) != 0; };
    PacketClass expected = PacketClass::other_tcp;
    if ((has(syn) && !has(ack) && !has(rst) && !has(fin)) || flags == 0 || flags == fin ||
        flags == (fin | psh | urg))
      expected = PacketClass::scan_tcp;
    else if ((has(syn) && has(ack)) || has(rst))
      expected = PacketClass::backscatter_tcp;
    for (const int congestion : {0, 0x40, 0xc0}) {  // ECE, CWR
      const Classified c = classify(tcp(static_cast<uint8_t>(flags | congestion)));
      EXPECT_EQ(c.class_, expected) << flags;
      EXPECT_EQ(c.accounted, source);
      const bool backscatter = expected == PacketClass::backscatter_tcp;
      EXPECT_EQ(c.service_port, backscatter ? 40001 : 23) << flags;
      EXPECT_EQ(c.attacked_port, backscatter ? 40001 : 0) << flags;
      EXPECT_EQ(c.protocol, protocol_tcp);
    }
  }
}

TEST(Classify, MarksTheScansThatAreNotASyn) {
  EXPECT_EQ(classify(tcp(0)).marks, bit(Mark::null_scan) | bit(Mark::odd_protocol));
  EXPECT_EQ(classify(tcp(fin)).marks, bit(Mark::fin_scan));
  EXPECT_EQ(classify(tcp(fin | psh | urg)).marks, bit(Mark::xmas_scan) | bit(Mark::odd_protocol));
  EXPECT_EQ(classify(tcp(syn)).marks, 0);
}

TEST(Classify, DoesNotTakeACutHeaderForANullScan) {
  Packet p = tcp(0);
  p.traits |= transport_cut;
  EXPECT_EQ(classify(p).class_, PacketClass::other_tcp);
  EXPECT_EQ(classify(p).marks & bit(Mark::null_scan), 0);
  p.tcp_flags = syn;  // as both public Mirai SYNs: the flags are there, the header is not whole
  EXPECT_EQ(classify(p).class_, PacketClass::scan_tcp);
}

TEST(Classify, GivesPacketsWithoutATransportHeaderNoPort) {
  for (const uint8_t protocol : {protocol_tcp, protocol_udp, protocol_icmp}) {
    Packet p = packet(protocol);
    p.traits = later_fragment;
    const Classified c = classify(p);
    EXPECT_EQ(c.class_, PacketClass::other);
    EXPECT_EQ(c.service_port, protocol);  // the protocol's number, no port
    EXPECT_EQ(c.marks, bit(Mark::odd_fragment));
  }
  Packet p = packet(protocol_udp);  // cut before the ports
  p.traits = transport_cut;
  EXPECT_EQ(classify(p).class_, PacketClass::other);
  Packet first = tcp(syn);
  first.traits |= first_fragment;
  EXPECT_EQ(classify(first).class_, PacketClass::scan_tcp);
  EXPECT_EQ(classify(first).service_port, 23);
}

TEST(Classify, AccountsIcmpErrorsToTheInnerDestination) {
  for (const uint8_t type : std::to_array<uint8_t>({3, 4, 5, 11, 12})) {
    const Classified c = classify(with_inner(icmp(type, 3)));
    EXPECT_EQ(c.class_, PacketClass::backscatter_icmp) << int{type};
    EXPECT_EQ(c.accounted, victim);
    EXPECT_EQ(c.protocol, protocol_tcp);
    EXPECT_EQ(c.attacked_port, 443);
    EXPECT_EQ(c.service_port, type * 256 + 3);
    EXPECT_EQ(classify(icmp(type)).class_, PacketClass::other) << "no inner packet, no victim";
    EXPECT_EQ(classify(icmp(type)).service_port, protocol_icmp);
  }
  for (const uint8_t type : std::to_array<uint8_t>({1, 2, 3, 4})) {
    const Classified c = classify(with_inner(icmp6(type, 1)));
    EXPECT_EQ(c.class_, PacketClass::backscatter_icmp) << int{type};
    EXPECT_EQ(c.accounted, victim);
    EXPECT_EQ(c.service_port, type * 256 + 1);
    EXPECT_EQ(classify(icmp6(type)).class_, PacketClass::other);
  }
}

TEST(Classify, TellsIcmpRequestsFromReplies) {
  for (const uint8_t type : std::to_array<uint8_t>({0, 14, 16, 18})) {
    const Classified c = classify(icmp(type));
    EXPECT_EQ(c.class_, PacketClass::backscatter_icmp) << int{type};
    EXPECT_EQ(c.accounted, source);
    EXPECT_EQ(c.protocol, protocol_icmp);
    EXPECT_EQ(c.attacked_port, 0);
  }
  for (const uint8_t type : std::to_array<uint8_t>({8, 10, 13, 15, 17, 42})) {
    EXPECT_EQ(classify(icmp(type)).class_, PacketClass::scan_icmp) << int{type};
    EXPECT_EQ(classify(icmp(type)).service_port, type * 256);
  }
  EXPECT_EQ(classify(icmp(9)).class_, PacketClass::other);  // router advertisement
  EXPECT_EQ(classify(icmp6(129)).class_, PacketClass::backscatter_icmp);
  for (const uint8_t type : std::to_array<uint8_t>({128, 133, 135, 139}))
    EXPECT_EQ(classify(icmp6(type)).class_, PacketClass::scan_icmp) << int{type};
  EXPECT_EQ(classify(icmp6(136)).class_, PacketClass::other);  // neighbour advertisement
  EXPECT_EQ(classify(icmp6(0)).class_, PacketClass::other);    // not IPv4's echo reply
  Packet wrong = icmp(128);
  wrong.protocol = protocol_icmp6;  // over IPv4
  EXPECT_EQ(classify(wrong).class_, PacketClass::other);
  EXPECT_EQ(classify(wrong).marks, bit(Mark::odd_protocol));
}

TEST(Classify, NeedsPortAndShapeForAmplificationProbesAndTheirAnswers) {
  using namespace std::string_view_literals;
  const auto monlist = "\x17\x00\x03\x2a\x00\x00\x00\x00"sv;
  const auto monlist_answer = "\x97\x00\x03\x2a\x00\x06\x00\x48"sv;
  EXPECT_EQ(classify(udp(4000, 123, monlist)).class_, PacketClass::probe_amplification);
  EXPECT_EQ(classify(udp(4000, 123, monlist)).service_port, 123);
  EXPECT_EQ(classify(udp(4000, 124, monlist)).class_, PacketClass::scan_udp);
  EXPECT_EQ(classify(udp(4000, 123, "hello")).class_, PacketClass::scan_udp);
  const Classified answer = classify(udp(123, 4000, monlist_answer));
  EXPECT_EQ(answer.class_, PacketClass::backscatter_udp);
  EXPECT_EQ(answer.service_port, 123);
  EXPECT_EQ(answer.attacked_port, 123);
  EXPECT_EQ(classify(udp(123, 4000, monlist)).class_, PacketClass::scan_udp);
  EXPECT_EQ(classify(udp(123, 123, monlist)).class_, PacketClass::probe_amplification);
  EXPECT_EQ(classify(udp(123, 123, monlist_answer)).class_, PacketClass::backscatter_udp);
  Packet empty = udp(4000, 53, "");
  empty.payload = nullptr;
  EXPECT_EQ(classify(empty).class_, PacketClass::scan_udp);
}

TEST(Classify, GivesOtherProtocolsTheirNumber) {
  for (const uint8_t protocol : std::to_array<uint8_t>({2, 4, 41, 47, 50, 132})) {
    const Classified c = classify(packet(protocol));
    EXPECT_EQ(c.class_, PacketClass::other);
    EXPECT_EQ(c.service_port, protocol);
    EXPECT_EQ(c.marks, protocol == protocol_ipv6_in_ip ? 0 : bit(Mark::odd_protocol));
  }
}

TEST(Classify, MarksOneToolAtMost) {
  Packet p = tcp(syn);
  p.tcp_sequence = dark.v4();
  EXPECT_EQ(classify(p).marks, bit(Mark::mirai));
  p.tcp_options_length = 0;
  p.tcp_window = 1024;
  p.ip_id = 23;  // masscan's too: destination ^ port ^ sequence
  EXPECT_EQ(classify(p).marks, bit(Mark::mirai));

  p.tcp_sequence = 0xabcd1234;
  p.ip_id = static_cast<uint16_t>((dark.v4() ^ 23 ^ 0xabcd1234) & 0xffff);
  p.ttl = 240;  // no sign of forgery: masscan sends 255
  EXPECT_EQ(classify(p).marks, bit(Mark::masscan));
  p.ip_id ^= 1;
  EXPECT_EQ(classify(p).marks, 0);
  p.ip_id ^= 1;
  p.tcp_window = 1025;
  EXPECT_EQ(classify(p).marks, bit(Mark::high_ttl));
  p.tcp_options_length = 4;
  EXPECT_EQ(classify(p).marks, bit(Mark::masscan_2023));
  p.ttl = 60;
  EXPECT_EQ(classify(p).marks, 0);
}

TEST(Classify, MarksZmapAndNmapByTheirHeaders) {
  Packet p = tcp(syn);
  p.ip_id = 54321;
  p.tcp_window = 65535;
  p.tcp_options_length = 0;
  EXPECT_EQ(classify(p).marks, bit(Mark::zmap));
  p.traits |= dont_fragment;
  EXPECT_EQ(classify(p).marks, 0);
  p.traits = has_ports;
  p.tcp_options_length = 4;  // 4.x has options, and a random id
  EXPECT_EQ(classify(p).marks, 0);
  for (const int window : {1024, 2048, 3072, 4096, 1025, 512, 65535}) {
    p.tcp_window = static_cast<uint16_t>(window);
    const bool nmap = window % 1024 == 0 && window <= 4096;
    EXPECT_EQ(classify(p).marks, nmap ? bit(Mark::nmap) : 0) << window;
  }
  p.tcp_window = 1024;
  p.tcp_flags = syn | ack;  // only a SYN is a probe
  EXPECT_EQ(classify(p).marks, 0);
}

TEST(Classify, LooksForAddressRulesInIpv4Only) {
  Packet p = tcp(syn);
  p.source = source6;
  p.destination = dark6;
  p.tcp_sequence = dark6.v4();
  const Classified c = classify(p);
  EXPECT_EQ(c.class_, PacketClass::scan_tcp);
  EXPECT_EQ(c.marks, 0);
  EXPECT_EQ(c.unicornscan_key, 0u);
}

TEST(Classify, SolvesUnicornscansSequenceNumbersForTheirKey) {
  // send_packet.c: TCPHASHTRACK(seq, target's s_addr, remote port, local port, syn_key), that is
  // syn_key ^ s_addr ^ ((remote port << 16) + local port), s_addr in network order.
  const uint32_t key = 0x5eed1e55;
  Packet p = tcp(syn);
  for (uint32_t i = 0; i < 5; ++i) {
    p.destination = IpAddress::from_v4(0xc6336400 + i * 7);
    p.destination_port = static_cast<uint16_t>(80 + i);
    p.source_port = static_cast<uint16_t>(50000 + i * 999);
    const uint32_t network_order = __builtin_bswap32(p.destination.v4());
    const uint32_t ports = (static_cast<uint32_t>(p.destination_port) << 16) + p.source_port;
    p.tcp_sequence = key ^ (network_order ^ ports);
    EXPECT_EQ(classify(p).unicornscan_key, key);
  }
  p.tcp_flags = syn | ack;
  EXPECT_EQ(classify(p).unicornscan_key, 0u);
}

TEST(Classify, MarksEachSignOfAForgedSourceByItself) {
  struct Case {
    const char* name;
    Packet p;
    int marks;
  };
  const auto change = [](Packet p, auto f) {
    f(p);
    return p;
  };
  const Case cases[] = {
      {"plain", tcp(syn), 0},
      {"high TTL", change(tcp(syn), [](Packet& p) { p.ttl = 200; }), bit(Mark::high_ttl)},
      {"TTL 199", change(tcp(syn), [](Packet& p) { p.ttl = 199; }), 0},
      {"ICMP with a high TTL", change(icmp(8), [](Packet& p) { p.ttl = 255; }), 0},
      {"reserved bit", change(tcp(syn), [](Packet& p) { p.traits |= reserved_fragment_bit; }),
       bit(Mark::odd_fragment)},
      {"source .0", change(tcp(syn), [](Packet& p) { p.source = IpAddress::from_v4(0xcb007100); }),
       bit(Mark::source_ends_0_or_255)},
      {"source .255",
       change(tcp(syn), [](Packet& p) { p.source = IpAddress::from_v4(0xcb0071ff); }),
       bit(Mark::source_ends_0_or_255)},
      {"source .254",
       change(tcp(syn), [](Packet& p) { p.source = IpAddress::from_v4(0xcb0071fe); }), 0},
      {"land", change(tcp(syn), [](Packet& p) { p.source = p.destination; }),
       bit(Mark::source_is_destination)},
      {"port 0", change(tcp(syn), [](Packet& p) { p.destination_port = 0; }), bit(Mark::port_zero)},
      {"from port 0", change(udp(9, 9, "x"), [](Packet& p) { p.source_port = 0; }),
       bit(Mark::port_zero)},
      {"UDP port 80", udp(4000, 80, "x"), bit(Mark::udp_port_80)},
      {"SYN+FIN", tcp(syn | fin), 0},
      {"RST+ACK", tcp(rst | ack), 0},  // corsaro counts it; every closed port sends it
      {"SYN+RST", tcp(syn | rst), bit(Mark::odd_protocol)},
      {"all flags", tcp(63), bit(Mark::odd_protocol)},
  };
  for (const Case& c : cases) EXPECT_EQ(classify(c.p).marks, c.marks) << c.name;
}

// --- Real captures ---

TEST(ClassifyRealCaptures, SeesBothRealMiraiSyns) {
  const CaptureForTests capture(shipped_capture("mirai_syns.pcap"));
  ASSERT_EQ(capture.packets().size(), 2u);
  for (const Packet& p : capture.packets()) {
    const Classified c = classify(p);
    EXPECT_EQ(c.class_, PacketClass::scan_tcp);
    EXPECT_EQ(c.service_port, 23);
    EXPECT_EQ(c.marks, bit(Mark::mirai));
  }
}

// MANIFEST.md: 1994 SYNs of nmap -sS, one of them with ZMap's IP id by chance.
TEST(ClassifyRealCaptures, SeesNmapAndNoZmap) {
  const auto path = shared_capture("ndpi_synscan-nmap.pcap");
  NEEDS_CAPTURE(path);
  const CaptureForTests capture(path);
  std::map<PacketClass, int> classes;
  std::map<uint16_t, int> marks;
  int chance_ids = 0;
  for (const Packet& p : capture.packets()) {
    const Classified c = classify(p);
    ++classes[c.class_];
    if (c.class_ != PacketClass::scan_tcp) continue;
    ++marks[c.marks];
    chance_ids += p.ip_id == 54321;
  }
  EXPECT_EQ(classes[PacketClass::scan_tcp], 1994);
  EXPECT_EQ(marks[bit(Mark::nmap)], 1994);
  EXPECT_EQ(chance_ids, 1);
}

// tshark counts 3431 SYN+ACK and 37 RST+ACK from the victim to 192.150.186.0/23.
TEST(ClassifyRealCaptures, SeesBackscatterWithoutSignsOfForgery) {
  const CaptureForTests capture(shipped_capture("backscatter_2009.pcap"));
  int backscatter = 0;
  for (const Packet& p : capture.packets()) {
    if ((p.destination.v4() >> 9) != (0xc096ba00 >> 9)) continue;
    const Classified c = classify(p);
    EXPECT_EQ(c.class_, PacketClass::backscatter_tcp);
    EXPECT_EQ(c.accounted, IpAddress::parse("202.229.120.98").value());
    EXPECT_EQ(c.attacked_port, 80);
    EXPECT_EQ(c.marks, 0);
    ++backscatter;
  }
  EXPECT_EQ(backscatter, 3468);
}

// MANIFEST.md: an IoT bot of another family, SYNs from the Linux stack.
TEST(ClassifyRealCaptures, SeesNoMiraiInAnotherBot) {
  const auto path = shared_capture("slips_test7-iot-scan.pcap");
  NEEDS_CAPTURE(path);
  const CaptureForTests capture(path);
  std::map<uint16_t, int> ports;
  for (const Packet& p : capture.packets()) {
    const Classified c = classify(p);
    if (c.class_ != PacketClass::scan_tcp) continue;
    ++ports[c.service_port];
    EXPECT_EQ(c.marks & (bit(Mark::mirai) | bit(Mark::zmap) | bit(Mark::masscan)), 0);
  }
  EXPECT_EQ(ports[23], 255);
  EXPECT_EQ(ports[8080], 180);
  EXPECT_EQ(ports[2323], 128);
  EXPECT_EQ(ports[9527], 48);
}

}  // namespace
}  // namespace yagura::telescope
