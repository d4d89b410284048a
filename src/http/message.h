// SPDX-License-Identifier: Apache-2.0
//
// What goes in and out of the HTTP server: a request that was read whole and a response that is
// written whole, or a response that goes on as a stream of events.
//
// Plain values without sockets, so that handlers are tested by calling them. Not shared between
// threads: the server hands a request to one worker and takes the response back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip_address.h"
#include "base/result.h"

namespace yagura::http {

class EventSubscription;  // http/event_stream.h

enum class Method : uint8_t { get, head, post, put, patch, delete_, options };

std::string_view method_name(Method method);                // "GET"
std::optional<Method> parse_method(std::string_view name);  // as on the wire: upper case only

struct NameValue {
  std::string name;
  std::string value;
  bool operator==(const NameValue&) const = default;
};

// The value of the first entry called exactly `name`, or nothing. Views into `list`.
std::optional<std::string_view> find(const std::vector<NameValue>& list, std::string_view name);

// Header fields in the order in which they came; names are compared without regard to case
// (RFC 9110 5.1).
class Headers {
 public:
  // Appends, also where the name is there already (Set-Cookie).
  void add(std::string_view name, std::string_view value);
  // Replaces every field of that name.
  void set(std::string_view name, std::string_view value);
  std::optional<std::string_view> find(std::string_view name) const;  // the first
  size_t count(std::string_view name) const;
  const std::vector<NameValue>& all() const { return fields_; }

 private:
  std::vector<NameValue> fields_;
};

// Case-insensitive for ASCII letters, the only ones a header name has.
bool same_name(std::string_view a, std::string_view b);
// A name of RFC 9110 5.6.2, and a value without control characters: what may stand in a header.
bool is_header_name(std::string_view name);
bool is_header_value(std::string_view value);

struct Request {
  Method method = Method::get;
  // Percent-decoded, with the slash in front: for people and for look-ups of whole paths.
  std::string path = "/";
  // What stands between the slashes, each decoded by itself: a %2F is part of its segment. "/" has
  // one, empty; "/a/" has "a" and an empty one.
  std::vector<std::string> segments = {""};
  std::vector<NameValue> query;  // decoded, in order, repeated names kept
  Headers headers;
  std::vector<NameValue> cookies;
  std::string body;
  IpAddress remote;     // who is at the other end of the connection
  bool secure = false;  // came over TLS
};

struct Response {
  int status = 200;
  std::string content_type;  // "" where there is no body
  Headers headers;           // a field with a control character in it makes the answer a 500
  std::string body;
  // Set: after the header the connection carries this stream until one side ends it. Shared between
  // the hub that publishes and the connection that sends.
  std::shared_ptr<EventSubscription> events;
};

Response json(std::string body, int status = 200);
Response text(std::string body, int status = 200);  // text/plain, UTF-8
Response csv(std::string body);
Response no_content();  // 204
// application/problem+json as RFC 9457 has it: {"type":"about:blank","title","status","detail"}.
// `detail` is one sentence for a person; bytes that are no UTF-8 are replaced.
Response problem(int status, std::string_view detail);

// "Not Found" (RFC 9110 15 and RFC 6585); "Unknown" for a status nobody defined.
std::string_view reason_of(int status);

struct Cookie {
  std::string name;
  std::string value;
  std::string path = "/";
  std::optional<int64_t> max_age_seconds = {};  // absent: until the browser ends; 0 deletes
  bool secure = false;                          // give Request::secure
};
// The value of a Set-Cookie field, always HttpOnly and SameSite=Strict. Fails on characters that a
// cookie cannot hold (RFC 6265 4.1.1).
Result<std::string> set_cookie(const Cookie& cookie);

}  // namespace yagura::http
