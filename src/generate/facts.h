// SPDX-License-Identifier: Apache-2.0
//
// What the generator knows of a packet it wrote: the ground truth of one packet, in the words of
// docs/telescope.md. Told by who makes the packet, not found out by looking at it.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/ip_address.h"
#include "base/time.h"

namespace yagura::generate {

enum class TrafficClass : uint8_t {
  scan_tcp,
  scan_udp,
  scan_icmp,
  probe_amplification,
  backscatter_tcp,
  backscatter_udp,
  backscatter_icmp,
  other_tcp,
  other,
};
inline constexpr size_t traffic_class_count = 9;
inline constexpr std::array<std::string_view, traffic_class_count> traffic_class_names = {
    "scan_tcp",
    "scan_udp",
    "scan_icmp",
    "probe_amplification",
    "backscatter_tcp",
    "backscatter_udp",
    "backscatter_icmp",
    "other_tcp",
    "other"};
constexpr bool is_scan(TrafficClass c) { return c <= TrafficClass::probe_amplification; }
constexpr bool is_backscatter(TrafficClass c) {
  return c >= TrafficClass::backscatter_tcp && c <= TrafficClass::backscatter_icmp;
}

// Which tool's published mark a SYN carries.
enum class ToolMark : uint8_t {
  none,
  mirai,
  zmap,
  masscan,
  masscan_2023,
  nmap,
  unicornscan,
  not_a_syn,  // any packet that is no plain SYN, and so says nothing about tools
};
inline constexpr size_t tool_mark_count = 7;  // those that a SYN may carry
inline constexpr std::array<std::string_view, tool_mark_count> tool_mark_names = {
    "none", "mirai", "zmap", "masscan", "masscan_2023", "nmap", "unicornscan"};

struct PacketFacts {
  Timestamp time;
  IpAddress accounted;  // the source, or of an ICMP error the inner destination
  IpAddress dark;
  TrafficClass class_ = TrafficClass::other;
  ToolMark tool = ToolMark::not_a_syn;
  uint8_t protocol = 0;       // IP protocol scanned or attacked (of an ICMP error: the inner one)
  uint16_t service_port = 0;  // TCP and UDP: destination port, of backscatter the source port
};

}  // namespace yagura::generate
