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
#include "telescope/packed_volumes.h"
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

// The sheets of the buckets of `level` that start at `times`, which rise, read from the store.
Result<std::vector<std::shared_ptr<const PackedVolumes>>> read_sheets(
    store::Connection& connection, ValueIndex& index, Level level, const SheetKind& kind,
    std::span<const Timestamp> times);

}  // namespace yagura::telescope
