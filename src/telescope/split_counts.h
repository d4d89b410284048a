// SPDX-License-Identifier: Apache-2.0
//
// Counts by index, packed, those of survey scanners apart.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "telescope/packed_counts.h"
#include "telescope/tables_numbers.h"

namespace yagura::telescope {

struct SplitCounts {
  std::array<PackedCounts, 2> counts;  // of what is no survey scanner, and of what is one

  int64_t at(Survey survey, size_t index) const;
  size_t bytes() const;
};

// Adds up counts that come in any order.
class SplitCountsBuilder {
 public:
  void add(size_t survey, size_t index, int64_t count);
  SplitCounts take() const;

 private:
  std::array<std::vector<int64_t>, 2> counts_;  // whole blocks of PackedCounts
};

}  // namespace yagura::telescope
