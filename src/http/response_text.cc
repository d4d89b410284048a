// SPDX-License-Identifier: Apache-2.0
#include "http/response_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>
#include <utility>

namespace yagura::http {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 6> defaults = {
    {{"Content-Security-Policy",
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
      "connect-src 'self'; font-src 'self'; frame-ancestors 'none'; base-uri 'none'; "
      "form-action 'self'"},
     {"X-Content-Type-Options", "nosniff"},
     {"Referrer-Policy", "no-referrer"},
     {"Cross-Origin-Opener-Policy", "same-origin"},
     {"Cross-Origin-Resource-Policy", "same-origin"},
     {"Cache-Control", "no-store"}}};

// Those that say where the message ends and what the connection does: the server's alone.
bool is_framing(std::string_view name) {
  constexpr std::array<std::string_view, 6> framing = {
      "Connection", "Content-Length", "Content-Type", "Date", "Keep-Alive", "Transfer-Encoding"};
  return std::any_of(framing.begin(), framing.end(),
                     [name](std::string_view own) { return same_name(own, name); });
}

}  // namespace

std::string http_date(Timestamp time) {
  using namespace std::chrono;
  constexpr std::array<std::string_view, 7> day_names = {"Sun", "Mon", "Tue", "Wed",
                                                         "Thu", "Fri", "Sat"};
  constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const sys_seconds instant{seconds{time.seconds()}};
  const sys_days day = floor<days>(instant);
  const year_month_day date{day};
  const hh_mm_ss clock{instant - day};
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
                     day_names[weekday{day}.c_encoding()], static_cast<unsigned>(date.day()),
                     months[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

std::string head_text(const Response& response, bool keep_alive, Timestamp now) {
  std::string head = fmt::format("HTTP/1.1 {} {}\r\nDate: {}\r\n", response.status,
                                 reason_of(response.status), http_date(now));
  if (!response.content_type.empty())
    head += fmt::format("Content-Type: {}\r\n", response.content_type);
  // RFC 9110 8.6: neither of the two has content.
  if (!response.events && response.status != 204 && response.status != 304)
    head += fmt::format("Content-Length: {}\r\n", response.body.size());
  if (!keep_alive) head += "Connection: close\r\n";
  for (const NameValue& field : response.headers.all())
    if (!is_framing(field.name)) head += fmt::format("{}: {}\r\n", field.name, field.value);
  for (const auto& [name, value] : defaults)
    if (!response.headers.find(name)) head += fmt::format("{}: {}\r\n", name, value);
  return head + "\r\n";
}

}  // namespace yagura::http
