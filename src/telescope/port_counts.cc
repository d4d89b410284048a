// SPDX-License-Identifier: Apache-2.0
#include "telescope/port_counts.h"

#include <algorithm>
#include <new>
#include <numeric>
#include <type_traits>

namespace yagura::telescope {

// calloc gives pages that are zero without having been written: those that stay untouched are none.
PortCounts::PortCounts() : counts_(static_cast<Count*>(std::calloc(port_space, sizeof(Count)))) {
  static_assert(std::is_trivially_copyable_v<Count>);
  if (counts_ == nullptr) throw std::bad_alloc();
}

void PortCounts::clear(size_t stretch) {
  touched_[stretch] = false;
  std::fill_n(counts_.get() + stretch * stretch_ports, stretch_ports, Count());
}

// A radix sort by key, least significant digit first, then a walk that adds up equal keys.
void SurveyPorts::add_up() {
  constexpr unsigned digit_bits = 12;
  constexpr size_t digits = size_t{1} << digit_bits;
  static_assert(key_bits % digit_bits == 0);
  const auto before = [](const Note& a, const Note& b) { return a.key < b.key; };
  if (!std::is_sorted(notes_.begin(), notes_.end(), before)) {
    swap_.resize(notes_.size());
    for (unsigned shift = 0; shift < key_bits; shift += digit_bits) {
      std::array<uint32_t, digits> start{};
      for (const Note& note : notes_) ++start[note.key >> shift & (digits - 1)];
      std::exclusive_scan(start.begin(), start.end(), start.begin(), 0u);
      for (const Note& note : notes_) swap_[start[note.key >> shift & (digits - 1)]++] = note;
      notes_.swap(swap_);
    }
  }
  size_t kept = 0;
  for (const Note& note : notes_) {
    if (kept > 0 && notes_[kept - 1].key == note.key) {
      notes_[kept - 1].count.packets += note.count.packets;
      notes_[kept - 1].count.hosts += note.count.hosts;
    } else {
      notes_[kept++] = note;
    }
  }
  notes_.resize(kept);
  limit_ = std::max(notes_max, kept * 2);
}

void SurveyPorts::clear() {
  notes_.clear();
  limit_ = notes_max;
}

}  // namespace yagura::telescope
