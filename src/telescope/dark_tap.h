// SPDX-License-Identifier: Apache-2.0
//
// The tap of the packet road: who wants to see every packet to a dark address as it comes, after it
// was classified and before its window is over.
//
// A tap is called on the thread that observes, with at most a batch at a time, and must not block:
// it is paid for by the capture. What it is shown is valid only during the call.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "capture/packet.h"
#include "telescope/classify.h"

namespace yagura::telescope {

// The sensor of a packet, as a tap sees it.
struct TapSensor {
  uint16_t id = 0;
  std::string name;
  double dark_addresses = 0;  // DarkSpace::all_addresses: the bound of `position` for IPv4
};

struct DarkPacket {
  const capture::Packet* packet = nullptr;
  const TapSensor* sensor = nullptr;
  Classified classified;
  uint32_t position = 0;  // of the destination, see DarkDay::find: it tells a dark address
};

using DarkTap = std::function<void(std::span<const DarkPacket>)>;

}  // namespace yagura::telescope
