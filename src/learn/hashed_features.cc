// SPDX-License-Identifier: Apache-2.0
#include "learn/hashed_features.h"

#include <xxhash.h>

#include <algorithm>
#include <bit>

namespace yagura::learn {

HashedFeatures::HashedFeatures(uint32_t columns, uint64_t seed) : columns_(columns), seed_(seed) {
  CHECK(std::has_single_bit(columns) && columns >= 2 && columns <= 1U << 22);
}

SparseEntry HashedFeatures::entry(std::string_view word) const {
  return entry_of(XXH3_64bits_withSeed(word.data(), word.size(), seed_));
}

// The first bits are the column, the last one is the sign: hashes in order are columns in order.
SparseEntry HashedFeatures::entry_of(uint64_t hash) const {
  return {.column = static_cast<uint32_t>(hash >> (64 - std::countr_zero(columns_))),
          .value = (hash & 1) != 0 ? 1.0F : -1.0F};
}

std::vector<SparseEntry> HashedFeatures::row(std::span<const std::string_view> words) const {
  std::vector<uint64_t> hashes;
  hashes.reserve(words.size());
  for (const std::string_view word : words)
    hashes.push_back(XXH3_64bits_withSeed(word.data(), word.size(), seed_));
  std::sort(hashes.begin(), hashes.end());
  hashes.erase(std::unique(hashes.begin(), hashes.end()), hashes.end());
  std::vector<SparseEntry> row;
  row.reserve(hashes.size());
  for (const uint64_t hash : hashes) {
    const SparseEntry next = entry_of(hash);
    if (!row.empty() && row.back().column == next.column)
      row.back().value += next.value;
    else
      row.push_back(next);
  }
  std::erase_if(row, [](const SparseEntry& summed) { return summed.value == 0; });
  return row;
}

}  // namespace yagura::learn
