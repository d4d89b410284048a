// SPDX-License-Identifier: Apache-2.0
//
// For tests only: a random stream of raw IP packets (synthetic) of every class, IPv4 and IPv6, with
// gaps, to the dark space 198.18.0.0/24 and 2001:db8:dada::/64. The same seed gives the same
// stream.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "capture/decode.h"
#include "capture/packet.h"
#include "state/sensors.h"

namespace yagura::telescope {

struct TrafficFrame {
  Timestamp time;
  std::vector<uint8_t> bytes;  // from the IP header on
};

inline std::vector<state::DarkPrefix> traffic_dark_space() {
  return {{Prefix::parse("198.18.0.0/24").value(), false, {}, {}},
          {Prefix::parse("198.18.0.64/28").value(), true, {}, {}},
          {Prefix::parse("2001:db8:dada::/64").value(), false, {}, {}}};
}

struct TrafficOptions {
  uint64_t seed = 1;
  Timestamp start = Timestamp::from_seconds(1'600'000'000 - 1'600'000'000 % 86'400 + 79'200);
  size_t packets = 20'000;
  size_t sources = 400;
  Duration length = Duration::hours(3);
  // After the first half nothing comes for this long.
  Duration gap{};
};

class Traffic {
 public:
  explicit Traffic(const TrafficOptions& options) : random_(options.seed) {
    std::vector<int64_t> times;
    for (size_t i = 0; i < options.packets; ++i)
      times.push_back(
          static_cast<int64_t>(random_() % static_cast<uint64_t>(options.length.nanoseconds)));
    std::sort(times.begin(), times.end());
    for (size_t i = 0; i < options.sources; ++i) make_source();
    for (size_t i = 0; i < times.size(); ++i) {
      const int64_t late = i < times.size() / 2 ? 0 : options.gap.nanoseconds;
      // A few packets share their time, as in captures of coarse clocks.
      const int64_t time = i > 0 && random_() % 16 == 0 ? times[i - 1] : times[i];
      times[i] = time;
      frames.push_back({options.start + Duration{time + late}, random_packet()});
    }
    for (size_t i = 1; i < frames.size(); ++i)
      frames[i].time = std::max(frames[i].time, frames[i - 1].time);
  }

  std::vector<TrafficFrame> frames;

 private:
  struct Source {
    IpAddress address;
    int kind;
    uint16_t port;
  };

  uint32_t below(uint32_t n) { return static_cast<uint32_t>(random_() % n); }

  void make_source() {
    Source source;
    const bool v6 = below(4) == 0;
    // Some IPv6 sources stand before ::ffff:0:0/96 in the order of addresses.
    const uint64_t high = below(3) == 0 ? 0 : 0x2a00'0000'0000'0000ULL | below(1000);
    source.address =
        v6 ? IpAddress::from_halves(high, (below(2) == 0 ? 1ULL << 40 : 0) + below(5000))
           : IpAddress::from_v4(0x2000'0000u + below(0x6000'0000u));
    source.kind = static_cast<int>(below(12));
    source.port = static_cast<uint16_t>(below(3) == 0 ? 23 : below(2000));
    sources_.push_back(source);
  }

