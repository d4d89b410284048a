// SPDX-License-Identifier: Apache-2.0
//
// Any bytes: decode_native either refuses them or gives a block whose every value can be shown.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "store/block.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto block = yagura::store::decode_native({reinterpret_cast<const char*>(data), size});
  if (!block) return 0;
  for (const auto& column : block->columns) {
    for (size_t row = 0; row < block->rows; ++row) {
      static_cast<void>(column.text_at(row));
      static_cast<void>(column.json_at(row));
    }
  }
  return 0;
}
