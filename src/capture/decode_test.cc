// SPDX-License-Identifier: Apache-2.0
#include "capture/decode.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstring>
#include <random>

#include "capture/captures_for_tests.h"

namespace yagura::capture {
namespace {

using testing::be16;
using testing::be32;
using testing::ByteString;
using testing::ethernet;
using testing::icmp;
using testing::ipv4;
using testing::ipv6;
using testing::tcp;
using testing::udp;
using testing::operator+;  // NOLINT(misc-unused-using-decls): the check does not see operators used

struct Decoded {
  bool ok = false;
  Packet packet;
  Reject reason = Reject::count_;
};

Decoded decode_bytes(const ByteString& frame, LinkType link = LinkType::ethernet,
                     bool decapsulate = false, size_t wire_length = 0) {
  // The bytes stand in memory of their own size, so that the sanitizer sees a read past them.
  const auto copy = std::make_unique<uint8_t[]>(frame.size());
  std::copy(frame.begin(), frame.end(), copy.get());
  Decoded decoded;
  decoded.packet.source_port = 1;  // a used packet of an earlier batch
  decoded.packet.traits = 0xffff;
  const size_t wire = wire_length != 0 ? wire_length : frame.size();
  decoded.ok = decode({copy.get(), frame.size()}, static_cast<uint32_t>(wire), link,
                      {.decapsulate = decapsulate}, decoded.packet, decoded.reason);
  return decoded;
}

std::string name_of(IpAddress address) { return address.to_string(); }

TEST(DecodeTest, ReadsEveryFieldOfATcpPacket) {
  const ByteString payload = {'G', 'E', 'T'};
  const auto [ok, packet, reason] =
      decode_bytes(ethernet(0x0800, ipv4({.fragment = 0x4000}, tcp(40000, 23, 0x12, 77, payload))));
  ASSERT_TRUE(ok);
  EXPECT_EQ(name_of(packet.source), "192.0.2.1");
  EXPECT_EQ(name_of(packet.destination), "198.51.100.7");
  EXPECT_EQ(packet.protocol, protocol_tcp);
  EXPECT_EQ(packet.source_port, 40000);
  EXPECT_EQ(packet.destination_port, 23);
  EXPECT_EQ(packet.tcp_sequence, 77u);
  EXPECT_EQ(packet.tcp_acknowledgement, 9u);
  EXPECT_EQ(packet.tcp_flags, syn | ack);
  EXPECT_EQ(packet.tcp_window, 1024);
  EXPECT_EQ(packet.tcp_options_length, 0);
  EXPECT_EQ(packet.ip_length, 43);
  EXPECT_EQ(packet.ip_id, 0x1234);
  EXPECT_EQ(packet.ttl, 64);
  EXPECT_EQ(packet.traits, has_ports | dont_fragment);
  EXPECT_EQ(packet.payload_length, 3);
  EXPECT_EQ(packet.captured_length, 57u);
}

TEST(DecodeTest, StepsOverEveryKindOfLinkHeader) {
  const ByteString ip = ipv4({}, tcp(1, 2, 2));
  const ByteString ip6 = ipv6(6, tcp(1, 2, 2));
  const ByteString snap = {0xaa, 0xaa, 3, 0, 0, 0};
  const struct {
    const char* what;
    LinkType link;
    ByteString frame;
  } cases[] = {
      {"Ethernet", LinkType::ethernet, ethernet(0x0800, ip)},
      {"Ethernet, IPv6", LinkType::ethernet, ethernet(0x86dd, ip6)},
      {"VLAN", LinkType::ethernet, ethernet(0x8100, be16(5) + be16(0x0800) + ip)},
      {"QinQ", LinkType::ethernet,
       ethernet(0x88a8, be16(5) + be16(0x8100) + be16(6) + be16(0x86dd) + ip6)},
      {"old QinQ", LinkType::ethernet,
       ethernet(0x9100, be16(5) + be16(0x8100) + be16(6) + be16(0x0800) + ip)},
      {"MPLS", LinkType::ethernet, ethernet(0x8847, be32(0x10040) + be32(0x10140) + ip)},
      {"MPLS multicast", LinkType::ethernet, ethernet(0x8848, be32(0x10140) + ip6)},
      {"PPPoE", LinkType::ethernet,
       ethernet(0x8864, be32(0x11000001) + be16(42) + be16(0x0021) + ip)},
      {"PPPoE, IPv6", LinkType::ethernet,
       ethernet(0x8864, be32(0x11000001) + be16(62) + be16(0x0057) + ip6)},
      {"SNAP", LinkType::ethernet, ethernet(48, snap + be16(0x0800) + ip)},
      {"raw", LinkType::raw_ip, ip},
      {"raw IPv6", LinkType::raw_ip, ip6},
      {"raw IPv4 only", LinkType::raw_ipv4, ip},
      {"raw IPv6 only", LinkType::raw_ipv6, ip6},
      {"cooked", LinkType::linux_sll, ByteString(14, 0) + be16(0x0800) + ip},
      {"cooked VLAN", LinkType::linux_sll,
       ByteString(14, 0) + be16(0x8100) + be16(5) + be16(0x0800) + ip},
      {"cooked 2", LinkType::linux_sll2, be16(0x86dd) + ByteString(18, 0) + ip6},
      {"null, little-endian", LinkType::null_loopback, ByteString{2, 0, 0, 0} + ip},
      {"null, big-endian", LinkType::null_loopback, ByteString{0, 0, 0, 2} + ip},
      {"null, IPv6 of Darwin", LinkType::null_loopback, ByteString{30, 0, 0, 0} + ip6},
      {"loop", LinkType::openbsd_loopback, ByteString{0, 0, 0, 24} + ip6},
  };
  for (const auto& [what, link, frame] : cases) {
    const Decoded decoded = decode_bytes(frame, link);
    EXPECT_TRUE(decoded.ok) << what;
    EXPECT_EQ(decoded.packet.source_port, 1) << what;
    EXPECT_EQ(decoded.packet.destination_port, 2) << what;
    EXPECT_EQ(decoded.packet.traits, has_ports) << what;
  }
}

TEST(DecodeTest, SaysWhyAFrameGivesNoPacket) {
  const ByteString ip = ipv4({}, tcp(1, 2, 2));
  ByteString deep;
  for (int i = 0; i < 9; ++i) deep = deep + be16(1) + be16(0x8100);
  ByteString wrong_version = ip;
  wrong_version[0] = 0x55;
  ByteString short_header = ip;
  short_header[0] = 0x44;
  const ByteString long_header = ipv4({.length = 20, .options = ByteString(8, 1)}, {});
  const struct {
    const char* what;
    LinkType link;
    ByteString frame;
    Reject reason;
  } cases[] = {
      {"ARP", LinkType::ethernet, ethernet(0x0806, ByteString(28, 0)), Reject::not_ip},
      {"spanning tree", LinkType::ethernet, ethernet(38, ByteString(38, 0x42)), Reject::not_ip},
      {"too many tags", LinkType::ethernet, ethernet(0x8100, deep + ip), Reject::not_ip},
      {"MPLS pseudowire", LinkType::ethernet, ethernet(0x8847, be32(0x10140) + be32(0) + ip),
       Reject::not_ip},
      {"endless MPLS", LinkType::ethernet, ethernet(0x8847, ByteString(100, 0)), Reject::not_ip},
      {"PPPoE, control", LinkType::ethernet, ethernet(0x8864, ByteString(20, 0xc0)),
       Reject::not_ip},
      {"another family", LinkType::null_loopback, ByteString{7, 0, 0, 0} + ip, Reject::not_ip},
      {"nothing", LinkType::ethernet, {}, Reject::link_header_cut},
      {"13 bytes", LinkType::ethernet, ByteString(13, 0), Reject::link_header_cut},
      {"cut VLAN", LinkType::ethernet, ethernet(0x8100, be16(1)), Reject::link_header_cut},
      {"cut MPLS", LinkType::ethernet, ethernet(0x8847, be16(1)), Reject::link_header_cut},
      {"cut PPPoE", LinkType::ethernet, ethernet(0x8864, be32(1)), Reject::link_header_cut},
      {"cut cooked", LinkType::linux_sll, ByteString(15, 0), Reject::link_header_cut},
      {"cut cooked 2", LinkType::linux_sll2, ByteString(19, 0), Reject::link_header_cut},
      {"Wi-Fi", static_cast<LinkType>(105), ip, Reject::unknown_link_type},
      {"no IP at all", LinkType::ethernet, ethernet(0x0800, {}), Reject::ip_header_cut},
      {"19 bytes of IPv4", LinkType::raw_ip, ByteString(ip.begin(), ip.begin() + 19),
       Reject::ip_header_cut},
      {"39 bytes of IPv6", LinkType::raw_ip, ByteString(39, 0x60), Reject::ip_header_cut},
      {"options cut", LinkType::raw_ip,
       [] {
         ByteString frame = ipv4({.options = ByteString(8, 1)}, tcp(1, 2, 2));
         frame.resize(24);
         return frame;
       }(),
       Reject::ip_header_cut},
      {"version 5", LinkType::raw_ip, wrong_version, Reject::ip_version_wrong},
      {"IPv6 announced as IPv4", LinkType::ethernet, ethernet(0x0800, ipv6(6, tcp(1, 2, 2))),
       Reject::ip_version_wrong},
      {"header of 16 bytes", LinkType::raw_ip, short_header, Reject::ip_header_length_wrong},
      {"length within the header", LinkType::raw_ip, long_header, Reject::ip_header_length_wrong},
  };
  for (const auto& [what, link, frame, reason] : cases) {
    const Decoded decoded = decode_bytes(frame, link);
    EXPECT_FALSE(decoded.ok) << what;
    EXPECT_EQ(decoded.reason, reason) << what << ": " << reject_name(decoded.reason);
  }
}

TEST(DecodeTest, GivesALaterFragmentNoPorts) {
  const auto first =
      decode_bytes(ethernet(0x0800, ipv4({.protocol = 17, .fragment = 0x2000}, udp(53, 4444))));
  EXPECT_EQ(first.packet.traits, has_ports | first_fragment);
  EXPECT_EQ(first.packet.source_port, 53);
  const auto later =
      decode_bytes(ethernet(0x0800, ipv4({.protocol = 17, .fragment = 0x0001}, udp(53, 4444))));
  EXPECT_TRUE(later.ok);
  EXPECT_EQ(later.packet.traits, later_fragment);
  EXPECT_EQ(later.packet.source_port, 0);
  EXPECT_EQ(later.packet.payload_length, 8);
  const auto evil = decode_bytes(ethernet(0x0800, ipv4({.fragment = 0x8000}, tcp(1, 2, 2))));
  EXPECT_EQ(evil.packet.traits, has_ports | reserved_fragment_bit);
}

TEST(DecodeTest, KeepsWhatIsThereOfACutTransportHeader) {
  const ByteString whole = ethernet(0x0800, ipv4({}, tcp(40000, 23, 2, 0xdeadbeef)));
  for (size_t left = 0; left < 20; ++left) {
    const ByteString frame(whole.begin(), whole.begin() + 34 + static_cast<long>(left));
    const auto [ok, packet, reason] = decode_bytes(frame, LinkType::ethernet, false, whole.size());
    ASSERT_TRUE(ok) << left;
    EXPECT_TRUE(packet.is(transport_cut)) << left;
    EXPECT_EQ(packet.is(has_ports), left >= 4) << left;
    EXPECT_EQ(packet.destination_port, left >= 4 ? 23 : 0) << left;
    EXPECT_EQ(packet.tcp_sequence, left >= 8 ? 0xdeadbeef : 0) << left;
    EXPECT_EQ(packet.tcp_acknowledgement, left >= 12 ? 9u : 0) << left;
    EXPECT_EQ(packet.tcp_flags, left >= 14 ? 2 : 0) << left;
    EXPECT_EQ(packet.tcp_window, left >= 16 ? 1024 : 0) << left;
    EXPECT_EQ(packet.payload_length, 0) << left;
  }
}

TEST(DecodeTest, CountsATcpHeaderThatIsLongerThanThePacket) {
  ByteString header = tcp(40000, 23, 2);
  header[12] = 0x60;  // as the two Mirai SYNs of the suricata-verify capture
  const auto [ok, packet, reason] = decode_bytes(ethernet(0x0800, ipv4({}, header)));
  ASSERT_TRUE(ok);
  EXPECT_EQ(packet.traits, has_ports | transport_cut);
  EXPECT_EQ(packet.tcp_options_length, 4);
  EXPECT_EQ(packet.tcp_flags, syn);
  EXPECT_EQ(packet.payload_length, 0);
}

TEST(DecodeTest, TakesNoLinkPaddingForPayload) {
  const ByteString padded =
      ethernet(0x0800, ipv4({.protocol = 17}, udp(1, 2, {7, 7}))) + ByteString(16, 0xee);
  EXPECT_EQ(decode_bytes(padded).packet.payload_length, 2);
  const ByteString padded6 = ethernet(0x86dd, ipv6(17, udp(1, 2, {7}))) + ByteString(9, 0xee);
  EXPECT_EQ(decode_bytes(padded6).packet.payload_length, 1);
  ByteString shorter = udp(1, 2, {7, 7, 7, 7});
  shorter[5] = 10;  // a UDP length that ends before the IP packet
  EXPECT_EQ(decode_bytes(ethernet(0x0800, ipv4({.protocol = 17}, shorter))).packet.payload_length,
            2);
}

TEST(DecodeTest, TakesALengthOfZeroForSegmentationOffload) {
  const ByteString payload(2000, 'x');
  const ByteString frame = ethernet(0x0800, ipv4({.length = 0}, tcp(1, 2, 16, 1, payload)));
  const auto [ok, packet, reason] = decode_bytes(frame);
  ASSERT_TRUE(ok);
  EXPECT_EQ(packet.payload_length, 2000);
  EXPECT_EQ(packet.ip_length, 2040);
  EXPECT_EQ(decode_bytes(frame, LinkType::ethernet, false, 70'000).packet.ip_length, 65'535);
}

TEST(DecodeTest, NoticesAWrongHeaderChecksum) {
  ByteString frame = ethernet(0x0800, ipv4({.options = {1, 1, 1, 1}}, tcp(1, 2, 2)));
  EXPECT_FALSE(decode_bytes(frame).packet.is(checksum_wrong));
  for (size_t i = 14; i < 38; ++i) {
    if (i == 14) continue;  // version and length, which lead elsewhere
    ByteString damaged = frame;
    damaged[i] ^= 0x04;
    const Decoded decoded = decode_bytes(damaged);
    EXPECT_TRUE(!decoded.ok || decoded.packet.is(checksum_wrong)) << i;
  }
}

TEST(DecodeTest, WalksIpv6ExtensionHeaders) {
  const ByteString hop = {60, 0, 0, 0, 0, 0, 0, 0};         // then destination options
  const ByteString destination = {43, 1, 0, 0, 0, 0, 0, 0,  // then routing
                                  0,  0, 0, 0, 0, 0, 0, 0};
  const ByteString routing = {51, 0, 0, 0, 0, 0, 0, 0};        // then authentication
  const ByteString authentication = {44, 1, 0, 0, 0, 0, 0, 0,  // then fragment
                                     0,  0, 0, 0};
  const ByteString fragment = {17, 0, 0, 1, 0, 0, 0, 1};  // then UDP; the first of several
  const ByteString frame = ethernet(
      0x86dd, ipv6(0, hop + destination + routing + authentication + fragment + udp(5, 6, {1})));
  const auto [ok, packet, reason] = decode_bytes(frame);
  ASSERT_TRUE(ok);
  EXPECT_EQ(packet.protocol, protocol_udp);
  EXPECT_EQ(packet.traits, has_ports | first_fragment);
  EXPECT_EQ(packet.destination_port, 6);
  EXPECT_EQ(packet.payload_length, 1);
  EXPECT_EQ(packet.ttl, 61);

  const ByteString later = {6, 0, 0, 8, 0, 0, 0, 1};
  const Decoded second = decode_bytes(ethernet(0x86dd, ipv6(44, later + tcp(5, 6, 2))));
  EXPECT_EQ(second.packet.traits, later_fragment);
  EXPECT_EQ(second.packet.protocol, protocol_tcp);
  EXPECT_EQ(second.packet.source_port, 0);

  ByteString endless;
  for (int i = 0; i < 20; ++i) endless = endless + ByteString{60, 0, 0, 0, 0, 0, 0, 0};
  const Decoded bounded = decode_bytes(ethernet(0x86dd, ipv6(60, endless)));
  EXPECT_TRUE(bounded.ok);
  EXPECT_EQ(bounded.packet.traits, transport_cut);
  const Decoded cut = decode_bytes(ethernet(0x86dd, ipv6(60, {6, 9, 0, 0})));
  EXPECT_EQ(cut.packet.traits, transport_cut);
}

TEST(DecodeTest, ReadsThePacketInsideAnIcmpError) {
  const ByteString inner =
      ipv4({.protocol = 17, .source = "198.51.100.7", .destination = "192.0.2.9", .length = 900},
           udp(1111, 53));
  const auto [ok, packet, reason] =
      decode_bytes(ethernet(0x0800, ipv4({.protocol = 1}, icmp(3, 3, inner))));
  ASSERT_TRUE(ok);
  EXPECT_EQ(packet.traits, has_inner);
  EXPECT_EQ(packet.icmp_type, 3);
  EXPECT_EQ(packet.icmp_code, 3);
  EXPECT_EQ(name_of(packet.inner_destination), "192.0.2.9");
  EXPECT_EQ(packet.inner_protocol, protocol_udp);
  EXPECT_EQ(packet.inner_source_port, 1111);
  EXPECT_EQ(packet.inner_destination_port, 53);
  EXPECT_EQ(packet.source_port, 0);

  for (size_t left = 0; left <= inner.size(); ++left) {  // of the quoted packet
    const ByteString quoted(inner.begin(), inner.begin() + static_cast<long>(left));
    const Decoded cut = decode_bytes(ethernet(0x0800, ipv4({.protocol = 1}, icmp(11, 0, quoted))));
    ASSERT_TRUE(cut.ok);
    EXPECT_EQ(cut.packet.is(has_inner), left >= 20) << left;
    EXPECT_EQ(cut.packet.inner_destination_port, left >= 24 ? 53 : 0) << left;
  }
  const ByteString echo = ipv4({.protocol = 1}, icmp(8, 0, inner));
  EXPECT_FALSE(decode_bytes(ethernet(0x0800, echo)).packet.is(has_inner));
  const ByteString later = ipv4({.protocol = 17, .fragment = 7}, udp(1, 2));
  const ByteString quoting = ipv4({.protocol = 1}, icmp(3, 1, later));
  EXPECT_EQ(decode_bytes(ethernet(0x0800, quoting)).packet.inner_source_port, 0);
}

TEST(DecodeTest, ReadsThePacketInsideAnIcmp6Error) {
  const ByteString inner = ipv6(60, ByteString{6, 0, 0, 0, 0, 0, 0, 0} + tcp(2222, 443, 2),
                                "2001:db8::2", "2001:db8::99");
  const Decoded decoded = decode_bytes(ethernet(0x86dd, ipv6(58, icmp(1, 4, inner))));
  EXPECT_EQ(decoded.packet.traits, has_inner);
  EXPECT_EQ(name_of(decoded.packet.inner_destination), "2001:db8::99");
  EXPECT_EQ(decoded.packet.inner_protocol, protocol_tcp);
  EXPECT_EQ(decoded.packet.inner_destination_port, 443);
  const Decoded reply = decode_bytes(ethernet(0x86dd, ipv6(58, icmp(129, 0, inner))));
  EXPECT_FALSE(reply.packet.is(has_inner));
}

TEST(DecodeTest, LooksIntoTunnelsOnlyIfAsked) {
  const ByteString inner4 = ipv4({.source = "203.0.113.5"}, tcp(7, 8, 2));
  const ByteString inner6 = ipv6(6, tcp(7, 8, 2));
  const struct {
    const char* what;
    ByteString frame;
  } cases[] = {
      {"IP in IP", ipv4({.protocol = 4}, inner4)},
      {"IPv6 in IP", ipv4({.protocol = 41}, inner6)},
      {"IPv4 in IPv6", ipv6(4, inner4)},
      {"GRE", ipv4({.protocol = 47}, be16(0) + be16(0x0800) + inner4)},
      {"GRE with checksum, key, sequence",
       ipv4({.protocol = 47}, be16(0xb000) + be16(0x86dd) + ByteString(12, 0) + inner6)},
      {"GRE with Ethernet",
       ipv4({.protocol = 47}, be16(0x2000) + be16(0x6558) + be32(1) +
                                  ethernet(0x8100, be16(1) + be16(0x0800) + inner4))},
      {"VXLAN", ipv4({.protocol = 17},
                     udp(999, 4789, be32(0x08000000) + be32(0x100) + ethernet(0x0800, inner4)))},
  };
  for (const auto& [what, frame] : cases) {
    const Decoded outer = decode_bytes(frame, LinkType::raw_ip);
    EXPECT_TRUE(outer.ok) << what;
    EXPECT_NE(outer.packet.protocol, protocol_tcp) << what;
    EXPECT_FALSE(outer.packet.is(decapsulated)) << what;
    const Decoded inner = decode_bytes(frame, LinkType::raw_ip, true);
    EXPECT_TRUE(inner.ok) << what;
    EXPECT_EQ(inner.packet.traits, has_ports | decapsulated) << what;
    EXPECT_EQ(inner.packet.destination_port, 8) << what;
    EXPECT_EQ(inner.packet.captured_length, frame.size()) << what;
  }
}

TEST(DecodeTest, CountsATunnelWithoutIpInItAsThePacketItIs) {
  const ByteString cases[] = {
      ipv4({.protocol = 47}, be16(0) + be16(0x88be) + ByteString(20, 0)),  // ERSPAN
      ipv4({.protocol = 47}, be16(1) + be16(0x880b) + ByteString(20, 0)),  // PPTP
      ipv4({.protocol = 4}, ByteString(20, 0)),
      ipv4({.protocol = 17}, udp(1, 4789, ByteString(8, 0))),
      ipv4({.protocol = 4, .fragment = 3}, ipv4({}, tcp(1, 2, 2))),
  };
  for (const ByteString& frame : cases) {
    const Decoded decoded = decode_bytes(frame, LinkType::raw_ip, true);
    EXPECT_TRUE(decoded.ok);
    EXPECT_FALSE(decoded.packet.is(decapsulated));
    EXPECT_EQ(name_of(decoded.packet.source), "192.0.2.1");
  }
}

TEST(DecodeTest, RefusesTunnelsBeyondTheBound) {
  ByteString frame = ipv4({}, tcp(7, 8, 2));
  for (int depth = 0; depth < 4; ++depth) frame = ipv4({.protocol = 4}, frame);
  EXPECT_EQ(decode_bytes(frame, LinkType::raw_ip, true).packet.destination_port, 8);
  frame = ipv4({.protocol = 4}, frame);
  const Decoded decoded = decode_bytes(frame, LinkType::raw_ip, true);
  EXPECT_FALSE(decoded.ok);
  EXPECT_EQ(decoded.reason, Reject::encapsulation_too_deep);
}

// IPv4 right behind an Ethernet header takes a way of its own through the decoder.
TEST(DecodeTest, DecodesIpv4BehindEthernetLikeTheSamePacketWithoutIt) {
  std::mt19937 random(2);
  const ByteString seeds[] = {
      ipv4({.fragment = 0x4000}, tcp(1, 2, 2, 3, ByteString(30, 1))),
      ipv4({}, udp(1, 2, ByteString(30, 1))),
      ipv4({.protocol = 1}, icmp(3, 1, ipv4({}, udp(1, 2)))),
  };
  constexpr size_t header = 14;
  size_t packets = 0;
  for (int round = 0; round < 100'000; ++round) {
    ByteString ip = seeds[random() % std::size(seeds)];
    for (auto flips = random() % 4; flips > 0; --flips)
      ip[random() % 40] = static_cast<uint8_t>(random());
    ip.resize(random() % (ip.size() + 1));
    const size_t sent = random() % 2 == 0 ? ip.size() : ip.size() + 100;
    const Decoded bare = decode_bytes(ip, LinkType::raw_ipv4, false, sent);
    const Decoded framed =
        decode_bytes(ethernet(0x0800, ip), LinkType::ethernet, false, header + sent);
    ASSERT_EQ(framed.ok, bare.ok) << round;
    if (!bare.ok) {
      ASSERT_EQ(framed.reason, bare.reason) << round;
      continue;
    }
    ++packets;
    ASSERT_EQ(framed.packet.payload - framed.packet.frame,
              bare.packet.payload - bare.packet.frame + static_cast<std::ptrdiff_t>(header));
    ASSERT_EQ(framed.packet.ip_offset, header);
    Packet same = framed.packet;
    same.frame = bare.packet.frame;
    same.payload = bare.packet.payload;
    same.captured_length = bare.packet.captured_length;
    same.wire_length = bare.packet.wire_length;
    same.ip_offset = bare.packet.ip_offset;
    ASSERT_EQ(std::memcmp(&same, &bare.packet, offsetof(Packet, sensor)), 0) << round;
  }
  EXPECT_GT(packets, 50'000u);
}

// Whatever the bytes: no crash (under the sanitizers), and what is said of the payload holds.
TEST(DecodeTest, SurvivesDamagedFrames) {
  std::mt19937 random(1);
  const ByteString seeds[] = {
      ethernet(0x0800, ipv4({}, tcp(1, 2, 2, 3, ByteString(30, 1)))),
      ethernet(0x86dd,
               ipv6(0, ByteString{44, 0, 0, 0, 0, 0, 0, 0} + ByteString{58, 0, 0, 0, 0, 0, 0, 0} +
                           icmp(1, 0, ipv6(17, udp(1, 2))))),
      ethernet(0x8100, be16(1) + be16(0x8847) + be32(0x100) +
                           ipv4({.protocol = 47}, be16(0) + be16(0x0800) + ipv4({}, tcp(1, 2, 2)))),
  };
  size_t decoded_frames = 0;
  for (int round = 0; round < 200'000; ++round) {
    ByteString frame = seeds[random() % std::size(seeds)];
    for (auto flips = random() % 6; flips > 0; --flips)
      frame[random() % frame.size()] = static_cast<uint8_t>(random());
    frame.resize(random() % (frame.size() + 1));
    const Decoded decoded = decode_bytes(frame, LinkType::ethernet, random() % 2 == 0);
    if (!decoded.ok) continue;
    ++decoded_frames;
    ASSERT_LE(decoded.packet.payload_length, frame.size());
  }
  EXPECT_GT(decoded_frames, 10'000u);
}

}  // namespace
}  // namespace yagura::capture
