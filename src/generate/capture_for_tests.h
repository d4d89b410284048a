// SPDX-License-Identifier: Apache-2.0
//
// For tests: reads a synthetic capture byte by byte, verifies every length and checksum, and judges
// each packet by the published rules (docs/telescope.md), sharing no code with the generator or the
// analysers.
#pragma once

#include <fmt/core.h>

#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip_address.h"
#include "base/time.h"

namespace yagura::generate {

// One packet as its bytes have it.
struct SeenPacket {
  Timestamp time;
  IpAddress source, destination;
  IpAddress accounted;   // the source, or of an ICMP error the inner destination
  uint8_t protocol = 0;  // attacked or scanned: of an ICMP error the inner one
  std::string class_;
  std::string tool;              // of a plain SYN: "none", "mirai" …; empty for other packets
  uint32_t unicornscan_key = 0;  // of a plain SYN over IPv4
  uint16_t service_port = 0;
};

class CaptureForTests {
 public:
  std::vector<SeenPacket> packets;
  std::vector<std::string> problems;

  explicit CaptureForTests(std::string_view bytes) { read(bytes); }

 private:
  void read(std::string_view bytes) {
    if (bytes.size() < 24) return problem("no file header");
    data_ = reinterpret_cast<const uint8_t*>(bytes.data());
    const uint32_t magic = little(0);
    const int64_t tick = magic == 0xa1b23c4d ? 1 : 1000;
    if (magic != 0xa1b23c4d && magic != 0xa1b2c3d4) problem("magic number");
    if (little(20) != 1) problem("link type");
    size_t at = 24;
    while (at + 16 <= bytes.size()) {
      const uint32_t length = little(at + 8);
      if (length != little(at + 12) || length > bytes.size() - at - 16) return problem("length");
      SeenPacket packet;
      packet.time = Timestamp::from_seconds(little(at)) + Duration{little(at + 4) * tick};
      if (!packets.empty() && packet.time < packets.back().time) problem("time order");
      frame(data_ + at + 16, length, packet);
      packets.push_back(packet);
      at += 16 + length;
    }
    if (at != bytes.size()) problem("bytes left");
  }
  void problem(std::string_view what) {
    problems.push_back(fmt::format("packet {}: {}", packets.size(), what));
  }
  uint32_t little(size_t at) const {
    return data_[at] | uint32_t{data_[at + 1]} << 8 | uint32_t{data_[at + 2]} << 16 |
           uint32_t{data_[at + 3]} << 24;
  }
  static uint16_t big16(const uint8_t* p) { return static_cast<uint16_t>(p[0] << 8 | p[1]); }
  static uint32_t big32(const uint8_t* p) { return uint32_t{big16(p)} << 16 | big16(p + 2); }

  // The sum of RFC 1071 as that document writes it.
  static uint32_t add(uint32_t sum, const uint8_t* p, size_t size) {
    for (size_t i = 0; i + 1 < size; i += 2) sum += big16(p + i);
    if (size % 2 == 1) sum += uint32_t{p[size - 1]} << 8;
    while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
    return sum;
  }

  void frame(const uint8_t* p, size_t size, SeenPacket& packet) {
    if (size < 60 || size > 192) problem("frame size");
    const uint8_t* ip = p + 14;
    const uint8_t* transport = nullptr;
    size_t length = 0;
    uint32_t sum = 0;
    if (big16(p + 12) == 0x0800) {
      if (ip[0] != 0x45) problem("IPv4 header length");
      if (add(0, ip, 20) != 0xffff) problem("IPv4 checksum");
      if (big16(ip + 2) + 14U > size) problem("IPv4 length");
      packet.source = IpAddress::from_v4_bytes(ip + 12);
      packet.destination = IpAddress::from_v4_bytes(ip + 16);
      packet.protocol = ip[9];
      transport = ip + 20;
      length = big16(ip + 2) - 20U;
      sum = add(0, ip + 12, 8);
    } else {
      if (big16(p + 12) != 0x86dd || ip[0] >> 4 != 6) problem("IPv6 header");
      packet.source = IpAddress::from_v6_bytes(ip + 8);
      packet.destination = IpAddress::from_v6_bytes(ip + 24);
      packet.protocol = ip[6];
      transport = ip + 40;
      length = big16(ip + 4);
      if (length + 54 > size) problem("IPv6 length");
      sum = add(0, ip + 8, 32);
    }
    packet.accounted = packet.source;
    sum += packet.protocol + static_cast<uint32_t>(length);
    const bool v4 = packet.source.is_v4();
    packet.class_ = "other";
    if (v4 && (big16(ip + 6) & 0x1fff) != 0) return;
    if (packet.protocol == 6) {
      if (add(sum, transport, length) != 0xffff) problem("TCP checksum");
      tcp(ip, transport, v4, packet);
    } else if (packet.protocol == 17) {
      if (add(sum, transport, length) != 0xffff || big16(transport + 6) == 0)
        problem("UDP checksum");
      if (big16(transport + 4) != length) problem("UDP length");
      udp(transport, length, packet);
    } else if (packet.protocol == 1 || packet.protocol == 58) {
      if (add(packet.protocol == 1 ? 0 : sum, transport, length) != 0xffff)
        problem("ICMP checksum");
      icmp(transport, packet);
    }
  }

