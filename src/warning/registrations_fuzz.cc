// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "warning/registrations.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace yagura;
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  if (const auto read = warning::read_registrations(text)) {
    CHECK(!read->empty());
    for (const state::Registration& registration : *read)
      CHECK(!registration.live.empty() || !registration.dark.empty());
  }
  return 0;
}
