// SPDX-License-Identifier: Apache-2.0
//
// When anything was observed at all: the buckets of the numbers that hold packets.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "store/engine.h"
#include "telescope/tables.h"
#include "telescope/vocabulary.h"

namespace yagura::telescope {

// When the store holds data.
struct DataPeriod {
  Period days;    // from the first day that does to the last
  Timestamp end;  // of the last step that does, the finest that is kept of the last day
};

struct ObservedTimes {
  // The starts of the buckets of each level, rising.
  std::array<std::vector<Timestamp>, level_count> starts;

  // Those of the level that touch the period.
  std::span<const Timestamp> within(Level level, const Period& period) const;
  // Nothing in an empty store.
  std::optional<DataPeriod> period() const;
  // Puts what `others` hold within the period, which is of whole days, in place of what is there.
  void replace(const Period& period, const ObservedTimes& others);
};

// What the store holds, within the period if one is given.
Result<ObservedTimes> read_observed_times(store::Connection& connection,
                                          const std::optional<Period>& period = {});
class KnownNumbers;
// ObservedTimes::period of what the store holds. What `known` knows is not asked again.
Result<std::optional<DataPeriod>> data_period(store::Connection& connection,
                                              KnownNumbers* known = nullptr);

}  // namespace yagura::telescope
