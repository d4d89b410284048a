// SPDX-License-Identifier: Apache-2.0
//
// What a packet to a dark address is, as the telescope classifies it and the other systems
// understand it. The numbers are written to the store: never change one, only add.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace yagura::model {

// The shape of a packet to a dark address; docs/telescope.md has the rules.
enum class PacketClass : uint8_t {
  any = 0,  // in statistics only: every class together
  scan_tcp = 1,
  scan_udp = 2,
  scan_icmp = 3,
  probe_amplification = 4,
  backscatter_tcp = 5,
  backscatter_udp = 6,
  backscatter_icmp = 7,
  other_tcp = 8,
  other = 9,
  scans = 10,  // in statistics only: the scan and probe classes together
};
inline constexpr int class_count = 11;
inline constexpr std::array<std::string_view, class_count> class_names = {"any",
                                                                          "scan_tcp",
                                                                          "scan_udp",
                                                                          "scan_icmp",
                                                                          "probe_amplification",
                                                                          "backscatter_tcp",
                                                                          "backscatter_udp",
                                                                          "backscatter_icmp",
                                                                          "other_tcp",
                                                                          "other",
                                                                          "scans"};
constexpr bool is_scan(PacketClass c) {
  return c >= PacketClass::scan_tcp && c <= PacketClass::probe_amplification;
}
constexpr bool is_backscatter(PacketClass c) {
  return c >= PacketClass::backscatter_tcp && c <= PacketClass::backscatter_icmp;
}

// What a packet may show beside its class; a row counts the packets that show it.
enum class Mark : uint8_t {
  // sub-kinds of scan_tcp that are not a SYN
  null_scan = 1,
  fin_scan = 2,
  xmas_scan = 3,
  // tools, see tools.h
  mirai = 4,
  zmap = 5,          // ZMap <= 4.0
  masscan = 6,       // masscan before 2023-11
  masscan_2023 = 7,  // masscan since 2023-11
  nmap = 8,
  // signs of a forged source or a broken sender (corsaro's list, one sign each)
  odd_protocol = 9,
  high_ttl = 10,
  odd_fragment = 11,
  source_ends_0_or_255 = 12,
  source_is_destination = 13,
  port_zero = 14,
  udp_port_80 = 15,
  // Only on rows: packets that share the source's commonest Unicornscan key, see tools.h.
  unicornscan = 16,
};
inline constexpr int mark_count = 17;
inline constexpr std::array<std::string_view, mark_count> mark_names = {"",
                                                                        "null_scan",
                                                                        "fin_scan",
                                                                        "xmas_scan",
                                                                        "mirai",
                                                                        "zmap",
                                                                        "masscan",
                                                                        "masscan_2023",
                                                                        "nmap",
                                                                        "odd_protocol",
                                                                        "high_ttl",
                                                                        "odd_fragment",
                                                                        "source_ends_0_or_255",
                                                                        "source_is_destination",
                                                                        "port_zero",
                                                                        "udp_port_80",
                                                                        "unicornscan"};

enum class Tool : uint8_t {
  none = 0,
  mirai = 1,
  zmap = 2,
  masscan = 3,
  masscan_2023 = 4,
  nmap = 5,
  unicornscan = 6,
};
inline constexpr int tool_count = 7;
inline constexpr std::array<std::string_view, tool_count> tool_names = {
    "none", "mirai", "zmap", "masscan", "masscan_2023", "nmap", "unicornscan"};

}  // namespace yagura::model
