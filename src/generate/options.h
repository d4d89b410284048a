// SPDX-License-Identifier: Apache-2.0
//
// What a synthetic capture is made of. The flags of `yagura generate` are these members; command.h
// has their names, defaults and help from one table.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/ip_address.h"
#include "base/time.h"

namespace yagura::generate {

// Kinds of sender. A source has one kind for the whole capture.
enum class Kind : uint8_t {
  mirai,         // SYN whose sequence number is the destination
  telnet,        // IoT bots on Telnet and router ports without that mark
  syn,           // SYN scanners with an ordinary stack; 1 in 40 sends NULL, FIN or Xmas
  zmap,          // ZMap up to 4.0
  masscan,       // masscan before November 2023
  masscan_2023,  // and since
  nmap,          // nmap -sS
  unicornscan,
  survey,           // survey scanners: every packet another port
  udp,              // UDP scans
  amplification,    // requests that look for amplifiers
  icmp_echo,        // ping scans
  backscatter_tcp,  // stray replies to forged packets, apart from the attacks
  backscatter_udp,
  backscatter_icmp,
  other,  // bare ACKs, data, GRE, ESP, SCTP, later fragments
  ipv6,   // SYN, echo and UDP scans over IPv6
};
inline constexpr size_t kind_count = 17;
inline constexpr std::array<std::string_view, kind_count> kind_names = {"mirai",
                                                                        "telnet",
                                                                        "syn",
                                                                        "zmap",
                                                                        "masscan",
                                                                        "masscan-2023",
                                                                        "nmap",
                                                                        "unicornscan",
                                                                        "survey",
                                                                        "udp",
                                                                        "amplification",
                                                                        "icmp-echo",
                                                                        "backscatter-tcp",
                                                                        "backscatter-udp",
                                                                        "backscatter-icmp",
                                                                        "other",
                                                                        "ipv6"};

enum class PortMix : uint8_t {
  random,  // every packet draws its port: half Zipf-popular, half any
  bots,    // every source keeps one to three Zipf-popular ports
};

// Each denial of service is seen as the replies of its victim, evenly over `duration`, starting at
// a random time. They come on top of nothing: their packets are part of GenerateOptions::packets.
struct AttackOptions {
  uint64_t victims = 4;
  uint64_t packets_per_minute = 60;
  Duration duration = Duration::minutes(10);
};

// A campaign: from `start` on, new sources all scan one port.
struct CampaignOptions {
  uint64_t sources = 0;  // 0 = no campaign
  uint16_t port = 37'215;
  Duration start = Duration::minutes(30);  // after the capture's start
  Duration duration;                       // 0 = to the capture's end
  uint64_t packets_per_minute = 600;
  bool synchronised = true;  // the sources rise and fall together, minute by minute
};

struct GenerateOptions {
  uint64_t packets = 1'000'000;
  uint64_t sources = 20'000;  // distinct accounted addresses; each sends at least one packet
  uint64_t seed = 1;
  Timestamp start = Timestamp::from_seconds(1'767'225'600);  // 2026-01-01T00:00:00Z
  Duration duration = Duration::hours(1);
  Prefix dark = Prefix::of(IpAddress::from_v4(0xC612'0000), 112);  // 198.18.0.0/16
  Prefix dark_ipv6 =
      Prefix::of(IpAddress::from_halves(0x2001'0db8'00da'0000ULL, 0), 48);  // 2001:db8:da::/48
  PortMix ports = PortMix::bots;
  // How unevenly a kind's packets fall on its sources: 0 evenly, up to 3 on few.
  uint64_t skew = 1;
  uint64_t survey_scanners = 8;
  // Each kind's part of the packets that are neither an attack's nor the campaign's, in any unit;
  // the defaults add up to 1,000. Sources are divided alike, but for the survey scanners.
  std::array<uint64_t, kind_count> shares = {120, 130, 250, 90, 60, 60, 10, 5, 90,
                                             60,  40,  30,  25, 10, 10, 10, 0};
  AttackOptions attacks;
  CampaignOptions campaign;
  bool nanoseconds = false;  // of the capture's times; else microseconds
};

// Bounds, so that no arithmetic on counts overflows and every table has a size.
inline constexpr uint64_t most_packets = 1'000'000'000'000;
inline constexpr uint64_t most_sources = 2'000'000'000;
inline constexpr uint64_t most_share = 1'000'000;
inline constexpr uint64_t most_victims = 100'000;          // each has a clock of its own: 72 bytes
inline constexpr uint64_t most_survey_scanners = 100'000;  // each is named in the ground truth
inline constexpr uint64_t most_packets_per_minute = 1'000'000'000;

}  // namespace yagura::generate
