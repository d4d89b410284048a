// SPDX-License-Identifier: Apache-2.0
#include "http/request_parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <charconv>
#include <string>
#include <system_error>
#include <utility>

#include "base/text.h"
#include "http/target.h"

namespace yagura::http {
namespace {

namespace beast = boost::beast;

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

}  // namespace

struct RequestParser::Implementation {
  beast::http::request_parser<beast::http::empty_body> parser;
};

RequestParser::RequestParser(const ParserLimits& limits)
    : limits_(limits), implementation_(std::make_unique<Implementation>()) {
  auto& parser = implementation_->parser;
  parser.header_limit(static_cast<uint32_t>(limits.header_bytes + 4));
  parser.body_limit(limits.body_bytes);
}
RequestParser::~RequestParser() = default;
RequestParser::RequestParser(RequestParser&&) noexcept = default;
RequestParser& RequestParser::operator=(RequestParser&&) noexcept = default;

size_t RequestParser::take(std::string_view bytes) {
  CHECK(state_ == State::header || state_ == State::body);
  size_t taken = 0;
  if (state_ == State::header) taken = take_header(bytes);
  if (state_ == State::body) taken += take_body(bytes.substr(taken));
  return taken;
}

// The header goes to Beast in one piece, so that its end is found by one rule: ours.
size_t RequestParser::take_header(std::string_view bytes) {
  // RFC 9112 2.2: an empty line in front of a request is passed over.
  if (searched_ == 0 && bytes.starts_with("\r\n")) return 2;
  const size_t end = bytes.find("\r\n\r\n", searched_);
  const size_t size = end == std::string_view::npos ? bytes.size() : end + 4;
  if (size > limits_.header_bytes) {
    const size_t line = std::min(bytes.find("\r\n"), bytes.size());
    if (line > limits_.target_bytes) {
      refuse(414, fmt::format("the target is longer than {} bytes", limits_.target_bytes));
    } else {
      refuse(431, fmt::format("the headers are longer than {} bytes", limits_.header_bytes));
    }
    return 0;
  }
  if (end == std::string_view::npos) {
    searched_ = bytes.size() - std::min<size_t>(bytes.size(), 3);
    return 0;
  }
  auto& parser = implementation_->parser;
  beast::error_code error;
  const size_t taken = parser.put(boost::asio::buffer(bytes.data(), size), error);
  if (error == beast::http::error::body_limit) {
    refuse(413, fmt::format("the body is longer than {} bytes", limits_.body_bytes));
  } else if (error || taken != size) {
    refuse(400, fmt::format("this is no request of HTTP/1.1: {}",
                            error ? error.message() : "an empty line among its headers"));
  } else {
    accept_header();
  }
  return taken;
}

void RequestParser::accept_header() {
  const auto& message = implementation_->parser.get();
  const std::string_view target = view(message.target());
  if (target.size() > limits_.target_bytes)
    return refuse(414, fmt::format("the target is longer than {} bytes", limits_.target_bytes));
  const auto method = parse_method(view(message.method_string()));
  if (!method)
    return refuse(501, fmt::format("there is no method {} here",
                                   shorten(escape_terminal(view(message.method_string())), 40)));
  request_.method = *method;
  auto parsed = parse_target(target);
  if (!parsed) return refuse(400, parsed.error().message());
  request_.path = std::move(parsed->path);
  request_.segments = std::move(parsed->segments);
  request_.query = std::move(parsed->query);
  std::string cookies;
  for (const auto& field : message) {
    if (!is_header_value(view(field.value())))
      return refuse(400, "a header holds a control character");
    request_.headers.add(view(field.name_string()), view(field.value()));
    if (field.name() == beast::http::field::cookie) {
      cookies += view(field.value());
      cookies += ';';
    }
  }
  request_.cookies = parse_cookies(cookies);
  // RFC 9112 3.2 and 6.1; what else Transfer-Encoding may say Beast would pass over.
  const size_t hosts = request_.headers.count("Host");
  if (hosts > 1 || (hosts == 0 && message.version() >= 11))
    return refuse(400, "a request has one Host header");
  const auto encoding = request_.headers.find("Transfer-Encoding");
  if (encoding && (!same_name(*encoding, "chunked") || message.version() < 11))
    return refuse(501, "of the transfer encodings, chunked alone is possible");
  const auto expected = request_.headers.find("Expect");
  if (expected && !same_name(*expected, "100-continue"))
    return refuse(417, "only 100-continue can be expected");
  const auto& parser = implementation_->parser;
  chunked_ = parser.chunked();
  part_ = chunked_ ? Part::size : Part::data;
  remaining_ = static_cast<size_t>(parser.content_length().value_or(0));
  state_ = chunked_ || remaining_ > 0 ? State::body : State::complete;
}

// By hand: Beast's own reader of chunks fails an assertion when the last one comes byte by byte.
size_t RequestParser::take_body(std::string_view bytes) {
  size_t taken = 0;
  while (state_ == State::body) {
    const std::string_view rest = bytes.substr(taken);
    if (part_ == Part::data) {
      const size_t size = std::min(rest.size(), remaining_);
      request_.body += rest.substr(0, size);
      taken += size;
      remaining_ -= size;
      if (remaining_ > 0) break;
      if (chunked_) part_ = Part::data_end;
      if (!chunked_) state_ = State::complete;
      continue;
    }
    const size_t end = rest.find("\r\n");
    if (end == std::string_view::npos) {
      if (rest.size() > limits_.header_bytes) refuse(400, "a chunk has a header that does not end");
      break;
    }
    taken += end + 2;
    take_line(rest.substr(0, end));
  }
  return taken;
}

// A line of a chunked body (RFC 9112 7.1); its extensions and trailers are passed over.
void RequestParser::take_line(std::string_view line) {
  line_bytes_ += line.size() + 2;
  if (part_ == Part::trailer) {
    if (line_bytes_ > limits_.header_bytes) return refuse(400, "the trailers are too long");
    if (line.empty()) state_ = State::complete;
    return;
  }
  if (part_ == Part::data_end) {
    part_ = Part::size;
    if (!line.empty()) refuse(400, "a chunk is longer than it says");
    return;
  }
  const char* const end = line.data() + std::min(line.find_first_of("; \t"), line.size());
  uint64_t size = 0;
  const auto [stop, error] = std::from_chars(line.data(), end, size, 16);
  const bool extended = end == line.data() + line.size() || line.find(';') != std::string::npos;
  if (error != std::errc() || stop != end || !extended || !is_header_value(line))
    return refuse(400, "a chunk does not begin with its size");
  if (size > limits_.body_bytes - request_.body.size())
    return refuse(413, fmt::format("the body is longer than {} bytes", limits_.body_bytes));
  remaining_ = static_cast<size_t>(size);
  part_ = size == 0 ? Part::trailer : Part::data;
  line_bytes_ = 0;
}

void RequestParser::refuse(int status, std::string_view detail) {
  refusal_ = problem(status, detail);
  state_ = State::refused;
}

bool RequestParser::expects_continue() const { return request_.headers.find("Expect").has_value(); }

bool RequestParser::keep_alive() const {
  const auto& parser = implementation_->parser;
  return parser.keep_alive() && parser.get().version() >= 11;
}

Request RequestParser::release() {
  CHECK(state_ == State::complete);
  return std::move(request_);
}

}  // namespace yagura::http
