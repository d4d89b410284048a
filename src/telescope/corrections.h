// SPDX-License-Identifier: Apache-2.0
//
// Corrects what was counted when something about the past changes: who is a survey scanner, or what
// other rows share a day.
//
// A source whose organisation changed moves from one to the other by rows with the difference, in
// every step within the retention of `activity` and in the day's step beyond. A day that two runs
// share, or that lost one, is counted again from its rows.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "enrich/places.h"
#include "state/database.h"
#include "store/engine.h"
#include "telescope/row_sink.h"
#include "telescope/survey.h"

namespace yagura::telescope {

struct CorrectionContext {
  // Two, since rows are written while a query is still streaming.
  store::Connection* reader = nullptr;
  store::Connection* writer = nullptr;
  const enrich::Places* places = nullptr;
  const SurveyRegistry* registry = nullptr;
  // Dark addresses on a day (seconds since the epoch) of the sensors that have data on it, for the
  // behaviour rule.
  std::function<double(uint32_t day)> dark_addresses;
};

// `sources` turned out at the end of `day` to be survey scanners by behaviour: moves their 5-minute
// and hour numbers of the day from no organisation to `unknown`.
Result<void> correct_for_findings(const CorrectionContext& context, uint32_t day,
                                  std::span<const IpAddress> sources, RowSink& sink);

// Counts a day again, all levels and its source_day rows, from activity (or, where that is gone,
// the day level from source_day). Written with commit 0.
Result<void> recount_day(const CorrectionContext& context, uint32_t day);

// Takes out what was counted of a day on which no run has data any more.
Result<void> clear_day(store::Connection& connection, uint32_t day);

// The days (since the epoch) from `first` to `last` that recount_day() has written: no run can take
// its share of them back by itself, so that they must be counted again with every change.
Result<std::vector<int64_t>> counted_days(store::Connection& connection, int64_t first,
                                          int64_t last);

// The days (since the epoch) on which `commits` have activity rows.
Result<std::vector<int64_t>> days_with_activity(store::Connection& connection,
                                                const std::vector<uint64_t>& commits);

struct RegistryChange {
  uint64_t days = 0;                    // with a change
  uint64_t sources = 0;                 // source-days that changed organisation
  uint64_t days_at_day_level_only = 0;  // activity is gone: hours and windows stay as they were
};
// Brings `day` to `context.registry`, if the organisation of a source differs from what is stored,
// and adds what changed to `change`. Safe to be killed at any point and run again.
Result<void> apply_registry(const CorrectionContext& context, state::Database& database,
                            uint32_t day, RegistryChange& change);
// The latest day (since the epoch) before `before`, which is 1 to 65,536, that has sources.
Result<std::optional<int64_t>> stored_day_before(store::Connection& connection, int64_t before);

}  // namespace yagura::telescope
