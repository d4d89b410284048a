// SPDX-License-Identifier: Apache-2.0
#include "telescope/known_numbers.h"

#include <algorithm>
#include <utility>

namespace yagura::telescope {
namespace {

// Buckets read at once: as many as give the engine a few thousand rows.
size_t buckets_at_once(Dimension dimension) {
  constexpr size_t of_ports = 16, of_others = 32, of_totals = 1024;
  if (dimension == Dimension::total) return of_totals;
  const bool ports = dimension == Dimension::tcp_port || dimension == Dimension::udp_port;
  return ports ? of_ports : of_others;
}

}  // namespace

Result<std::shared_ptr<const ObservedTimes>> KnownNumbers::observed(store::Connection& connection) {
  std::shared_ptr<const ObservedTimes> before;
  std::optional<Period> unsure;
  uint64_t changes = 0;
  {
    const MutexLock lock(mutex_);
    if (observed_ && !unsure_) return observed_;
    before = observed_;
    unsure = unsure_;
    changes = changes_;
  }
  auto times = std::make_shared<ObservedTimes>();
  if (before) {
    TRY(const ObservedTimes again, read_observed_times(connection, unsure));
    *times = *before;
    times->replace(*unsure, again);
  } else {
    TRY(*times, read_observed_times(connection));
  }
  const MutexLock lock(mutex_);
  if (changes == changes_) {
    observed_ = times;
    unsure_.reset();
  }
  return times;
}

Result<std::vector<KnownNumbers::TimedSheet>> KnownNumbers::sheets(store::Connection& connection,
                                                                   Level level,
                                                                   const SheetKind& kind,
                                                                   const Period& period) {
  TRY(const auto observed, this->observed(connection));
  std::vector<SheetKey> keys;
  for (const Timestamp time : observed->within(level, period)) keys.push_back({level, time, kind});
  std::vector<Volumes> volumes(keys.size());
  find(keys, volumes);
  if (std::find(volumes.begin(), volumes.end(), nullptr) != volumes.end()) {
    const MutexLock reading(reading_[static_cast<size_t>(kind.dimension)]);
    const uint64_t changes = find(keys, volumes);
    for (size_t i = 0; i < keys.size(); ++i)
      if (!volumes[i]) TRY_VOID(read_sheets_at(connection, keys, i, changes, volumes));
  }
  std::vector<TimedSheet> sheets;
  sheets.reserve(keys.size());
  for (size_t i = 0; i < keys.size(); ++i) sheets.push_back({keys[i].time, std::move(volumes[i])});
  return sheets;
}

Result<void> KnownNumbers::read_sheets_at(store::Connection& connection,
                                          const std::vector<SheetKey>& keys, size_t at,
                                          uint64_t changes, std::vector<Volumes>& volumes) {
  const SheetKey& first = keys[at];
  std::vector<Timestamp> times;
  for (size_t i = at; i < keys.size() && !volumes[i]; ++i)
    if (times.size() < buckets_at_once(first.kind.dimension)) times.push_back(keys[i].time);
  TRY(const auto read, read_sheets(connection, index_, first.level, first.kind, times));
  std::copy(read.begin(), read.end(), volumes.begin() + static_cast<std::ptrdiff_t>(at));
  const MutexLock lock(mutex_);
  for (size_t i = 0; changes == changes_ && i < read.size(); ++i)
    sheets_of(first.level).keep(keys[at + i], read[i]);
  return {};
}

Result<std::vector<History>> KnownNumbers::histories(store::Connection& connection, Level level,
                                                     const SheetKind& kind,
                                                     std::span<const uint32_t> values,
                                                     const Period& period) {
  const Duration length = stretch_length(level);
  const Timestamp begin = period.from.floor(length);
  std::vector<Timestamp> times;
  for (Timestamp time = begin; time < period.until; time = time + length) times.push_back(time);
  std::vector<HistoryKey> keys;
  for (const uint32_t value : values)
    for (const Timestamp time : times) keys.push_back({level, time, kind, value});
  std::vector<Volumes> volumes(keys.size());
  const uint64_t changes = find(keys, volumes);
  TRY_VOID(read_missing(connection, keys, times.size(), changes, volumes));
  std::vector<History> histories;
  for (auto of_value = volumes.begin(); of_value != volumes.end();) {
    const auto end = of_value + static_cast<std::ptrdiff_t>(times.size());
    histories.emplace_back(level, begin, std::vector<Volumes>(of_value, end));
    of_value = end;
  }
  return histories;
}

Result<void> KnownNumbers::read_missing(store::Connection& connection,
                                        const std::vector<HistoryKey>& keys, size_t stretches,
                                        uint64_t changes, std::vector<Volumes>& volumes) {
  // All that is missing is read at once, from the first stretch to the last of which any is.
  std::vector<uint32_t> values;
  size_t first = stretches, end = 0;
  for (size_t i = 0; i < keys.size(); ++i) {
    if (volumes[i]) continue;
    if (values.empty() || values.back() != keys[i].value) values.push_back(keys[i].value);
    first = std::min(first, i % stretches);
    end = std::max(end, i % stretches + 1);
  }
  if (values.empty()) return {};
  TRY(const auto read, read_histories(connection, keys[0].level, keys[0].kind, values,
                                      keys[first].stretch, end - first));
  const MutexLock lock(mutex_);
  for (size_t i = 0; i < keys.size(); ++i) {
    if (volumes[i]) continue;
    const auto value = static_cast<size_t>(std::find(values.begin(), values.end(), keys[i].value) -
                                           values.begin());
    volumes[i] = read[value * (end - first) + i % stretches - first];
    if (changes == changes_) histories_.keep(keys[i], volumes[i]);
  }
  return {};
}

uint64_t KnownNumbers::find(const std::vector<SheetKey>& keys, std::vector<Volumes>& volumes) {
  const MutexLock lock(mutex_);
  for (size_t i = 0; i < keys.size(); ++i)
    if (!volumes[i]) volumes[i] = sheets_of(keys[i].level).find(keys[i]);
  return changes_;
}

uint64_t KnownNumbers::find(const std::vector<HistoryKey>& keys, std::vector<Volumes>& volumes) {
  const MutexLock lock(mutex_);
  for (size_t i = 0; i < keys.size(); ++i)
    if (!volumes[i]) volumes[i] = histories_.find(keys[i]);
  return changes_;
}

void KnownNumbers::changed(const Period& period) {
  const Timestamp after = {period.until.nanoseconds + 1};
  const MutexLock lock(mutex_);
  ++changes_;
  Period days = whole_days({period.from, after});
  if (unsure_) days = {std::min(days.from, unsure_->from), std::max(days.until, unsure_->until)};
  unsure_ = days;
  for (const Level level : {Level::five_minutes, Level::hour, Level::day}) {
    sheets_of(level).drop_between({level, period.from.floor(level_length(level)), {}},
                                  {level, after, {}});
    histories_.drop_between({level, period.from.floor(stretch_length(level)), {}, 0},
                            {level, after, {}, 0});
  }
}

void KnownNumbers::clear() {
  const MutexLock lock(mutex_);
  ++changes_;
  observed_.reset();
  unsure_.reset();
  days_.clear();
  finer_.clear();
  histories_.clear();
}

}  // namespace yagura::telescope
