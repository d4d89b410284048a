// SPDX-License-Identifier: Apache-2.0
//
// Base64 (RFC 4648, with padding); private to this room. Pure.
#pragma once

#include <string>
#include <string_view>

namespace yagura::notify {

std::string base64(std::string_view bytes);
// In lines of 76 characters that end in CRLF, as MIME asks for.
std::string base64_lines(std::string_view bytes);

}  // namespace yagura::notify
