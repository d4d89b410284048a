// SPDX-License-Identifier: Apache-2.0
//
// Reading numbers in network order out of captured bytes. The caller has checked that they are
// there.
#pragma once

#include <cstdint>
#include <cstring>

namespace yagura::capture {

inline uint16_t read_be16(const uint8_t* at) {
  uint16_t value;
  std::memcpy(&value, at, 2);
  return __builtin_bswap16(value);
}

inline uint32_t read_be32(const uint8_t* at) {
  uint32_t value;
  std::memcpy(&value, at, 4);
  return __builtin_bswap32(value);
}

// The same in the byte order of this machine.
inline uint16_t read_native16(const uint8_t* at) {
  uint16_t value;
  std::memcpy(&value, at, 2);
  return value;
}

inline uint32_t read_native32(const uint8_t* at) {
  uint32_t value;
  std::memcpy(&value, at, 4);
  return value;
}

}  // namespace yagura::capture
