// SPDX-License-Identifier: Apache-2.0
#include "model/contact_target.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace yagura::model {
namespace {

constexpr size_t longest = 500, longest_mailbox = 254;
constexpr std::string_view no_web_address = "#\"<>\\^`{|}";  // RFC 3986, and fragments
constexpr std::string_view other_atoms = "!#$%&'*+-/=?^_`{|}~.";

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// A dot-atom of RFC 5322; quoted local parts nobody uses.
bool is_local_part(std::string_view text) {
  return !text.empty() && text.size() <= 64 && text.front() != '.' && text.back() != '.' &&
         text.find("..") == std::string_view::npos &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return is_letter_or_digit(c) || other_atoms.find(c) != std::string_view::npos;
         });
}

bool is_host_name(std::string_view text) {
  return !text.empty() && text.size() <= 253 && is_letter_or_digit(text.front()) &&
         is_letter_or_digit(text.back()) && text.find("..") == std::string_view::npos &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return is_letter_or_digit(c) || c == '.' || c == '-'; });
}

bool is_host(std::string_view text) {
  if (text.size() < 2 || text.front() != '[') return is_host_name(text);
  return text.back() == ']' && std::all_of(text.begin() + 1, text.end() - 1, [](char c) {
           return is_letter_or_digit(c) || c == ':' || c == '.';
         });
}

bool is_port(std::string_view text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port >= 1 && port <= 65'535;
}

// "host", or "host:port" where it must or may have one.
bool is_authority(std::string_view text, bool needs_port) {
  const size_t colon = text.rfind(':');
  const bool has_port = colon != std::string_view::npos && text.back() != ']';
  if (!has_port) return !needs_port && is_host(text);
  return is_host(text.substr(0, colon)) && is_port(text.substr(colon + 1));
}

bool is_mailbox(std::string_view text) {
  const size_t at = text.rfind('@');
  return at != std::string_view::npos && text.size() <= longest_mailbox &&
         is_local_part(text.substr(0, at)) && is_host_name(text.substr(at + 1));
}

bool is_web_address(std::string_view text) {
  const std::string_view rest = text.substr(text.find("//") + 2);
  return is_authority(rest.substr(0, rest.find_first_of("/?#")), false) &&
         rest.find_first_of(no_web_address) == std::string_view::npos;
}

}  // namespace

Result<ContactTarget> ContactTarget::parse(std::string_view text) {
  const bool printable =
      std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
  const auto after = [&](std::string_view scheme) { return text.substr(scheme.size()); };
  if (printable && text.size() <= longest) {
    if (text.starts_with("mailto:") && is_mailbox(after("mailto:")))
      return ContactTarget{Channel::mail, std::string(after("mailto:"))};
    if ((text.starts_with("https://") || text.starts_with("http://")) && is_web_address(text))
      return ContactTarget{Channel::webhook, std::string(text)};
    for (const Channel channel : {Channel::syslog_tls, Channel::syslog_tcp, Channel::syslog_udp}) {
      const std::string scheme = fmt::format("{}://", channel_names[static_cast<size_t>(channel)]);
      if (text.starts_with(scheme) && is_authority(after(scheme), true))
        return ContactTarget{channel, std::string(after(scheme))};
    }
  }
  return failure(fmt::format(
      "'{}' is no place for notices; write mailto:soc@city.example, https://hooks.example/path or "
      "syslog+tls://log.example:6514",
      shorten(escape_terminal(text), 80)));
}

std::string shown_target(const std::string& target) {
  if (!target.starts_with("http")) return target;
  const size_t path = target.find('/', target.find("//") + 2);
  return path == std::string::npos ? target : target.substr(0, path) + "/...";
}

}  // namespace yagura::model
