// SPDX-License-Identifier: Apache-2.0
//
// The first byte chooses link type and decapsulation, the rest is the frame.
#include <array>
#include <cstdint>
#include <span>

#include "base/result.h"
#include "capture/decode.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace yagura::capture;
  if (size == 0) return 0;
  constexpr std::array links = {LinkType::ethernet,      LinkType::raw_ip,
                                LinkType::linux_sll,     LinkType::linux_sll2,
                                LinkType::null_loopback, LinkType::openbsd_loopback,
                                LinkType::raw_ipv4,      LinkType::raw_ipv6};
  const LinkType link = links[data[0] % links.size()];
  const DecodeOptions options{.decapsulate = (data[0] & 0x80) != 0};
  const std::span<const uint8_t> frame(data + 1, size - 1);
  Packet packet;
  Reject reason{};
  if (!decode(frame, static_cast<uint32_t>(frame.size()), link, options, packet, reason)) {
    CHECK(reason < Reject::count_);
    return 0;
  }
  // What is said of the payload is true, and a fragment without a header has no ports.
  const std::span<const uint8_t> payload(packet.payload, packet.payload_length);
  CHECK(payload.empty() || payload.data() >= frame.data());
  CHECK(payload.empty() || payload.data() + payload.size() <= frame.data() + frame.size());
  CHECK(!packet.is(later_fragment) || !packet.is(has_ports));
  CHECK(packet.is(has_ports) || (packet.source_port == 0 && packet.destination_port == 0));
  return 0;
}
