// SPDX-License-Identifier: Apache-2.0
//
// Bytes from a connection to requests; private to this room. Headers are read by Beast's parser,
// behind checks of our own for what it lets pass; bodies by this.
//
// One parser reads one request. Bytes go in as they come, in pieces of any size; what a piece of
// another size would change is a fault that the fuzz target looks for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "http/message.h"

namespace yagura::http {

struct ParserLimits {
  size_t header_bytes = size_t{16} << 10;  // request line and headers; also one chunk header
  size_t target_bytes = size_t{8} << 10;
  size_t body_bytes = size_t{1} << 20;
};

class RequestParser {
 public:
  enum class State : uint8_t { header, body, complete, refused };

  explicit RequestParser(const ParserLimits& limits);
  ~RequestParser();
  RequestParser(RequestParser&&) noexcept;
  RequestParser& operator=(RequestParser&&) noexcept;

  // Takes what it can from the front of `bytes` and says how much that is; the rest is given again,
  // with what came behind it. Call it while the state is header or body.
  size_t take(std::string_view bytes);
  State state() const { return state_; }

  // From body on: the client waits for "100 Continue" before it sends the body (RFC 9110 10.1.1).
  bool expects_continue() const;
  // From complete on: whether another request may follow on this connection. Not after HTTP/1.0,
  // whose keep-alive has rules of its own.
  bool keep_alive() const;
  // Complete: the request, without `remote` and `secure`. Once.
  Request release();
  // Refused: what to say before closing. Nothing after a refused request can be understood.
  const Response& refusal() const { return refusal_; }

 private:
  struct Implementation;
  enum class Part : uint8_t {
    data,
    size,
    data_end,
    trailer
  };  // of a body, all but data if chunked

  size_t take_header(std::string_view bytes);
  size_t take_body(std::string_view bytes);
  void take_line(std::string_view line);
  void accept_header();
  void refuse(int status, std::string_view detail);

  ParserLimits limits_;
  State state_ = State::header;
  size_t searched_ = 0;  // bytes known not to hold the end of the header
  Part part_ = Part::data;
  bool chunked_ = false;
  size_t remaining_ = 0;   // bytes of the body or of the chunk that are yet to come
  size_t line_bytes_ = 0;  // of the trailers
  Request request_;
  Response refusal_;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace yagura::http
