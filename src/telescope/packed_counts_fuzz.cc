// SPDX-License-Identifier: Apache-2.0
//
// Counts as the store holds them: bytes that are none are refused; others are the same again when
// they are written and read once more.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "telescope/packed_counts.h"

using namespace yagura::telescope;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  PackedCounts counts;
  if (!counts.add_written(std::string(reinterpret_cast<const char*>(data), size))) return 0;
  if (counts.end() > 100'000) return 0;  // a few bytes can stand for 16 M counts
  std::vector<int64_t> sums(counts.end());
  counts.add_to(sums);
  std::string written;
  counts.write_to(written);
  PackedCounts again;
  CHECK(again.add_written(written).has_value());
  for (size_t index = 0; index < sums.size(); ++index) {
    CHECK(counts[index] == sums[index]);
    CHECK(again[index] == sums[index]);
  }
  return 0;
}
