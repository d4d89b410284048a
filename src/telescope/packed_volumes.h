// SPDX-License-Identifier: Apache-2.0
//
// Packets and hosts of many values or of many buckets, packed: by index, and those of survey
// scanners apart.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "telescope/packed_counts.h"
#include "telescope/tables_numbers.h"

namespace yagura::telescope {

struct PackedVolumes {
  std::array<PackedCounts, 2> packets, hosts;  // of what is no survey scanner, and of what is one

  int64_t at(Survey survey, RankOrder measure, size_t index) const;
  size_t bytes() const;
  void shrink();
};

// Adds up volumes that come in any order. Its memory is used again for the next ones.
class VolumesBuilder {
 public:
  void add(size_t survey, size_t index, int64_t packets, int64_t hosts);
  // Hands out what was added, and starts again with nothing.
  PackedVolumes take();

 private:
  std::array<std::vector<int64_t>, 2> packets_, hosts_;
};

}  // namespace yagura::telescope
