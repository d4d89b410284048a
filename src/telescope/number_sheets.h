// SPDX-License-Identifier: Apache-2.0
//
// Sheets: what the numbers say of every value of a dimension in one bucket of time, packed, for
// questions that go through all values: what leads, and what is known of the leaders.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "base/time.h"
#include "store/engine.h"
#include "telescope/packed_counts.h"
#include "telescope/tables_numbers.h"

namespace yagura::telescope {

// What a sheet lists: the values of a dimension, of one class. Of the total they are the classes
// themselves, and `class_` is any.
struct SheetKind {
  Dimension dimension = Dimension::total;
  PacketClass class_ = PacketClass::any;
  auto operator<=>(const SheetKind&) const = default;
};

// Numbers the values of each dimension from 0: ports and classes by themselves, the others, of
// which few are in use, as they come. Thread-safe.
class ValueIndex {
 public:
  // Numbers of values, new ones included.
  std::vector<uint32_t> indices(Dimension dimension, std::span<const uint32_t> values);
  // The number of a value that has one; else one that no sheet holds.
  size_t find(Dimension dimension, uint32_t value);
  // The values of the numbers from 0 to `end`; 0 for numbers that no value has.
  std::vector<uint32_t> values(Dimension dimension, size_t end);

 private:
  struct Numbered {
    std::unordered_map<uint32_t, uint32_t> indices;
    std::vector<uint32_t> values;
  };
  Mutex mutex_;
  std::array<Numbered, dimension_count> dimensions_ YAGURA_GUARDED_BY(mutex_);
};

// A sheet has parts: the packets of all that are no survey scanners, those of survey scanners, and
// the hosts of both. What was not asked for is null.
inline constexpr size_t sheet_part_count = 4;
using SheetParts = std::array<std::shared_ptr<const PackedCounts>, sheet_part_count>;

constexpr size_t sheet_part(RankOrder measure, bool of_survey) {
  return (measure == RankOrder::hosts ? 2 : 0) + (of_survey ? 1 : 0);
}

struct SheetQuestion {
  Level level = Level::day;
  SheetKind kind;
  Survey survey = Survey::with;
  RankOrder measure = RankOrder::packets;
  bool both_measures = false;  // the other one will be asked for too: what is read is read of both

  // Whether one reading can answer both.
  bool goes_with(const SheetQuestion& other) const;
  // Whether a part belongs to the answer.
  bool asks_for(size_t part) const;
  // Whether it is read if anything is: of ports and networks, of which there are many, what is
  // asked for and what will be, of others all.
  bool reads(size_t part) const;
  bool reads_all_parts() const;
};

// Reads sheets from the store: of the buckets that start at `times`, which rise. The questions
// differ in their kind alone, and not twice in its dimension: one reading for all of them, since
// planning one costs about as much as a day of hours. The answer to each, in their order.
Result<std::vector<std::vector<SheetParts>>> read_sheets(store::Connection& connection,
                                                         ValueIndex& index,
                                                         std::span<const SheetQuestion> questions,
                                                         std::span<const Timestamp> times);

// The answer for one bucket.
struct Sheet {
  Timestamp time;  // start of the bucket
  SheetParts parts;

  void add_to(std::span<int64_t> sums) const;
  int64_t at(size_t index) const;
  size_t end() const;  // what lies at and after it is 0
};

}  // namespace yagura::telescope
