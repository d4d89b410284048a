// SPDX-License-Identifier: Apache-2.0
//
// A uniform sample of bounded size from a stream of unknown length: Li's algorithm L (ACM TOMS 20,
// 1994). Each element has the same chance, and for all but some k·log(n/k) of n elements it costs
// one comparison. The seed is passed in; not for secrets. Not thread-safe.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace yagura::telescope {

template <typename Element, size_t size>
class FairSample {
 public:
  explicit FairSample(uint64_t seed) : state_(seed) { clear(); }

  // `make` gives the element, and is called only for those that are taken.
  template <typename Make>
  void add(Make make) {
    ++seen_;
    if (seen_ < next_) return;
    if (taken_.size() < size) {
      taken_.push_back(make());
      next_ = taken_.size() < size ? seen_ + 1 : seen_ + skip();
      return;
    }
    taken_[random() % size] = make();
    next_ = seen_ + skip();
  }

  const std::vector<Element>& taken() const { return taken_; }
  uint64_t seen() const { return seen_; }
  void clear() {
    taken_.clear();
    seen_ = 0;
    next_ = 1;
    weight_ = 1;
  }

 private:
  uint64_t random() {  // SplitMix64
    uint64_t x = state_ += 0x9E3779B97F4A7C15ULL;
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9ULL;
    x = (x ^ x >> 27) * 0x94D049BB133111EBULL;
    return x ^ x >> 31;
  }
  // In (0, 1).
  double unit() { return (static_cast<double>(random() >> 11) + 0.5) * 0x1p-53; }
  // How far it is to the next element that is taken.
  uint64_t skip() {
    weight_ *= std::exp(std::log(unit()) / static_cast<double>(size));
    const double skipped = std::floor(std::log(unit()) / std::log1p(-weight_));
    constexpr double never = 0x1p62;
    return skipped < never ? static_cast<uint64_t>(skipped) + 1 : uint64_t{1} << 62;
  }

  std::vector<Element> taken_;
  uint64_t seen_ = 0, next_ = 1, state_;
  double weight_ = 1;
};

}  // namespace yagura::telescope
