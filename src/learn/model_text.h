// SPDX-License-Identifier: Apache-2.0
//
// How a fitted model is kept: a header that says what it is, its bytes, and a checksum over both.
//
//   "yagura model\n"   12 letters and a line end
//   kind               text (length, bytes): "isolation forest", "network", …
//   version            uint32, of that kind's bytes
//   size               uint64, of the bytes that follow
//   bytes              as the kind writes them (base/bytes.h)
//   checksum           XXH3, 128 bits, over all that stands before
//
// The checksum finds damage, not malice: whoever can write the file can write another model. What
// is loaded is bounded and checked by each kind. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace yagura::learn {

std::string seal_model(std::string_view kind, uint32_t version, std::string_view bytes);

// The bytes that were sealed, a view into `model`. Fails if `model` is damaged, of another kind, or
// of another version than `version`, and says which.
Result<std::string_view> unseal_model(std::string_view model, std::string_view kind,
                                      uint32_t version);

}  // namespace yagura::learn
