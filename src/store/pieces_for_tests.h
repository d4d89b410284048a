// SPDX-License-Identifier: Apache-2.0
//
// For tests of what takes a block in pieces.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace yagura::store {

inline std::string joined(std::span<const std::string_view> pieces) {
  std::string whole;
  for (const std::string_view piece : pieces) whole += piece;
  return whole;
}

}  // namespace yagura::store
