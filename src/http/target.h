// SPDX-License-Identifier: Apache-2.0
//
// The target of a request and its cookies, taken apart strictly: what is not well-formed is an
// error for a 400 and never repaired, so that no two readers can understand it differently.
//
// Pure functions; thread-safe. Their input comes from strangers.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/message.h"

namespace yagura::http {

constexpr size_t most_segments = 32;
constexpr size_t most_parameters = 64;
constexpr size_t most_cookies = 64;

struct Target {
  std::string path;                   // as Request::path
  std::vector<std::string> segments;  // as Request::segments
  std::vector<NameValue> query;
};

// "/a%20b/c?x=1&y=" in origin form (RFC 9112 3.2.1). Fails on other forms, bytes a URI cannot hold
// (RFC 3986), bad escapes, escaped NUL and what is no UTF-8 once decoded. Nothing is normalised:
// empty segments and ".." stay segments like others, and no route has such.
Result<Target> parse_target(std::string_view target);

// "%41" is "A". In a query a '+' is a space (WHATWG URL 5.1).
Result<std::string> percent_decode(std::string_view text, bool plus_is_space);

// Name-value pairs of a Cookie header (RFC 6265 4.2.1), quotes around values taken off. Pairs that
// no server of ours can have set, without '=' or with control characters, are left out: a browser
// sends what others on the same host set as well.
std::vector<NameValue> parse_cookies(std::string_view header);

}  // namespace yagura::http
