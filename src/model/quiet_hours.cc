// SPDX-License-Identifier: Apache-2.0
#include "model/quiet_hours.h"

#include <fmt/format.h>

#include <cstdlib>
#include <optional>

#include "base/text.h"

namespace yagura::model {
namespace {

constexpr int hour = 60, day = 24 * hour;
constexpr int furthest_offset = 14 * hour;

// "22:00" as minutes.
std::optional<int> minutes_of(std::string_view text) {
  const auto digit = [&](size_t i) { return text[i] >= '0' && text[i] <= '9'; };
  if (text.size() != 5 || text[2] != ':' || !digit(0) || !digit(1) || !digit(3) || !digit(4))
    return {};
  const auto number = [&](size_t i) { return (text[i] - '0') * 10 + (text[i + 1] - '0'); };
  const int hours = number(0), minutes = number(3);
  if (hours > 23 || minutes > 59) return {};
  return hours * hour + minutes;
}

}  // namespace

Result<QuietHours> QuietHours::parse(std::string_view text) {
  text = trim(text);
  if (text.empty()) return QuietHours{};
  constexpr size_t without_offset = 11, with_offset = 18;
  std::optional<int> from, until, offset = 0;
  if (text.size() == without_offset || text.size() == with_offset) {
    from = minutes_of(text.substr(0, 5));
    if (text[5] == '-') until = minutes_of(text.substr(6, 5));
  }
  if (text.size() == with_offset) {
    offset = minutes_of(text.substr(13));
    if (text[11] != ' ' || (text[12] != '+' && text[12] != '-')) offset.reset();
    if (offset && text[12] == '-') *offset = -*offset;
  }
  if (!from || !until || !offset || std::abs(*offset) > furthest_offset)
    return failure(fmt::format("'{}' are no quiet hours; write them such as \"22:00-07:00 +09:00\"",
                               shorten(text, 40)));
  return QuietHours{*from, *until, *offset};
}

std::string QuietHours::to_string() const {
  if (from == until) return "";
  const auto clock = [](int minutes) {
    return fmt::format("{:02}:{:02}", minutes / hour, minutes % hour);
  };
  return fmt::format("{}-{} {}{}", clock(from), clock(until), offset < 0 ? '-' : '+',
                     clock(std::abs(offset)));
}

bool QuietHours::hold(Timestamp time) const {
  const auto minute = static_cast<int>((time.seconds() / 60 + offset) % day);
  if (from <= until) return minute >= from && minute < until;
  return minute >= from || minute < until;
}

}  // namespace yagura::model
