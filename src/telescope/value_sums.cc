// SPDX-License-Identifier: Apache-2.0
#include "telescope/value_sums.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace yagura::telescope {

ValueSums leading(ValueSums sums, uint64_t offset, uint64_t limit) {
  std::erase_if(sums, [](const ValueSum& sum) { return sum.sum <= 0; });
  const auto rank = [](const ValueSum& sum) {
    return std::tuple(-sum.sum, sum.dimension, sum.value);
  };
  const auto first = static_cast<std::ptrdiff_t>(std::min<uint64_t>(offset, sums.size()));
  const auto end = first + static_cast<std::ptrdiff_t>(std::min<uint64_t>(
                               limit, sums.size() - static_cast<uint64_t>(first)));
  std::partial_sort(sums.begin(), sums.begin() + end, sums.end(),
                    [&](const ValueSum& a, const ValueSum& b) { return rank(a) < rank(b); });
  return {sums.begin() + first, sums.begin() + end};
}

}  // namespace yagura::telescope
