// SPDX-License-Identifier: Apache-2.0
//
// The mean of the last so many values of a series. A value; not thread-safe.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"

namespace yagura::learn {

// No series has seen more; a saved state that says so is damaged, and would wrap to nothing seen.
inline constexpr uint64_t most_seen = uint64_t{1} << 62;

template <size_t Width>
class MovingMean {
 public:
  // The mean of the last `Width` values, or of all while there are fewer.
  double add(double value) {
    values_[seen_++ % Width] = value;
    // Added up anew: a running sum would depend on all that went before, and err by it.
    const auto count = static_cast<size_t>(std::min<uint64_t>(seen_, Width));
    double sum = 0;
    for (size_t i = 0; i < count; ++i) sum += values_[i];
    return sum / static_cast<double>(count);
  }
  bool full() const { return seen_ >= Width; }

  void save(ByteWriter& out) const {
    out.put(seen_);
    for (const double value : values_) out.put(value);
  }
  // Fails if a value is no number or of a magnitude above `largest`, or the count impossible.
  Result<void> load(ByteReader& in, double largest) {
    seen_ = in.get<uint64_t>();
    bool sound = seen_ <= most_seen;
    for (double& value : values_) {
      value = in.get<double>();
      sound &= std::abs(value) <= largest;  // false for NaN
    }
    if (!in.ok() || !sound) return failure("the state of a moving mean is damaged");
    return {};
  }

 private:
  std::array<double, Width> values_{};
  uint64_t seen_ = 0;
};

}  // namespace yagura::learn
