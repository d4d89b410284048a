// SPDX-License-Identifier: Apache-2.0
//
// Which names in a Host header are this server's; private to this room. Immutable; thread-safe.
//
// A page of a stranger can make its own name point at 127.0.0.1 and then ask this server as if it
// were its own (DNS rebinding); the name in the header gives it away.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/ip_address.h"
#include "base/result.h"

namespace yagura::http {

class HostNames {
 public:
  // `bound` is the address listened on; `names` what the operator allows besides: names or
  // addresses without a port, or "*" for all. Fails on what is neither.
  static Result<HostNames> create(IpAddress bound, const std::vector<std::string>& names);

  // `host` as in the header, with or without a port; `local` is the address the request came to.
  bool accept(std::string_view host, IpAddress local) const;

 private:
  bool any_ = false;
  std::vector<std::string> names_;  // lower case
  std::vector<IpAddress> addresses_;
};

}  // namespace yagura::http
