// SPDX-License-Identifier: Apache-2.0
//
// For fuzz targets of our own files: bytes that a fuzzer chose, as edits of a sound file. The file
// is made anew by each run, so that no stored input has to follow a change of its format.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace yagura {

// Each edit is four bytes: what to do, the offset (16 bits, little-endian), and a value.
inline std::string edited(std::string bytes, std::span<const uint8_t> edits) {
  for (; edits.size() >= 4 && !bytes.empty(); edits = edits.subspan(4)) {
    const size_t at = (edits[1] + size_t{256} * edits[2]) % bytes.size();
    const auto value = static_cast<char>(edits[3]);
    switch (edits[0] % 8) {
      case 0:
        bytes.resize(at);
        break;
      case 1:
        bytes.insert(at, edits[3] % 16 + 1, '\0');
        break;
      case 2:
        bytes.erase(at, edits[3] % 16 + 1);
        break;
      case 3:  // a little more or less: lengths, counts, orders
        bytes[at] = static_cast<char>(bytes[at] + value);
        break;
      default:
        bytes[at] = value;
        break;
    }
  }
  return bytes;
}

}  // namespace yagura
