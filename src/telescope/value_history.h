// SPDX-License-Identifier: Apache-2.0
//
// Histories: what the numbers say of one value of a dimension through time, in one class or in
// every class. They are read and kept stretch by stretch.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "store/engine.h"
#include "telescope/number_sheets.h"
#include "telescope/split_counts.h"
#include "telescope/tables_numbers.h"

namespace yagura::telescope {

// Buckets of a stretch. Stretches begin at multiples of their length since 1970.
inline constexpr int64_t buckets_of_stretch = 64;
Duration stretch_length(Level level);

struct HistoryKind {
  Level level = Level::day;
  SheetKind of;  // in all classes, if that is any
  RankOrder measure = RankOrder::packets;
};

class History {
 public:
  // `stretches` follow each other from the one that begins at `begin`.
  History(Level level, Timestamp begin, std::vector<std::shared_ptr<const SplitCounts>> stretches)
      : level_(level), begin_(begin), stretches_(std::move(stretches)) {}

  // Of the bucket that starts at `time`; 0 outside of the stretches.
  int64_t at(Survey survey, PacketClass class_, Timestamp time) const;

 private:
  Level level_;
  Timestamp begin_;
  std::vector<std::shared_ptr<const SplitCounts>> stretches_;
};

// The histories of values of a dimension through stretches that follow each other from `begin`:
// first all stretches of the first value.
Result<std::vector<std::shared_ptr<const SplitCounts>>> read_histories(
    store::Connection& connection, const HistoryKind& kind, std::span<const uint32_t> values,
    Timestamp begin, size_t stretches);

}  // namespace yagura::telescope
