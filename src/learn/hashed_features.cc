// SPDX-License-Identifier: Apache-2.0
#include "learn/hashed_features.h"

#include <xxhash.h>

#include <algorithm>
#include <bit>

namespace yagura::learn {

HashedFeatures::HashedFeatures(uint32_t columns, uint64_t seed) : columns_(columns), seed_(seed) {
  CHECK(std::has_single_bit(columns) && columns <= 1U << 22);
}

SparseEntry HashedFeatures::entry(std::string_view word) const {
  const uint64_t hash = XXH3_64bits_withSeed(word.data(), word.size(), seed_);
  return {.column = static_cast<uint32_t>(hash) & (columns_ - 1),
          .value = hash >> 63 != 0 ? -1.0F : 1.0F};
}

std::vector<SparseEntry> HashedFeatures::row(std::span<const std::string_view> words) const {
  std::vector<std::string_view> set(words.begin(), words.end());
  std::sort(set.begin(), set.end());
  set.erase(std::unique(set.begin(), set.end()), set.end());
  std::vector<SparseEntry> entries;
  entries.reserve(set.size());
  for (const std::string_view word : set) entries.push_back(entry(word));
  std::sort(entries.begin(), entries.end(),
            [](const SparseEntry& a, const SparseEntry& b) { return a.column < b.column; });
  std::vector<SparseEntry> row;
  for (const SparseEntry& next : entries) {
    if (!row.empty() && row.back().column == next.column)
      row.back().value += next.value;
    else
      row.push_back(next);
  }
  std::erase_if(row, [](const SparseEntry& summed) { return summed.value == 0; });
  return row;
}

}  // namespace yagura::learn
