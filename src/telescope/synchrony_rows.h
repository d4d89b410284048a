// SPDX-License-Identifier: Apache-2.0
//
// What the store holds of a sensor's windows of ten minutes: the rows that they are judged from,
// and whether these are still what they were. Rows go by age, by the day on which they were stored,
// so that they may be missing anywhere.
//
// Plain functions; a Connection belongs to one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "store/engine.h"
#include "telescope/rows.h"
#include "telescope/synchrony_judge.h"

namespace yagura::telescope {

// Of the twelve slots of a window that was observed, in so many a host probed. A pause of a capture
// up to Telescope's coverage_gap is none by the ledger, and as long as a window: what is left of
// one would be judged as if hosts had been silent. Three quarters: a telescope that hears no more
// than two SYNs in 50 s on average is still judged nearly always.
inline constexpr size_t observed_slots = 9;

// Rows of a stretch of time.
struct StoredRows {
  struct Totals {
    SynchronyTotals sum;
    size_t halves = 0;  // of the window, that have totals
  };
  std::vector<SynchronyRow> rows;     // rising
  std::map<uint32_t, Totals> totals;  // by window

  // Those of a part of it, [from, until).
  std::span<const SynchronyRow> of(uint32_t from, uint32_t until) const;
  // None: they were not kept then, or not for the whole window.
  std::optional<SynchronyTotals> totals_of(uint32_t window) const;
  bool observed(uint32_t window) const;
};
Result<StoredRows> read_rows(store::Connection& reader, uint16_t sensor, uint32_t from,
                             uint32_t until);

struct KeptWindow {
  size_t slots = 0;      // with rows
  uint64_t packets = 0;  // of the rows
  uint64_t total_packets = 0;

  bool observed() const { return slots >= observed_slots; }
};
// Those with rows from `from` on, by time.
Result<std::map<uint32_t, KeptWindow>> kept_windows(store::Connection& reader, uint16_t sensor,
                                                    uint32_t from);

}  // namespace yagura::telescope
