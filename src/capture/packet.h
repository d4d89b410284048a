// SPDX-License-Identifier: Apache-2.0
//
// The batch in which packets travel (model/packet.h says what one is), and why a frame gave none.
//
// A batch is an array of fixed-size packets, reused for the whole run: no allocation per packet.
// It is an array of structures and not a structure of arrays because every analyser needs most
// fields of a packet; measured, the packet road spends its time on memory, and one packet here is
// two cache lines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "model/packet.h"

namespace yagura::capture {

using model::IpProtocol;
using model::Packet;
using model::TcpFlag;
using model::Trait;
using enum model::IpProtocol;
using enum model::TcpFlag;
using enum model::Trait;

// Packets of one or more sensors in time order.
using PacketBatch = std::vector<Packet>;
// What is decoded is analysed while it is still in the first-level cache (128 × 120 bytes).
inline constexpr size_t batch_capacity = 128;

// Why a frame gave no packet. Counted, never silently lost.
enum class Reject : uint8_t {
  not_ip,  // ARP, LLDP and other link traffic
  link_header_cut,
  unknown_link_type,
  ip_header_cut,
  ip_version_wrong,
  ip_header_length_wrong,
  encapsulation_too_deep,
  time_out_of_range,  // before 1970 or after 2106
  count_
};
inline constexpr size_t reject_reasons = static_cast<size_t>(Reject::count_);
const char* reject_name(Reject reason);  // "not IP", "IP header cut", … for people

}  // namespace yagura::capture
