// SPDX-License-Identifier: Apache-2.0
//
// Writes messages for syslog (RFC 5424), and frames them for a stream (RFC 6587, RFC 5425). Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/time.h"

namespace yagura::notify {

// Of the facility local0. The numbers are RFC 5424's.
enum class SyslogSeverity : uint8_t { critical = 2, warning = 4, notice = 5, informational = 6 };

struct SyslogMessage {
  SyslogSeverity severity = SyslogSeverity::warning;
  Timestamp time;
  std::string host;  // printable ASCII, as the next; "-" where empty
  std::string id;    // MSGID
  std::string text;  // UTF-8; line ends become blanks
};

// One line, without its end.
std::string syslog_line(const SyslogMessage& message);
// Octet counting: each of the lines with its length in front.
std::string syslog_frames(std::string_view lines);

}  // namespace yagura::notify
