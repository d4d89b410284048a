// SPDX-License-Identifier: Apache-2.0
//
// For tests: requests as the parser would make them.
#pragma once

#include <string_view>
#include <utility>

#include "http/message.h"
#include "http/target.h"

namespace yagura::http {

inline Request request_for(Method method, std::string_view target) {
  auto parsed = parse_target(target);
  CHECK(parsed);
  Request request;
  request.method = method;
  request.path = std::move(parsed->path);
  request.segments = std::move(parsed->segments);
  request.query = std::move(parsed->query);
  return request;
}

}  // namespace yagura::http
