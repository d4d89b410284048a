// SPDX-License-Identifier: Apache-2.0
//
// Counts of many values in little memory: 256 neighbouring counts take as many bytes each as the
// largest of them needs, and none where all are 0; where most are 0 a bit tells which are not.
// Adding all of them to an array of sums costs a nanosecond a count or less. Not thread-safe while
// it changes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace yagura::telescope {

class PackedCounts {
 public:
  static constexpr size_t block_size = 256;
  static constexpr size_t most_blocks = 65'536;  // that can be written

  // Adds to the counts at block * block_size and after; no more than block_size of them.
  void add(size_t block, std::span<const int64_t> counts);
  // Adds counts as write_to has written them. Bytes that are none are an error; some of the counts
  // may have been added then.
  Result<void> add_written(std::string bytes);
  // Appends the counts. For each block with any: its number (2 bytes, the lowest first), how many
  // counts less 1 (1 byte), their width in bytes (1 byte; bit 7: sparse), if sparse a bit for each
  // of 256 counts that tells which are there, and the counts (width 8 with a sign), the lowest byte
  // first. Blocks may come in any order, and more than once, and add up then.
  void write_to(std::string& out) const;
  // Gives back what growing has left over.
  void shrink();

  // Adds every count to the sum at its place; `sums` reach to end().
  void add_to(std::span<int64_t> sums) const;
  int64_t operator[](size_t index) const;
  // What lies at and after it is 0; no more than a block above the last that is not.
  size_t end() const;
  size_t bytes() const;  // of memory, beside the object itself

 private:
  struct Place {
    uint32_t begin = 0;   // in bytes_
    uint16_t count = 0;   // of counts there; 0: all are 0
    uint8_t width = 0;    // bytes of a count: 1, 2, 4, or 8 with a sign
    bool sparse = false;  // a bit for each of the block is in front, the counts are those above 0
  };
  template <typename T>
  void append(std::span<const int64_t> counts);
  void append_narrowest(Place& place, std::span<const int64_t> counts);
  static size_t size_of(const Place& place);  // bytes of its bits and counts
  static void unpack(const Place& place, const uint8_t* bytes, int64_t* sums);
  // Adds the block that lies at `place` in bytes_.
  void add_block(size_t block, const Place& place);
  const uint8_t* at(size_t begin) const {
    return reinterpret_cast<const uint8_t*>(bytes_.data()) + begin;
  }

  std::vector<Place> places_;  // by block
  std::string bytes_;          // what was written is taken over as it is, headers and all
};

}  // namespace yagura::telescope
