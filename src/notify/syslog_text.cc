// SPDX-License-Identifier: Apache-2.0
#include "notify/syslog_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace yagura::notify {
namespace {

constexpr int local0 = 16;

std::string field(std::string_view text, size_t longest) {
  std::string out(text.substr(0, longest));
  std::replace_if(out.begin(), out.end(), [](char c) { return c <= ' ' || c >= 0x7f; }, '_');
  return out.empty() ? "-" : out;
}

}  // namespace

std::string syslog_line(const SyslogMessage& message) {
  std::string text = message.text;
  std::replace_if(text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  // A byte order mark says that it is UTF-8 (RFC 5424, 6.4).
  return fmt::format("<{}>1 {} {} yagura - {} - \xEF\xBB\xBF{}",
                     local0 * 8 + static_cast<int>(message.severity),
                     format_time(message.time.floor(Duration::seconds(1))),
                     field(message.host, 255), field(message.id, 32), text);
}

std::string syslog_frames(std::string_view lines) {
  std::string out;
  while (!lines.empty()) {
    const size_t end = std::min(lines.find('\n'), lines.size());
    if (end > 0) out += fmt::format("{} {}", end, lines.substr(0, end));
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  return out;
}

}  // namespace yagura::notify
