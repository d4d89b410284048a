// SPDX-License-Identifier: Apache-2.0
#include "telescope/split_counts.h"

#include <algorithm>
#include <span>

namespace yagura::telescope {

int64_t SplitCounts::at(Survey survey, size_t index) const {
  return (survey != Survey::only ? counts[0][index] : 0) +
         (survey != Survey::without ? counts[1][index] : 0);
}

size_t SplitCounts::bytes() const { return counts[0].bytes() + counts[1].bytes(); }

void SplitCountsBuilder::add(size_t survey, size_t index, int64_t count) {
  std::vector<int64_t>& counts = counts_[survey];
  const size_t blocks = index / PackedCounts::block_size + 1;
  counts.resize(std::max(counts.size(), blocks * PackedCounts::block_size));
  counts[index] += count;
}

SplitCounts SplitCountsBuilder::take() const {
  constexpr size_t size = PackedCounts::block_size;
  SplitCounts split;
  for (size_t survey = 0; survey < counts_.size(); ++survey) {
    const std::span<const int64_t> counts = counts_[survey];
    for (size_t block = 0; block * size < counts.size(); ++block)
      split.counts[survey].add(block, counts.subspan(block * size, size));
    split.counts[survey].shrink();
  }
  return split;
}

}  // namespace yagura::telescope
