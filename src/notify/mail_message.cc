// SPDX-License-Identifier: Apache-2.0
#include "notify/mail_message.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "notify/base64.h"

namespace yagura::notify {
namespace {

// RFC 5322, 3.3: "Fri, 27 Nov 2026 14:00:00 +0000". Written by hand, since strftime's names of days
// and months follow the locale.
std::string date_text(Timestamp time) {
  constexpr std::array days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                 "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  using namespace std::chrono;
  const sys_seconds at{seconds(time.seconds())};
  const sys_days day = floor<std::chrono::days>(at);
  const year_month_day date(day);
  const hh_mm_ss clock(at - day);
  return fmt::format("{}, {} {} {} {:02}:{:02}:{:02} +0000", days[weekday(day).c_encoding()],
                     static_cast<unsigned>(date.day()),
                     months[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < 0x7f; }) &&
         text.find("=?") == std::string_view::npos && text.size() < 70;
}

// RFC 2047: words of at most 75 characters, each of whole letters.
std::string header_text(std::string_view text) {
  if (is_plain(text)) return std::string(text);
  constexpr size_t bytes_a_word = 39;  // 52 characters of base64, beside "Subject: "
  std::string out;
  while (!text.empty()) {
    size_t size = std::min(bytes_a_word, text.size());
    const auto continues = [&](size_t i) { return (static_cast<uint8_t>(text[i]) & 0xc0) == 0x80; };
    while (size < text.size() && size > 1 && continues(size)) --size;
    if (!out.empty()) out += "\r\n ";
    out += fmt::format("=?UTF-8?B?{}?=", base64(text.substr(0, size)));
    text.remove_prefix(size);
  }
  return out;
}

std::string text_part(std::string_view type, std::string_view disposition,
                      std::string_view content) {
  return fmt::format(
      "Content-Type: {}; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n{}\r\n{}", type,
      disposition, base64_lines(content));
}

// In the headers and as the part's: base64 never has a "_", so no boundary is in a part.
std::string parts(const MailMessage& message) {
  if (message.attachments.empty()) return text_part("text/plain", "", message.text);
  const std::string boundary = fmt::format("=_{}", message.message_id).substr(0, 70);
  std::string out =
      fmt::format("Content-Type: multipart/mixed; boundary=\"{0}\"\r\n\r\n--{0}\r\n{1}", boundary,
                  text_part("text/plain", "Content-Disposition: inline\r\n", message.text));
  for (const Attachment& attachment : message.attachments)
    out += fmt::format("--{}\r\n{}", boundary,
                       text_part(attachment.type,
                                 fmt::format("Content-Disposition: attachment; filename=\"{}\"\r\n",
                                             attachment.name),
                                 attachment.content));
  return out + fmt::format("--{}--\r\n", boundary);
}

}  // namespace

std::string mail_text(const MailMessage& message) {
  const std::string domain = message.from.substr(message.from.rfind('@') + 1);
  return fmt::format(
      "From: Yagura <{}>\r\nTo: {}\r\nSubject: {}\r\nDate: {}\r\nMessage-ID: <{}@{}>\r\n"
      "Auto-Submitted: auto-generated\r\nContent-Language: {}\r\nMIME-Version: 1.0\r\n{}",
      message.from, message.to, header_text(message.subject), date_text(message.date),
      message.message_id, domain, model::code_of(message.language), parts(message));
}

}  // namespace yagura::notify
