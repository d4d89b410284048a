// SPDX-License-Identifier: Apache-2.0
//
// Exact sets of small numbers (positions of dark addresses, ports) by the million.
//
// Most sources touch one or two dark addresses, some a few dozen, a few touch all. So a set is 12
// bytes that hold up to two values themselves, then point to an array, then, when that would take
// no less room, to a bitmap over a power of two (at most 2^24) of values. The values of an array
// take two bytes each as long as all are below 65,536, as positions in a /16 are, else four.
//
// Arrays are in no order: to look through all of a short one, a vector of values at a time, costs
// less than a search, whose every step may be mispredicted and wait for memory, and a new value
// is added at the end and moves no other. Only long arrays of four bytes rise.
//
// Arrays and bitmaps lie in an Arena shared by all sets of an analyser.
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

// Blocks of 16 bytes times a power of two or three times one, out of chunks of 1 MiB; a released
// block is used again for the next one of its size. A block is named by a number, so that names
// stay small; it does not move until it is released.
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
    return reinterpret_cast<T*>(
        reinterpret_cast<std::byte*>(chunks_[block >> block_bits].data.get()) +
        (block & block_mask) * unit);
  }
  // Asks for the first `bytes` of a block, or its first four cache lines. Inlined by force, like
  // its callers: GCC takes a function that only prefetches for one without effect and drops calls.
  [[gnu::always_inline]] void prefetch(Block block, size_t bytes) const {
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
  static constexpr size_t classes = 2 * block_bits + 1;  // 16 bytes to one chunk
  static constexpr size_t line = 64;                     // of cache
  static constexpr Block none = ~Block{0};

  struct alignas(line) Line {
    std::array<std::byte, line> bytes;
  };
  struct Chunk {
    std::unique_ptr<Line[]> data;
    size_t size = 0;
  };

  static size_t class_of(size_t size);
  uint32_t add_chunk(size_t bytes);
  void push_free(size_t size_class, Block block);
  void leave(size_t bytes);

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
  [[gnu::always_inline]] void prefetch(const Arena& arena) const {
    if (kind_ == short_array) arena.prefetch(a_, size_t{b_} * 2);
    if (kind_ == long_array) arena.prefetch(a_, size_t{b_} * 4);
  }

  // Saved are rising values of four bytes, or the bitmap.
  void save(const Arena& arena, ByteWriter& out) const;
  // False if the bytes are not a saved set; it is then empty.
  bool load(Arena& arena, ByteReader& in);

 private:
  static constexpr uint8_t long_array = 3;   // of four bytes, rising once it is past `unordered`
  static constexpr uint8_t short_array = 4;  // of two bytes
  static constexpr uint8_t smallest_bitmap = 7;  // 2^7 bits fill the smallest block
  static constexpr uint8_t largest_bitmap = 24;
  static constexpr uint32_t short_values = 1U << 16;
  static constexpr uint32_t unordered = 512;

  bool is_bitmap() const { return kind_ >= smallest_bitmap; }
  size_t block_bytes() const;
  void add_few(Arena& arena, std::span<const uint32_t> values);
  void add_third(Arena& arena, uint32_t value);
  void add_many(Arena& arena, std::span<const uint32_t> values);
  void add_to_bitmap(Arena& arena, std::span<const uint32_t> values);
  void add_to_short(Arena& arena, std::span<const uint32_t> values);
  void insert(Arena& arena, uint32_t value);
  void merge(Arena& arena, std::span<const uint32_t> values);
  template <typename T>
  void add_to_array(Arena& arena, std::span<const uint32_t> values);
  template <typename T>
  void append(Arena& arena, std::span<const T> values);
  template <typename T>
  bool grow(Arena& arena, uint32_t count);
  // Gives an empty set the array of `values`, which rise.
  void to_array(Arena& arena, std::span<const uint32_t> values);
  void widen(Arena& arena);
  // The values, rising.
  std::vector<uint32_t> values(const Arena& arena) const;
  // Turns an array into a bitmap if that takes no more room. It may only after the array has grown.
  void settle(Arena& arena);

  // Up to two values: they are a_ and b_ (a_ < b_), and kind_ their number. Else a_ is the block
  // and b_ the number of values; kind_ says which array it is, or the bitmap's size as a power of
  // two.
  uint32_t a_ = 0, b_ = 0;
  uint8_t kind_ = 0;
};
static_assert(sizeof(AddressSet) == 12);

}  // namespace yagura::telescope
