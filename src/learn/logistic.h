// SPDX-License-Identifier: Apache-2.0
//
// 1 / (1 + e^-x), the same on every machine: a C library's exp may differ in its last bit from
// processor to processor. Pure.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace yagura::learn {

// 1 / k!, for k from 0 to 13.
constexpr auto inverse_factorials = [] {
  std::array<double, 14> result{1};
  double factorial = 1;
  for (size_t k = 1; k < result.size(); ++k) result[k] = 1 / (factorial *= static_cast<double>(k));
  return result;
}();

// e^x for |x| <= 100, to a relative error below 1e-14: 2^n times the Taylor series of what is left,
// which is at most ln 2 / 2.
constexpr double exponential(double x) {
  constexpr double ln2_high = 0x1.62e42fefap-1, ln2_low = 0x1.cf79abc9e3b39p-40;  // their sum: ln 2
  const double whole = x * 0x1.71547652b82fep0;                                   // x / ln 2
  const auto n = static_cast<int64_t>(whole < 0 ? whole - 0.5 : whole + 0.5);
  const double rest = (x - static_cast<double>(n) * ln2_high) - static_cast<double>(n) * ln2_low;
  double sum = 0;
  for (size_t k = inverse_factorials.size(); k-- > 0;) sum = sum * rest + inverse_factorials[k];
  return sum * std::bit_cast<double>(static_cast<uint64_t>(1023 + n) << 52);
}

// Of no number 0.5, which says nothing: huge weights of a network may sum up to infinities that
// cancel each other.
constexpr float logistic(float x) {
  if (x != x) return 0.5F;
  return static_cast<float>(1 / (1 + exponential(std::clamp(-double{x}, -100.0, 100.0))));
}

}  // namespace yagura::learn
