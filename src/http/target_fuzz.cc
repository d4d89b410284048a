// SPDX-License-Identifier: Apache-2.0
//
// The first byte chooses: the target of a request, which escaped again means the same, or cookies.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/text.h"
#include "http/message.h"
#include "http/target.h"

using namespace yagura;
using namespace yagura::http;

namespace {

std::string escaped(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<uint8_t>(c);
    out += '%';
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

void check_text(std::string_view text) {
  CHECK(text.find('\0') == std::string_view::npos && valid_utf8(text) == text.size());
}

void read_target(std::string_view bytes) {
  const auto target = parse_target(bytes);
  if (!target) {
    CHECK(!target.error().message().empty());
    return;
  }
  CHECK(!target->segments.empty() && target->segments.size() <= most_segments);
  CHECK(target->query.size() <= most_parameters);
  std::string again;
  for (const std::string& segment : target->segments) {
    check_text(segment);
    again += '/' + escaped(segment);
  }
  char separator = '?';
  for (const NameValue& parameter : target->query) {
    check_text(parameter.name);
    check_text(parameter.value);
    again += separator + escaped(parameter.name) + '=' + escaped(parameter.value);
    separator = '&';
  }
  const auto same = parse_target(again);
  CHECK(same && same->segments == target->segments && same->query == target->query);
  CHECK(same->path == target->path);
}

void read_cookies(std::string_view bytes) {
  const auto cookies = parse_cookies(bytes);
  CHECK(cookies.size() <= most_cookies);
  for (const NameValue& cookie : cookies)
    CHECK(is_header_name(cookie.name) && is_header_value(cookie.value));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] % 4 == 0) {
    read_cookies(bytes);
  } else {
    read_target(bytes);
  }
  return 0;
}
