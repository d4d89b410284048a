// SPDX-License-Identifier: Apache-2.0
#include "telescope/observed_times.h"

#include <fmt/format.h>

#include <algorithm>

#include "telescope/known_numbers.h"
#include "telescope/tables_numbers.h"

namespace yagura::telescope {
std::span<const Timestamp> ObservedTimes::within(Level level, const Period& period) const {
  const auto& all = starts[static_cast<size_t>(level)];
  const auto begin =
      std::lower_bound(all.begin(), all.end(), period.from.floor(level_length(level)));
  return {begin, std::lower_bound(begin, all.end(), period.until)};
}

std::optional<DataPeriod> ObservedTimes::period() const {
  const auto& days = starts[static_cast<size_t>(Level::day)];
  if (days.empty()) return {};
  DataPeriod result{{days.front(), days.back() + level_length(Level::day)}, {}};
  for (const Level level : {Level::day, Level::hour, Level::five_minutes}) {
    const auto& all = starts[static_cast<size_t>(level)];
    // Finer steps are dropped by age: those of the last day may be gone where others are not.
    if (!all.empty() && all.back() >= days.back()) result.end = all.back() + level_length(level);
  }
  return result;
}

void ObservedTimes::replace(const Period& period, const ObservedTimes& others) {
  for (const Level level : {Level::five_minutes, Level::hour, Level::day}) {
    auto& all = starts[static_cast<size_t>(level)];
    const auto begin = std::lower_bound(all.begin(), all.end(), period.from);
    const auto at = all.erase(begin, std::lower_bound(begin, all.end(), period.until));
    const auto put = others.within(level, period);
    all.insert(at, put.begin(), put.end());
  }
}

Result<ObservedTimes> read_observed_times(store::Connection& connection,
                                          const std::optional<Period>& period) {
  Where where;
  where.add("dimension = 'total' AND class = 'any'");
  if (period) {
    where.add("time >= " + where.bind_seconds(period->from));
    where.add("time < " + where.bind_seconds(period->until));
  }
  TRY(const store::Block block,
      connection.query(fmt::format("SELECT level, toUInt32(time) AS start FROM numbers {} "
                                   "GROUP BY level, start ORDER BY level, start",
                                   where.sql()),
                       where.parameters()));
  ObservedTimes observed;
  for (size_t row = 0; row < block.rows; ++row)
    observed.starts[block["level"].unsigned_at(row)].push_back(
        Timestamp::from_seconds(static_cast<int64_t>(block["start"].unsigned_at(row))));
  return observed;
}

Result<std::optional<DataPeriod>> data_period(store::Connection& connection, KnownNumbers* known) {
  if (known == nullptr) {
    TRY(const ObservedTimes observed, read_observed_times(connection));
    return observed.period();
  }
  TRY(const auto observed, known->observed(connection));
  return observed->period();
}

}  // namespace yagura::telescope
