// SPDX-License-Identifier: Apache-2.0
#include "telescope/tables_coverage.h"

#include <algorithm>
#include <set>

#include "telescope/dark_space.h"

namespace yagura::telescope {
namespace {

constexpr Duration day = Duration::days(1);
constexpr Duration shortest = Duration::seconds(1);  // a capture of one packet observed something

// The stretches of `coverage` of one sensor (or, with 0, of any) inside `period`, merged.
std::vector<Period> stretches(const std::vector<state::Coverage>& coverage, uint16_t sensor,
                              const Period& period) {
  std::vector<Period> parts;
  for (const state::Coverage& entry : coverage) {
    if (sensor != 0 && entry.sensor != sensor) continue;
    const Timestamp end = std::max(entry.until, entry.from + shortest);
    const Period part = {std::max(entry.from, period.from), std::min(end, period.until)};
    if (part.from < part.until) parts.push_back(part);
  }
  std::sort(parts.begin(), parts.end(),
            [](const Period& a, const Period& b) { return a.from < b.from; });
  std::vector<Period> merged;
  for (const Period& part : parts) {
    if (!merged.empty() && part.from <= merged.back().until)
      merged.back().until = std::max(merged.back().until, part.until);
    else
      merged.push_back(part);
  }
  return merged;
}

double seconds_in(const std::vector<Period>& parts) {
  double seconds = 0;
  for (const Period& part : parts) seconds += part.length().as_seconds();
  return seconds;
}

// Dark addresses times seconds. The dark space changes only where one of its dates is.
double address_seconds(const SensorSpace& sensor, const std::vector<Period>& parts) {
  if (sensor.dark_space.empty()) return 0;
  std::set<Timestamp> changes;
  for (const state::DarkPrefix& prefix : sensor.dark_space)
    for (const auto& date : {prefix.from, prefix.until})
      if (date) changes.insert(date->floor(day) == *date ? *date : date->floor(day) + day);
  const DarkSpace space(sensor.dark_space);
  double sum = 0;
  for (const Period& part : parts) {
    Timestamp from = part.from;
    auto next = changes.upper_bound(from);
    while (from < part.until) {
      const Timestamp until = next == changes.end() ? part.until : std::min(*next, part.until);
      sum += space.on(from.floor(day)).addresses() * (until - from).as_seconds();
      from = until;
      if (next != changes.end()) ++next;
    }
  }
  return sum;
}

}  // namespace

double mean_dark_addresses(const std::vector<SensorSpace>& sensors,
                           const std::vector<state::Coverage>& coverage, const Period& period) {
  const double observed = seconds_in(stretches(coverage, 0, period));
  if (observed == 0) return 0;
  double sum = 0;
  for (const SensorSpace& sensor : sensors)
    sum += address_seconds(sensor, stretches(coverage, sensor.sensor.id, period));
  return sum / observed;
}

Duration observed_time(const std::vector<state::Coverage>& coverage, const Period& period) {
  Duration sum;
  for (const Period& part : stretches(coverage, 0, period)) sum = sum + part.length();
  return sum;
}

std::vector<SensorCoverage> sensor_coverage(const std::vector<SensorSpace>& sensors,
                                            const std::vector<state::Coverage>& coverage,
                                            const Period& period) {
  constexpr Duration shortest_gap = Duration::minutes(5);
  std::vector<SensorCoverage> result;
  for (const SensorSpace& sensor : sensors) {
    const std::vector<Period> parts = stretches(coverage, sensor.sensor.id, period);
    if (parts.empty()) continue;
    SensorCoverage line;
    line.sensor = sensor.sensor;
    const double seconds = seconds_in(parts);
    line.dark_addresses = address_seconds(sensor, parts) / seconds;
    line.seen = {parts.front().from, parts.back().until};
    for (const Period& part : parts) line.observed = line.observed + part.length();
    for (size_t i = 1; i < parts.size(); ++i)
      if (parts[i].from - parts[i - 1].until >= shortest_gap)
        line.gaps.push_back({parts[i - 1].until, parts[i].from});
    std::stable_sort(line.gaps.begin(), line.gaps.end(),
                     [](const Period& a, const Period& b) { return a.length() > b.length(); });
    result.push_back(std::move(line));
  }
  return result;
}

}  // namespace yagura::telescope
