// SPDX-License-Identifier: Apache-2.0
#include "telescope/as_tally.h"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>

namespace yagura::telescope {

// A radix sort by number, least significant digit first, then a merge with the sums so far.
void AsTally::add_up() {
  if (notes_.empty()) return;
  constexpr unsigned digit_bits = 11;
  constexpr uint32_t digits = 1u << digit_bits;
  uint32_t largest = 0;
  for (const Note& note : notes_) largest = std::max(largest, note.asn);
  swap_.resize(notes_.size());
  for (unsigned shift = 0; shift < static_cast<unsigned>(std::bit_width(largest));
       shift += digit_bits) {
    std::array<uint32_t, digits> start{};
    for (const Note& note : notes_) ++start[note.asn >> shift & (digits - 1)];
    std::exclusive_scan(start.begin(), start.end(), start.begin(), 0u);
    for (const Note& note : notes_) swap_[start[note.asn >> shift & (digits - 1)]++] = note;
    notes_.swap(swap_);
  }
  merged_.clear();
  auto old = sums_.begin();
  for (size_t from = 0; from < notes_.size();) {
    const uint32_t asn = notes_[from].asn;
    while (old != sums_.end() && old->first < asn) merged_.push_back(*old++);
    if (old != sums_.end() && old->first == asn)
      merged_.push_back(*old++);
    else
      merged_.push_back({asn, {}});
    ClassCounts& counts = merged_.back().second;
    for (; from < notes_.size() && notes_[from].asn == asn; ++from) {
      const Note& note = notes_[from];
      add_class(counts, note.class_, note.packets, note.sign, note.first, note.first_scan);
    }
  }
  merged_.insert(merged_.end(), old, sums_.end());
  sums_.swap(merged_);
  notes_.clear();
}

}  // namespace yagura::telescope
