// SPDX-License-Identifier: Apache-2.0
//
// Looking for a number in a short array, a vector of 16 bytes at a time.
//
// The array must be readable up to a whole number of vectors.
//
// Pure functions; thread-safe.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace yagura::telescope {

template <typename T>
struct Vector;
template <>
struct Vector<uint16_t> {
  typedef uint16_t Type __attribute__((vector_size(16)));
};
template <>
struct Vector<uint32_t> {
  typedef uint32_t Type __attribute__((vector_size(16)));
};

// Numbers in a vector.
template <typename T>
constexpr size_t lanes = 16 / sizeof(T);

template <typename T>
typename Vector<T>::Type load_lanes(const T* values) {
  typename Vector<T>::Type out;
  std::memcpy(&out, values, sizeof out);
  return out;
}

// A vector as two numbers. Elements of a vector, not an array: that would lie in memory, and with
// it whatever the vector is computed from.
typedef uint64_t Halves __attribute__((vector_size(16)));

template <typename V>
bool any_bit(V vector) {
  const auto halves = reinterpret_cast<Halves>(vector);
  return (halves[0] | halves[1]) != 0;
}

// Fills one vector with copies of `value`.
template <typename T>
void fill_lanes(T* values, T value) {
  for (size_t i = 0; i < lanes<T>; ++i) values[i] = value;
}

// True if `value` is in the vectors that the first `count` of `values` take up.
template <typename T>
bool holds(const T* values, size_t count, T value) {
  using Lanes = typename Vector<T>::Type;
  const Lanes wanted = value - Lanes{};
  Lanes found{};
  for (size_t i = 0; i < count; i += lanes<T>)
    found |= reinterpret_cast<Lanes>(load_lanes(values + i) == wanted);
  return any_bit(found);
}

// The same of up to four values at once: bit i of the answer for the i-th.
template <typename T>
unsigned holds_each(const T* values, size_t count, const std::array<T, 4>& wanted) {
  using Lanes = typename Vector<T>::Type;
  const Lanes a = wanted[0] - Lanes{}, b = wanted[1] - Lanes{}, c = wanted[2] - Lanes{},
              d = wanted[3] - Lanes{};
  Lanes in_a{}, in_b{}, in_c{}, in_d{};
  for (size_t i = 0; i < count; i += lanes<T>) {
    const Lanes have = load_lanes(values + i);
    in_a |= reinterpret_cast<Lanes>(have == a);
    in_b |= reinterpret_cast<Lanes>(have == b);
    in_c |= reinterpret_cast<Lanes>(have == c);
    in_d |= reinterpret_cast<Lanes>(have == d);
  }
  const auto bit = [](Lanes found, unsigned i) { return (any_bit(found) ? 1U : 0U) << i; };
  return bit(in_a, 0) | bit(in_b, 1) | bit(in_c, 2) | bit(in_d, 3);
}

// The place of the first of `values` that is `value` where `mask` has bits, in the vectors that the
// first `count` take up; `count` if there is none.
inline size_t find_masked(const uint32_t* values, size_t count, uint32_t value, uint32_t mask) {
  using Lanes = Vector<uint32_t>::Type;
  const Lanes wanted = value - Lanes{};
  for (size_t i = 0; i < count; i += lanes<uint32_t>) {
    const auto halves = reinterpret_cast<Halves>((load_lanes(values + i) & mask) == wanted);
    if (halves[0] != 0) return i + static_cast<size_t>(std::countr_zero(halves[0])) / 32;
    if (halves[1] != 0) return i + 2 + static_cast<size_t>(std::countr_zero(halves[1])) / 32;
  }
  return count;
}

}  // namespace yagura::telescope
