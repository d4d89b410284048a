// SPDX-License-Identifier: Apache-2.0
//
// The head of a response as it goes over the wire; private to this room. Pure; thread-safe.
#pragma once

#include <string>

#include "base/time.h"
#include "http/message.h"

namespace yagura::http {

// Status line, headers and the empty line. Adds Date, length, and whatever the response has not
// set itself of the headers that keep a browser from doing harm with it (OWASP Secure Headers).
// An answer that says nothing of caching is not kept at all. A response with events has no length:
// it ends with the connection.
std::string head_text(const Response& response, bool keep_alive, Timestamp now);

// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 5.6.7).
std::string http_date(Timestamp time);

}  // namespace yagura::http
