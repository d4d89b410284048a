// SPDX-License-Identifier: Apache-2.0
//
// Sends lines as datagrams: syslog over UDP (RFC 5426). Private to this room.
#pragma once

#include <string_view>

#include "base/result.h"

namespace yagura::notify {

// Each line of `lines` to "host:port". Blocks while the name is resolved. That a datagram arrived
// nobody can know.
Result<void> send_datagrams(std::string_view host_and_port, std::string_view lines);

}  // namespace yagura::notify
