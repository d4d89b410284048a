// SPDX-License-Identifier: Apache-2.0
#include "http/target.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace yagura::http {
namespace {

// The value of a hexadecimal digit, or -1.
int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// What may stand in a target unescaped. RFC 3986 forbids some of them, which browsers send in
// queries all the same: [ ] | ^ ` { } and the quotes are harmless here.
bool is_target_byte(char c) { return c > ' ' && c < 0x7f && c != '#' && c != '\\'; }

// The part of `text` before `separator`, which are both cut off `text`.
std::string_view take_until(std::string_view& text, char separator) {
  const size_t end = std::min(text.find(separator), text.size());
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

Result<std::vector<std::string>> parse_path(std::string_view path) {
  std::vector<std::string> segments;
  path.remove_prefix(1);
  bool more = true;
  while (more) {
    if (segments.size() == most_segments)
      return failure(fmt::format("the path has more than {} segments", most_segments));
    more = path.find('/') != std::string_view::npos;
    TRY(std::string segment, percent_decode(take_until(path, '/'), false));
    segments.push_back(std::move(segment));
  }
  return segments;
}

Result<std::vector<NameValue>> parse_query(std::string_view query) {
  std::vector<NameValue> parameters;
  while (!query.empty()) {
    std::string_view pair = take_until(query, '&');
    if (pair.empty()) continue;
    if (parameters.size() == most_parameters)
      return failure(fmt::format("the query has more than {} parameters", most_parameters));
    TRY(std::string name, percent_decode(take_until(pair, '='), true));
    TRY(std::string value, percent_decode(pair, true));
    if (name.empty()) return failure("a parameter of the query has no name");
    parameters.push_back({std::move(name), std::move(value)});
  }
  return parameters;
}

std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

Result<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      decoded += ' ';
    } else if (text[i] != '%') {
      decoded += text[i];
    } else {
      const int high = i + 2 < text.size() ? digit_value(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? digit_value(text[i + 2]) : -1;
      if (high < 0 || low < 0)
        return failure(fmt::format("'{}' is no escape: two hexadecimal digits follow a %",
                                   escape_terminal(text.substr(i, 3))));
      if (high == 0 && low == 0) return failure("%00 is not allowed");
      decoded += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  if (decoded.find('\0') != std::string::npos) return failure("a NUL byte is not allowed");
  if (valid_utf8(decoded) != decoded.size())
    return failure(
        fmt::format("'{}' is no UTF-8 once decoded", shorten(escape_terminal(text), 80)));
  return decoded;
}

Result<Target> parse_target(std::string_view target) {
  if (!target.starts_with('/')) return failure("the target of the request is not a path");
  const auto bad = std::find_if_not(target.begin(), target.end(), is_target_byte);
  if (bad != target.end())
    return failure(fmt::format("'{}' in the target has to be escaped",
                               escape_terminal(std::string_view(&*bad, 1))));
  const size_t question = std::min(target.find('?'), target.size());
  Target parsed;
  TRY(parsed.segments, parse_path(target.substr(0, question)));
  for (const std::string& segment : parsed.segments) parsed.path += '/' + segment;
  TRY(parsed.query, parse_query(target.substr(std::min(question + 1, target.size()))));
  return parsed;
}

std::vector<NameValue> parse_cookies(std::string_view header) {
  std::vector<NameValue> cookies;
  while (!header.empty() && cookies.size() < most_cookies) {
    std::string_view pair = take_until(header, ';');
    if (pair.find('=') == std::string_view::npos) continue;
    const std::string_view name = without_blanks(take_until(pair, '='));
    std::string_view value = without_blanks(pair);
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
      value = value.substr(1, value.size() - 2);
    if (is_header_name(name) && is_header_value(value))
      cookies.push_back({std::string(name), std::string(value)});
  }
  return cookies;
}

}  // namespace yagura::http
