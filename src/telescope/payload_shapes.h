// SPDX-License-Identifier: Apache-2.0
//
// The UDP services that are abused to amplify denial-of-service attacks, and what a request to and
// a response from each looks like.
//
// A request shape at a dark address is somebody looking for amplifiers; a response shape is the
// answer to a request that forged the dark address. The table is our own, after US-CERT TA14-017A
// and the protocols' documents (named beside each shape). A shape looks at the captured bytes only
// and must not be fooled into reading past them; a payload that the capture cut may miss its shape.
//
// Pure functions; thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace yagura::telescope {

using Payload = std::span<const uint8_t>;

struct Amplifier {
  uint16_t port;
  std::string_view name;
  bool (*request)(Payload);
  bool (*response)(Payload);
};

// In rising order of port.
std::span<const Amplifier> amplifiers();

namespace internal {
const Amplifier* find_amplifier(uint16_t port);
extern const std::array<uint64_t, 1024> amplifier_ports;  // one bit per port
}  // namespace internal

// The service on `port`, or nullptr.
inline const Amplifier* amplifier_on(uint16_t port) {
  if (((internal::amplifier_ports[port >> 6] >> (port & 63)) & 1) == 0) return nullptr;
  return internal::find_amplifier(port);
}

}  // namespace yagura::telescope
