// SPDX-License-Identifier: Apache-2.0
//
// Exact sets of small numbers (positions of dark addresses, ports) by the million.
//
// Most sources touch one or two dark addresses, some a few dozen, a few touch all. So a set is 12
// bytes that hold up to two values themselves, then point to a sorted array, then, when that would
// take no less room, to a bitmap over a power of two (at most 2^24) of values. Arrays and bitmaps
// lie in an Arena shared by all sets of an analyser.
//
// Not thread-safe.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/bytes.h"

namespace yagura::telescope {

// Blocks of powers of two, from 16 bytes, out of chunks of 1 MiB; a released block is used again
// for the next one of its size. A block is named by a number, so that names stay small; it does not
// move until it is released.
class Arena {
 public:
  using Block = uint32_t;

  Arena() = default;
  Arena(Arena&&) = default;
  Arena& operator=(Arena&&) = default;

  // A block of at least `bytes`, its content undefined.
  Block allocate(size_t bytes);
  // `bytes` as given to allocate().
  void release(Block block, size_t bytes);

  template <typename T>
  T* at(Block block) const {
    return reinterpret_cast<T*>(chunks_[block >> block_bits].data.get() +
                                (block & block_mask) * unit);
  }
  // Asks for the first `bytes` of a block, or its first four cache lines.
  void prefetch(Block block, size_t bytes) const {
    const auto* data = at<std::byte>(block);
    for (size_t i = 0; i < std::min<size_t>(bytes, 256); i += 64) __builtin_prefetch(data + i, 1);
  }

  static size_t rounded(size_t bytes);
  size_t live_bytes() const { return live_; }    // of the blocks handed out
  size_t memory_bytes() const { return held_; }  // of the chunks

 private:
  static constexpr size_t unit = 16;
  static constexpr unsigned block_bits = 16;
  static constexpr uint32_t block_mask = (1U << block_bits) - 1;
  static constexpr size_t chunk_bytes = unit << block_bits;
  static constexpr size_t classes = block_bits + 1;  // 16 bytes to one chunk
  static constexpr Block none = ~Block{0};

  struct Chunk {
    std::unique_ptr<std::byte[]> data;
    size_t size = 0;
  };

  uint32_t add_chunk(size_t bytes);
  void push_free(size_t size_class, Block block);

  std::vector<Chunk> chunks_;
  std::vector<uint32_t> free_slots_;  // of chunks_, left by blocks larger than a chunk
  // Heads of the free lists; a free block's first bytes name the next.
  std::array<Block, classes> free_ = [] {
    std::array<Block, classes> heads;
    heads.fill(none);
    return heads;
  }();
  uint32_t chunk_ = 0;         // the chunk that new blocks are cut from
  size_t used_ = chunk_bytes;  // of it
  size_t live_ = 0;
  size_t held_ = 0;
};

// Where `value` belongs in `values`, which rise. Short arrays of random values: a search whose
// every step may go wrong would cost more in mispredicted branches than in comparisons.
inline size_t place_of(const uint32_t* values, size_t count, uint32_t value) {
  if (count == 0) return 0;
  const uint32_t* base = values;
  for (size_t half; count > 1; count -= half) {
    half = count / 2;
    base += half & (size_t{0} - static_cast<size_t>(base[half - 1] < value));
  }
  return static_cast<size_t>(base - values) + (*base < value ? 1 : 0);
}

// True if an array of `count` words fills its block.
constexpr bool block_full(uint32_t count) { return count >= 4 && std::has_single_bit(count); }

// Trivially copyable, so that it can lie in a record that is moved about: whoever drops the last
// copy calls clear().
class AddressSet {
 public:
  // Adds `values`, which it sorts.
  void add(Arena& arena, std::span<uint32_t> values);
  // Adds `values`, which rise.
  void add_rising(Arena& arena, std::span<const uint32_t> values);
  uint32_t size() const { return kind_ <= 2 ? kind_ : b_; }
  bool contains(const Arena& arena, uint32_t value) const;
  void clear(Arena& arena);

  // Moves what the set holds from one arena to another.
  void move(Arena& from, Arena& to);
  void prefetch(const Arena& arena) const {
    if (kind_ == array_kind) arena.prefetch(a_, size_t{b_} * 4);
  }

  void save(const Arena& arena, ByteWriter& out) const;
  // False if the bytes are not a saved set; it is then empty.
  bool load(Arena& arena, ByteReader& in);

 private:
  static constexpr uint8_t array_kind = 3;
  static constexpr uint8_t smallest_bitmap = 7;  // 2^7 bits fill the smallest block
  static constexpr uint8_t largest_bitmap = 24;

  size_t block_bytes() const;
  void add_one(Arena& arena, uint32_t value);
  void add_to_bitmap(Arena& arena, std::span<const uint32_t> values);
  void add_to_array(Arena& arena, std::span<const uint32_t> values);
  void insert(Arena& arena, uint32_t value);
  void merge(Arena& arena, std::span<const uint32_t> fresh);
  void grow_array(Arena& arena, uint32_t count);
  void to_array(Arena& arena);
  // Turns an array into a bitmap if that takes no more room. It may only after the array has grown.
  void settle(Arena& arena);

  // Up to two values: they are a_ and b_ (a_ < b_), and kind_ their number. Else a_ is the block
  // and b_ the number of values; kind_ says whether it is an array, or the bitmap's size as a power
  // of two.
  uint32_t a_ = 0, b_ = 0;
  uint8_t kind_ = 0;
};
static_assert(sizeof(AddressSet) == 12);

}  // namespace yagura::telescope
