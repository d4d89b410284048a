// SPDX-License-Identifier: Apache-2.0
//
// The forms in which alerts come, one source each: a line is an alert, something else, or bad.
//
//   ait_alerts.cc       CSV of the AIT Alert Data Set: time, name, ip, host, short; what stands
//                       behind the fifth column (there: labels) is not even looked at
//   suricata_alerts.cc  Suricata's eve.json: JSON lines, of which those of event_type "alert" count
//   wazuh_alerts.cc     Wazuh's alerts.json: JSON lines
//
// Private to this room. A parser keeps buffers between lines: one belongs to one thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/time.h"
#include "model/alert.h"

namespace yagura::livenet {

// What an alert's time can be: the range of the store's DateTime.
inline constexpr Timestamp latest_event_time = Timestamp::from_seconds(0xffffffff);
constexpr bool is_event_time(Timestamp time) {
  return time >= Timestamp{} && time <= latest_event_time;
}

enum class AlertFormat : uint8_t { ait_csv, suricata, wazuh };

enum class Line : uint8_t {
  alert,
  other,  // a header, a flow, an event that is no alert
  // Bad ones, by reason:
  too_long,
  malformed,  // neither the JSON nor the columns of its form
  bad_time,   // missing, unreadable, or outside of 1970 to 2106
  in_future,  // later than what reads it says that a clock can be
  no_rule,
  no_host,
};
inline constexpr size_t line_kinds = 8;
// What is said of such a line.
inline constexpr std::array<std::string_view, line_kinds> line_texts = {
    "alerts",
    "other events",
    "too long",
    "malformed",
    "without a time that can be read",
    "of a time that has not come yet",
    "without a rule's id",
    "without a host"};
constexpr bool is_bad(Line line) { return line >= Line::too_long; }

// Texts are cut to this; what identifies (rule, host) is refused as malformed where it is longer.
inline constexpr size_t longest_text = 1024;
inline constexpr size_t longest_name = 256;

class AlertParser {
 public:
  virtual ~AlertParser() = default;
  // Fills all of `alert` where the line is one; else it may be half filled.
  virtual Line parse(std::string_view line, model::Alert& alert) = 0;
};

std::unique_ptr<AlertParser> make_ait_parser();
std::unique_ptr<AlertParser> make_suricata_parser();
std::unique_ptr<AlertParser> make_wazuh_parser();

// By a line that such a file begins with; nothing where it is of none of them.
std::optional<AlertFormat> recognise_alerts(std::string_view line);
std::unique_ptr<AlertParser> make_parser(AlertFormat format);

// Reads "2024-01-15T10:15:30.123456+0900", as both systems that write JSON give it; also "Z",
// "+09:00" and none (UTC). Nothing for anything else, or outside of 1970 to 2106.
std::optional<Timestamp> parse_offset_time(std::string_view text);
// Puts rule, text and host into `alert`; says what is wrong with them.
Line fill_alert(std::string_view rule, std::string_view text, std::string_view host,
                model::Alert& alert);

}  // namespace yagura::livenet
