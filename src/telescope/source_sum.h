// SPDX-License-Identifier: Apache-2.0
//
// Adds up the rows that one source has in several stretches of time.
//
// Buffers are used again from source to source. Not thread-safe.
#pragma once

#include <span>
#include <vector>

#include "telescope/source_row.h"

namespace yagura::telescope {

class SourceSum {
 public:
  // The sum of `parts`, which are rows of the same source, classes rising in each; one part is its
  // own sum. Valid until the next call and as long as `parts` are.
  std::span<const SourceRow> of(std::span<const std::span<const SourceRow>> parts);

 private:
  // What the summed rows point to: their arrays, one row behind the other.
  struct Arrays {
    std::vector<uint16_t> ports;
    std::vector<uint32_t> port_packets;
    std::vector<Mark> marks;
    std::vector<uint32_t> mark_packets;
    std::vector<uint32_t> dark;
    void clear();
  };
  struct Sizes {
    size_t ports, marks, dark;
  };

  void add_up_class();
  void add_up_classes(std::span<const std::span<const SourceRow>> parts);

  std::vector<const SourceRow*> same_class_;
  std::vector<size_t> at_;  // next row of each part
  std::vector<SourceRow> rows_;
  std::vector<Sizes> sizes_;
  Arrays sum_, scratch_;
};

}  // namespace yagura::telescope