  void tcp(const uint8_t* ip, const uint8_t* p, bool v4, SeenPacket& packet) {
    const int flags = p[13] & 0x3f;
    packet.service_port = big16(p + 2);
    if (flags == 0 || flags == 1 || flags == 0x29) {  // NULL, FIN, Xmas
      packet.class_ = "scan_tcp";
    } else if (flags == 2) {
      packet.class_ = "scan_tcp";
      packet.tool = v4 ? syn_tool(ip, p) : "none";
      const uint32_t target = __builtin_bswap32(big32(ip + 16));
      packet.unicornscan_key = big32(p + 4) ^ target ^ ((uint32_t{big16(p + 2)} << 16) + big16(p));
    } else if ((flags & 0x12) == 0x12 || (flags & 4) != 0) {
      packet.class_ = "backscatter_tcp";
      packet.service_port = big16(p);
    } else {
      packet.class_ = "other_tcp";
    }
  }

  static std::string syn_tool(const uint8_t* ip, const uint8_t* p) {
    const uint32_t destination = big32(ip + 16), sequence = big32(p + 4);
    const int id = big16(ip + 4), window = big16(p + 14), options = (p[12] >> 4) * 4 - 20;
    if (sequence == destination) return "mirai";
    const bool product = id == static_cast<int>((destination ^ big16(p + 2) ^ sequence) & 0xffff);
    if (product && window == 1024 && options == 0) return "masscan";
    if (product && window == 1025 && options == 4 && p[20] == 2 && ip[8] > 128)
      return "masscan_2023";
    if (id == 54321 && window == 65535 && options == 0 && (ip[6] & 0x40) == 0) return "zmap";
    if (options == 4 && p[20] == 2 && window % 1024 == 0 && window >= 1024 && window <= 4096)
      return "nmap";
    return "none";
  }

  void udp(const uint8_t* p, size_t length, SeenPacket& packet) {
    const std::string_view payload(reinterpret_cast<const char*>(p + 8), length - 8);
    static const std::map<int, std::pair<size_t, std::string>> requests = {
        {53, {2, std::string("\x01\x00\x00\x01\x00\x00", 6)}},
        {123, {0, std::string("\x17\x00\x03\x2a", 4)}},
        {161, {13, "\xa5"}},
        {389, {5, "\x63"}},
        {1900, {0, "M-SEARCH * HTTP/1.1\r\n"}},
        {11211, {8, "stats\r\n"}}};
    static const std::map<int, std::pair<size_t, std::string>> replies = {
        {53, {2, std::string("\x81\x80\x00\x01\x00\x01", 6)}},
        {123, {0, "\x24\x02"}},
        {1900, {0, "HTTP/1.1 200 OK\r\n"}},
        {11211, {8, "STAT "}}};
    const auto shaped = [&](const auto& table, int port) {
      const auto it = table.find(port);
      return it != table.end() && payload.size() > it->second.first &&
             payload.substr(it->second.first).starts_with(it->second.second);
    };
    packet.class_ = "scan_udp";
    packet.service_port = big16(p + 2);
    if (shaped(replies, big16(p))) {
      packet.class_ = "backscatter_udp";
      packet.service_port = big16(p);
    } else if (shaped(requests, big16(p + 2))) {
      packet.class_ = "probe_amplification";
    }
  }

  void icmp(const uint8_t* p, SeenPacket& packet) {
    const int type = p[0];
    packet.service_port = big16(p);
    packet.class_ = "backscatter_icmp";
    if ((packet.protocol == 1 && type == 8) || (packet.protocol == 58 && type == 128)) {
      packet.class_ = "scan_icmp";
    } else if (type == 3 || type == 11) {
      const uint8_t* inner = p + 8;
      if (add(0, inner, 20) != 0xffff) problem("quoted IPv4 checksum");
      if (IpAddress::from_v4_bytes(inner + 12) != packet.destination) problem("quoted source");
      packet.accounted = IpAddress::from_v4_bytes(inner + 16);
      packet.protocol = inner[9];
    } else if (type != 0) {
      problem("ICMP type");
    }
  }

  const uint8_t* data_ = nullptr;
};

}  // namespace yagura::generate
