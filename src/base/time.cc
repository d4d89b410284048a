// SPDX-License-Identifier: Apache-2.0
#include "base/time.h"

#include <fmt/core.h>

#include <array>
#include <charconv>
#include <chrono>

namespace yagura {
namespace {

struct CalendarTime {
  int year, month, day, hour, minute, second;
  int64_t nanosecond;
};

CalendarTime to_calendar(Timestamp time) {
  using namespace std::chrono;
  const int64_t seconds = time.seconds();
  const int64_t days_since_epoch = (seconds - ((seconds % 86400) + 86400) % 86400) / 86400;
  const year_month_day date{sys_days{days{days_since_epoch}}};
  const int64_t rest = seconds - days_since_epoch * 86400;
  return {static_cast<int>(date.year()),
          static_cast<int>(static_cast<unsigned>(date.month())),
          static_cast<int>(static_cast<unsigned>(date.day())),
          static_cast<int>(rest / 3600),
          static_cast<int>(rest / 60 % 60),
          static_cast<int>(rest % 60),
          time.nanoseconds - seconds * 1'000'000'000};
}

int64_t seconds_of_day_start(int year, int month, int day) {
  using namespace std::chrono;
  const sys_days date = std::chrono::year{year} / month / day;
  return date.time_since_epoch().count() * int64_t{86400};
}

// Reads exactly `digits` decimal digits at the front of `text` and drops them.
bool take_number(std::string_view& text, size_t digits, int& value) {
  if (text.size() < digits) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + digits, value);
  if (error != std::errc() || end != text.data() + digits || value < 0) return false;
  text.remove_prefix(digits);
  return true;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

// ".5" and the like, up to nine digits.
bool take_fraction(std::string_view& text, int64_t& nanoseconds) {
  nanoseconds = 0;
  int64_t unit = 100'000'000;
  size_t digits = 0;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    if (++digits > 9) return false;
    nanoseconds += (text.front() - '0') * unit;
    unit /= 10;
    text.remove_prefix(1);
  }
  return digits > 0;
}

bool parse_calendar(std::string_view text, CalendarTime& t) {
  t = {0, 1, 1, 0, 0, 0, 0};
  if (!take_number(text, 4, t.year)) return false;
  if (text.empty()) return true;
  if (!take(text, '-') || !take_number(text, 2, t.month)) return false;
  if (text.empty()) return true;
  if (!take(text, '-') || !take_number(text, 2, t.day)) return false;
  if (text.empty()) return true;
  if (!take(text, 'T') && !take(text, ' ')) return false;
  if (!take_number(text, 2, t.hour) || !take(text, ':') || !take_number(text, 2, t.minute))
    return false;
  if (take(text, ':')) {
    if (!take_number(text, 2, t.second)) return false;
    if (take(text, '.') && !take_fraction(text, t.nanosecond)) return false;
  }
  take(text, 'Z');
  return text.empty();
}

}  // namespace

std::string format_time(Timestamp time) {
  const CalendarTime t = to_calendar(time);
  std::string text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", t.year, t.month, t.day,
                                 t.hour, t.minute, t.second);
  if (t.nanosecond % 1'000 != 0)
    text += fmt::format(".{:09}", t.nanosecond);
  else if (t.nanosecond % 1'000'000 != 0)
    text += fmt::format(".{:06}", t.nanosecond / 1'000);
  else if (t.nanosecond != 0)
    text += fmt::format(".{:03}", t.nanosecond / 1'000'000);
  return text + "Z";
}

std::string format_time_for_people(Timestamp time) {
  const CalendarTime t = to_calendar(time);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", t.year, t.month, t.day, t.hour,
                     t.minute, t.second);
}

std::string format_day(Timestamp time) {
  const CalendarTime t = to_calendar(time);
  return fmt::format("{:04}-{:02}-{:02}", t.year, t.month, t.day);
}

Result<Timestamp> parse_time(std::string_view text) {
  CalendarTime t;
  const bool valid = parse_calendar(text, t) && t.year >= 1970 && t.year <= 2105 && t.month >= 1 &&
                     t.month <= 12 && t.day >= 1 && t.hour <= 23 && t.minute <= 59 &&
                     t.second <= 59 && (std::chrono::year{t.year} / t.month / t.day).ok();
  if (!valid)
    return failure(fmt::format(
        "'{}' is not a time; write 2026, 2026-03, 2026-03-15 or 2026-03-15T08:45:06Z (UTC)", text));
  const int64_t seconds =
      seconds_of_day_start(t.year, t.month, t.day) + t.hour * 3600 + t.minute * 60 + t.second;
  return Timestamp{seconds * 1'000'000'000 + t.nanosecond};
}

Result<Duration> parse_duration(std::string_view text) {
  int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const std::string_view unit(end, static_cast<size_t>(text.data() + text.size() - end));
  if (error == std::errc() && count >= 0 && count <= 1'000'000'000) {
    int64_t seconds = 0;
    if (unit == "s") seconds = 1;
    if (unit == "m") seconds = 60;
    if (unit == "h") seconds = 3600;
    if (unit == "d") seconds = 86400;
    if (unit == "w") seconds = 7 * 86400;
    if (seconds > 0 && count <= 9'000'000'000 / seconds) return Duration::seconds(count * seconds);
  }
  return failure(fmt::format("'{}' is not a duration; write 90s, 5m, 2h, 30d or 1w", text));
}

std::string format_duration(Duration duration) {
  if (duration.nanoseconds < 0) return "-" + format_duration({-duration.nanoseconds});
  const int64_t seconds = duration.nanoseconds / 1'000'000'000;
  if (seconds == 0) return fmt::format("{} ms", duration.nanoseconds / 1'000'000);
  constexpr std::array<std::pair<int64_t, const char*>, 4> units = {
      {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}}};
  for (size_t i = 0; i < units.size(); ++i) {
    if (seconds < units[i].first) continue;
    std::string text = fmt::format("{} {}", seconds / units[i].first, units[i].second);
    if (i + 1 < units.size()) {
      const int64_t rest = seconds % units[i].first / units[i + 1].first;
      if (rest != 0) text += fmt::format(" {} {}", rest, units[i + 1].second);
    }
    return text;
  }
  return "0 s";
}

int year_of(Timestamp time) { return to_calendar(time).year; }

Timestamp start_of_year(int year) {
  return Timestamp::from_seconds(seconds_of_day_start(year, 1, 1));
}

}  // namespace yagura
