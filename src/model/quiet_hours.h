// SPDX-License-Identifier: Apache-2.0
//
// The hours of the day in which somebody is not to be disturbed: "22:00-07:00 +09:00", from and
// until by a clock that is so far from UTC (without an offset: UTC's). They may go over midnight.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace yagura::model {

struct QuietHours {
  int from = 0, until = 0;  // minutes of the day; the same: never quiet
  int offset = 0;           // minutes east of UTC, -14 to 14 hours

  // Reads a text, of which an empty one is never quiet. Fails on anything else.
  static Result<QuietHours> parse(std::string_view text);
  std::string to_string() const;
  bool hold(Timestamp time) const;
};

}  // namespace yagura::model
