// SPDX-License-Identifier: Apache-2.0
//
// Sums of many values, and the greatest of them.
#pragma once

#include <cstdint>
#include <vector>

#include "telescope/vocabulary.h"

namespace yagura::telescope {

// Packets of a value, or its hosts added up over the buckets of one level.
struct ValueSum {
  Dimension dimension = Dimension::total;
  uint32_t value = 0;
  int64_t sum = 0;
};
using ValueSums = std::vector<ValueSum>;

// Those above 0, the greatest first, equal ones in order of dimension and value; without the first
// `offset` and no more than `limit`.
ValueSums leading(ValueSums sums, uint64_t offset, uint64_t limit);

}  // namespace yagura::telescope