  IpAddress destination(bool v6) {
    // One in eight is not dark: beyond the space, or excluded.
    if (v6)
      return IpAddress::from_halves(0x20010db8'dada0000ULL + (below(8) == 0 ? 1 : 0), below(300));
    return IpAddress::from_v4(0xc612'0000u + below(290));
  }

  std::vector<uint8_t> random_packet() {
    // A few sources send most of the packets.
    const auto at = std::min(below(static_cast<uint32_t>(sources_.size())),
                             below(static_cast<uint32_t>(sources_.size())));
    const Source& source = sources_[at];
    const bool v6 = !source.address.is_v4();
    const int kind = below(5) == 0 ? static_cast<int>(below(12)) : source.kind;
    const IpAddress target = destination(v6);
    const auto port = static_cast<uint16_t>(below(4) == 0 ? below(65536) : source.port);
    const std::string monlist("\x17\x00\x03\x2a\0\0\0\0", 8), list("\x97\x00\x03\x2a\0\6\0\x48", 8);
    const auto client = static_cast<uint16_t>(1024 + below(60'000));
    switch (kind) {
      case 0:
      case 1:
      case 2:
        return tcp(source.address, target, client, port, 0x02);
      case 3:
        return tcp(source.address, target, source.port, port, 0x12);
      case 4:
        return tcp(source.address, target, source.port, port, 0x04);
      case 5:  // ACK, or a Xmas scan
        return tcp(source.address, target, port, source.port, below(2) == 0 ? 0x10 : 0x29);
      case 6:
        return udp(source.address, target, client, port, "synthetic");
      case 7:  // asks for amplification, or scans the same port otherwise
        return udp(source.address, target, client, 123, below(2) == 0 ? monlist : "synthetic");
      case 8:
        return udp(source.address, target, 123, client, list);
      case 9:
        return icmp(source.address, target, v6 ? 128 : 8);
      case 10:
        return icmp(source.address, target, v6 ? 129 : 0);
      default:
        return ip(source.address, target, 47, {0, 0, 8, 0});
    }
  }

  std::vector<uint8_t> ip(IpAddress source, IpAddress target, uint8_t protocol,
                          const std::vector<uint8_t>& payload) {
    std::vector<uint8_t> out;
    const auto be16 = [&](size_t value) {
      out.push_back(static_cast<uint8_t>(value >> 8));
      out.push_back(static_cast<uint8_t>(value));
    };
    const auto ttl = static_cast<uint8_t>(below(4) == 0 ? 250 : 40 + below(20));
    uint8_t address[2][16];
    source.write_bytes(address[0]);
    target.write_bytes(address[1]);
    if (source.is_v4()) {
      be16(0x4500);
      be16(20 + payload.size());
      be16(below(65536));
      be16(0);
      out.push_back(ttl);
      out.push_back(protocol);
      be16(0);
      for (const auto& each : address) out.insert(out.end(), each + 12, each + 16);
      uint32_t sum = 0;
      for (size_t i = 0; i < 20; i += 2) sum += static_cast<uint32_t>(out[i] << 8 | out[i + 1]);
      sum = (sum & 0xffff) + (sum >> 16);
      sum = ~((sum & 0xffff) + (sum >> 16));
      out[10] = static_cast<uint8_t>(sum >> 8);
      out[11] = static_cast<uint8_t>(sum);
    } else {
      be16(0x6000);
      be16(0);
      be16(payload.size());
      out.push_back(protocol);
      out.push_back(ttl);
      for (const auto& each : address) out.insert(out.end(), each, each + 16);
    }
    out.insert(out.end(), payload.begin(), payload.end());
    return out;
  }
  std::vector<uint8_t> tcp(IpAddress source, IpAddress target, uint16_t from, uint16_t to,
                           uint8_t flags) {
    std::vector<uint8_t> segment = ports(from, to);
    for (int i = 0; i < 8; ++i) segment.push_back(static_cast<uint8_t>(below(256)));
    segment.insert(segment.end(), {0x50, flags, static_cast<uint8_t>(below(256)), 0, 0, 0, 0, 0});
    return ip(source, target, 6, segment);
  }
  std::vector<uint8_t> udp(IpAddress source, IpAddress target, uint16_t from, uint16_t to,
                           const std::string& payload) {
    std::vector<uint8_t> datagram = ports(from, to);
    datagram.insert(datagram.end(), {0, static_cast<uint8_t>(8 + payload.size()), 0, 0});
    datagram.insert(datagram.end(), payload.begin(), payload.end());
    return ip(source, target, 17, datagram);
  }
  std::vector<uint8_t> icmp(IpAddress source, IpAddress target, uint8_t type) {
    return ip(source, target, source.is_v4() ? 1 : 58, {type, 0, 0, 0, 0, 1, 0, 1});
  }
  static std::vector<uint8_t> ports(uint16_t from, uint16_t to) {
    return {static_cast<uint8_t>(from >> 8), static_cast<uint8_t>(from),
            static_cast<uint8_t>(to >> 8), static_cast<uint8_t>(to)};
  }

  std::mt19937_64 random_;
  std::vector<Source> sources_;
};

// `frame` as the capture room hands it on; points into the frame.
inline capture::Packet packet_of(const TrafficFrame& frame) {
  capture::Packet packet;
  capture::Reject reason;
  const bool decoded = capture::decode({frame.bytes.data(), frame.bytes.size()},
                                       static_cast<uint32_t>(frame.bytes.size()),
                                       capture::LinkType::raw_ip, {}, packet, reason);
  EXPECT_TRUE(decoded);
  packet.time = frame.time;
  return packet;
}

// Writes a pcap (nanoseconds, raw IP).
inline void write_capture(const std::filesystem::path& path, std::span<const TrafficFrame> frames) {
  std::ofstream file(path, std::ios::binary);
  const auto word = [&](uint64_t value) {
    const auto narrow = static_cast<uint32_t>(value);
    file.write(reinterpret_cast<const char*>(&narrow), 4);
  };
  for (const uint64_t value : {0xa1b23c4dULL, 0x0004'0002ULL, 0ULL, 0ULL, 65535ULL, 101ULL})
    word(value);
  for (const TrafficFrame& frame : frames) {
    word(static_cast<uint64_t>(frame.time.nanoseconds / 1'000'000'000));
    word(static_cast<uint64_t>(frame.time.nanoseconds % 1'000'000'000));
    word(frame.bytes.size());
    word(frame.bytes.size());
    file.write(reinterpret_cast<const char*>(frame.bytes.data()),
               static_cast<std::streamsize>(frame.bytes.size()));
  }
  ASSERT_TRUE(file.flush());
}

}  // namespace yagura::telescope
