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

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "telescope/arena.h"

namespace yagura::telescope {

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

  // As it lies in memory.
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
  size_t used_bytes() const;
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
  // Turns an array into a bitmap if that takes no more room. It may only after the array has grown.
  void settle(Arena& arena);
  bool finish_array(Arena& arena);

  // Up to two values: they are a_ and b_ (a_ < b_), and kind_ their number. Else a_ is the block
  // and b_ the number of values; kind_ says which array it is, or the bitmap's size as a power of
  // two.
  uint32_t a_ = 0, b_ = 0;
  uint8_t kind_ = 0;
};
static_assert(sizeof(AddressSet) == 12);

}  // namespace yagura::telescope
