// SPDX-License-Identifier: Apache-2.0
//
// gzip for answers that are large and made on the spot. Pure functions; thread-safe. Static files
// bring their compressed form along (static_files.h).
//
// Small answers stay as they are: they fit into a few packets anyway, and among them are the ones
// with a secret in them, whose compressed length could tell it to whoever listens and can make the
// browser ask (BREACH).
#pragma once

#include <cstddef>
#include <string_view>

#include "http/message.h"

namespace yagura::http {

inline constexpr size_t smallest_compressed = size_t{16} << 10;  // bytes of the body

// Without the spaces at both ends.
std::string_view trimmed(std::string_view text);

// Calls `visit` with every element of a comma-separated header until it returns true.
template <typename Visit>
bool any_element(std::string_view list, const Visit& visit) {
  while (!list.empty()) {
    const size_t comma = list.find(',') == std::string_view::npos ? list.size() : list.find(',');
    if (visit(trimmed(list.substr(0, comma)))) return true;
    list.remove_prefix(comma < list.size() ? comma + 1 : list.size());
  }
  return false;
}

// Whether "Accept-Encoding: gzip;q=0.5, br" allows gzip (RFC 9110 12.5.3); a weight of 0 forbids.
bool accepts_gzip(const Request& request);

// Compresses the body of `response` where `request` allows it, the content is text, it is not
// compressed already and has no ETag, and it pays. Says in Vary that it would.
void compress(const Request& request, Response& response);

}  // namespace yagura::http
