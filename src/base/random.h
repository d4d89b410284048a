// SPDX-License-Identifier: Apache-2.0
//
// Randomness that is the same on every machine: no state but a number.
//
// Random is SplitMix64 (Steele, Lea, Flood 2014). Permutation is a keyed bijection of [0, size):
// what lets the generator deal out millions of distinct addresses, or every packet exactly once,
// without a table of those it has given away. Neither is for secrets. Values, hence thread-safe.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "base/result.h"

namespace yagura {

// The finalizer of SplitMix64: every bit of the result depends on every bit of `x`.
constexpr uint64_t mix(uint64_t x) {
  x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ x >> 27) * 0x94D049BB133111EBULL;
  return x ^ x >> 31;
}

// A seed for the `index`-th of many independent streams.
constexpr uint64_t derive(uint64_t seed, uint64_t index) {
  return mix(seed ^ mix(index + 0x9E3779B97F4A7C15ULL));
}

class Random {
 public:
  constexpr explicit Random(uint64_t seed) : state_(seed) {}

  constexpr uint64_t next() { return mix(state_ += 0x9E3779B97F4A7C15ULL); }
  constexpr uint32_t bits32() { return static_cast<uint32_t>(next() >> 32); }
  constexpr uint16_t bits16() { return static_cast<uint16_t>(next() >> 48); }
  // 0 to `limit` - 1; `limit` > 0. The bias, at most limit / 2^32, is of no matter here.
  constexpr uint32_t below(uint32_t limit) {
    return static_cast<uint32_t>(uint64_t{bits32()} * limit >> 32);
  }
  // `first` to `last`, both included.
  constexpr uint16_t between(uint16_t first, uint16_t last) {
    return static_cast<uint16_t>(first + below(uint32_t{last} - first + 1));
  }
  constexpr bool one_in(uint32_t limit) { return below(limit) == 0; }
  // In [0, 1), a multiple of 2^-53: exact, so the same on every machine.
  constexpr double unit() { return static_cast<double>(next() >> 11) * 0x1p-53; }

 private:
  uint64_t state_;
};

class Permutation {
 public:
  constexpr Permutation() = default;
  // `size` > 0.
  constexpr Permutation(uint64_t size, uint64_t seed)
      : size_(size), bits_(size > 1 ? static_cast<int>(std::bit_width(size - 1)) : 1) {
    Random random(seed);
    for (Round& round : rounds_) round = {random.next() | 1, random.next()};
  }

  constexpr uint64_t size() const { return size_; }
  // The place of `x` < size(). Walks the cycle of a bijection of the next power of two until it
  // is back inside: fewer than two steps on average.
  constexpr uint64_t operator()(uint64_t x) const {
    do x = scramble(x);
    while (x >= size_);
    return x;
  }

 private:
  struct Round {
    uint64_t factor = 1, summand = 0;
  };

  // Each step can be undone: an odd factor modulo 2^bits, a sum, and a shift-xor.
  constexpr uint64_t scramble(uint64_t x) const {
    const uint64_t mask = ~uint64_t{0} >> (64 - bits_);
    for (const Round& round : rounds_) {
      x = (x * round.factor + round.summand) & mask;
      x ^= x >> (bits_ + 1) / 2;
    }
    return x;
  }

  uint64_t size_ = 1;
  int bits_ = 1;
  std::array<Round, 4> rounds_{};
};

}  // namespace yagura
