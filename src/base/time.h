// SPDX-License-Identifier: Apache-2.0
//
// Event time: when something happened according to the packet or record, in UTC. Nothing below
// `app` reads the clock; time comes in as an argument so that everything can be replayed.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace yagura {

// A length of time in nanoseconds; may be negative.
struct Duration {
  int64_t nanoseconds = 0;

  static constexpr Duration seconds(int64_t n) { return {n * 1'000'000'000}; }
  static constexpr Duration milliseconds(int64_t n) { return {n * 1'000'000}; }
  static constexpr Duration minutes(int64_t n) { return seconds(n * 60); }
  static constexpr Duration hours(int64_t n) { return seconds(n * 3600); }
  static constexpr Duration days(int64_t n) { return seconds(n * 86'400); }

  constexpr double as_seconds() const { return static_cast<double>(nanoseconds) / 1e9; }
  constexpr auto operator<=>(const Duration&) const = default;
  constexpr Duration operator+(Duration other) const { return {nanoseconds + other.nanoseconds}; }
  constexpr Duration operator-(Duration other) const { return {nanoseconds - other.nanoseconds}; }
};

// Nanoseconds since 1970-01-01T00:00:00Z. Range 1677 to 2262; readers of outside data refuse
// times outside of 1970 to 2106, the range of the store's DateTime.
struct Timestamp {
  int64_t nanoseconds = 0;

  static constexpr Timestamp from_seconds(int64_t seconds) { return {seconds * 1'000'000'000}; }

  // Whole seconds, rounded down.
  constexpr int64_t seconds() const {
    const int64_t quotient = nanoseconds / 1'000'000'000;
    return nanoseconds % 1'000'000'000 < 0 ? quotient - 1 : quotient;
  }
  // The latest multiple of `step` since the epoch that is not after this time.
  constexpr Timestamp floor(Duration step) const {
    const int64_t rest = nanoseconds % step.nanoseconds;
    return {nanoseconds - (rest < 0 ? rest + step.nanoseconds : rest)};
  }
  constexpr auto operator<=>(const Timestamp&) const = default;
  constexpr Timestamp operator+(Duration d) const { return {nanoseconds + d.nanoseconds}; }
  constexpr Timestamp operator-(Duration d) const { return {nanoseconds - d.nanoseconds}; }
  constexpr Duration operator-(Timestamp t) const { return {nanoseconds - t.nanoseconds}; }
};

// "2009-03-15T08:45:06Z"; with a fraction of 3, 6 or 9 digits if it has one.
std::string format_time(Timestamp time);
// "2009-03-15 08:45:06", for tables that people read.
std::string format_time_for_people(Timestamp time);
// "2009-03-15".
std::string format_day(Timestamp time);

// Reads "2009", "2009-03", "2009-03-15", "2009-03-15T08:45", "2009-03-15 08:45:06.5Z" (always UTC).
// Fails on anything else, naming what is accepted.
Result<Timestamp> parse_time(std::string_view text);

// Reads "90s", "5m", "2h", "30d", "1w".
Result<Duration> parse_duration(std::string_view text);
// "1 d 3 h", "66 064 s" is never printed: the two largest units that are not zero.
std::string format_duration(Duration duration);

// The calendar year of `time` in UTC, and the first instant of a year.
int year_of(Timestamp time);
Timestamp start_of_year(int year);

}  // namespace yagura
