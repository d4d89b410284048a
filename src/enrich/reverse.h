// SPDX-License-Identifier: Apache-2.0
//
// Reverse-DNS names of addresses, by the resolver the operator names and no other.
//
// Asking for the names of sources tells the resolver, and the name servers behind it, that somebody
// saw them: it can reveal a telescope. So nothing here runs unless it is asked for, the machine's
// own resolver and hosts file are not used, and only PTR questions are sent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip_address.h"
#include "base/result.h"
#include "base/time.h"

namespace yagura::enrich {

enum class ReverseOutcome : uint8_t {
  found = 1,
  no_name = 2,  // the name servers say there is none, or gave what is no host name
  failed = 3,   // no answer, or an answer that says try later
};

struct ReverseName {
  IpAddress address;
  ReverseOutcome outcome = ReverseOutcome::failed;
  std::string name;  // lower case, without the last dot; empty unless found
};

struct ReverseOptions {
  size_t concurrency = 64;                          // questions on the way at a time, 1 to 1,000
  Duration timeout = Duration::milliseconds(2000);  // of one try
  int tries = 2;
};

// Asks `resolver` ("192.0.2.53", "127.0.0.1:5353", "[2001:db8::53]:53") for every address,
// blocking; the answers stand in the order of `addresses`. A resolver that answers none of the
// first questions is an error, found after `tries` timeouts and not after all of them.
Result<std::vector<ReverseName>> reverse_names(std::string_view resolver,
                                               std::span<const IpAddress> addresses,
                                               const ReverseOptions& options = {});

// "1.2.0.192.in-addr.arpa", or 32 nibbles under ip6.arpa (RFC 1035 3.5, RFC 3596 2.5).
std::string reverse_domain(IpAddress address);

}  // namespace yagura::enrich
