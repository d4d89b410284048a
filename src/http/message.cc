// SPDX-License-Identifier: Apache-2.0
#include "http/message.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"

namespace yagura::http {
namespace {

constexpr std::array<std::pair<Method, std::string_view>, 7> methods = {
    {{Method::get, "GET"},
     {Method::head, "HEAD"},
     {Method::post, "POST"},
     {Method::put, "PUT"},
     {Method::patch, "PATCH"},
     {Method::delete_, "DELETE"},
     {Method::options, "OPTIONS"}}};

constexpr std::array<std::pair<int, std::string_view>, 31> reasons = {{
    {100, "Continue"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501,
     "Not "
     "Implemented"},
    {503, "Service Unavailable"},
}};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// RFC 6265 4.1.1, cookie-octet.
bool is_cookie_octet(char c) {
  return c > ' ' && c < 0x7f && c != '"' && c != ',' && c != ';' && c != '\\';
}

Response with_body(std::string_view content_type, std::string body, int status) {
  Response response;
  response.status = status;
  response.content_type = content_type;
  response.body = std::move(body);
  return response;
}

}  // namespace

std::string_view method_name(Method method) { return methods[static_cast<size_t>(method)].second; }

std::optional<Method> parse_method(std::string_view name) {
  for (const auto& [method, text] : methods)
    if (text == name) return method;
  return std::nullopt;
}

std::optional<std::string_view> find(const std::vector<NameValue>& list, std::string_view name) {
  for (const NameValue& entry : list)
    if (entry.name == name) return entry.value;
  return std::nullopt;
}

void Headers::add(std::string_view name, std::string_view value) {
  fields_.push_back({std::string(name), std::string(value)});
}

void Headers::set(std::string_view name, std::string_view value) {
  std::erase_if(fields_, [&](const NameValue& field) { return same_name(field.name, name); });
  add(name, value);
}

std::optional<std::string_view> Headers::find(std::string_view name) const {
  for (const NameValue& field : fields_)
    if (same_name(field.name, name)) return field.value;
  return std::nullopt;
}

size_t Headers::count(std::string_view name) const {
  return static_cast<size_t>(
      std::count_if(fields_.begin(), fields_.end(),
                    [&](const NameValue& field) { return same_name(field.name, name); }));
}

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

bool is_header_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return is_letter_or_digit(c) ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

bool is_header_value(std::string_view value) {
  return std::none_of(value.begin(), value.end(), [](char c) {
    const auto byte = static_cast<uint8_t>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7f;
  });
}

Response json(std::string body, int status) {
  return with_body("application/json", std::move(body), status);
}

Response text(std::string body, int status) {
  return with_body("text/plain; charset=utf-8", std::move(body), status);
}

Response csv(std::string body) {
  return with_body("text/csv; charset=utf-8", std::move(body), 200);
}

Response no_content() {
  Response response;
  response.status = 204;
  return response;
}

Response problem(int status, std::string_view detail) {
  return with_body("application/problem+json",
                   fmt::format(R"({{"type":"about:blank","title":{},"status":{},"detail":{}}})",
                               json_quote(reason_of(status)), status, json_quote(detail)),
                   status);
}

std::string_view reason_of(int status) {
  for (const auto& [number, reason] : reasons)
    if (number == status) return reason;
  return "Unknown";
}

Result<std::string> set_cookie(const Cookie& cookie) {
  if (!is_header_name(cookie.name))
    return failure(fmt::format("'{}' is no name for a cookie", escape_terminal(cookie.name)));
  if (!std::all_of(cookie.value.begin(), cookie.value.end(), is_cookie_octet))
    return failure(fmt::format("the value of cookie {} holds what a cookie cannot", cookie.name));
  const bool rooted = cookie.path.starts_with('/') && is_header_value(cookie.path) &&
                      cookie.path.find(';') == std::string::npos;
  if (!rooted) return failure(fmt::format("the path of cookie {} is none", cookie.name));
  std::string field = fmt::format("{}={}; Path={}", cookie.name, cookie.value, cookie.path);
  if (cookie.max_age_seconds) field += fmt::format("; Max-Age={}", *cookie.max_age_seconds);
  field += "; HttpOnly; SameSite=Strict";
  if (cookie.secure) field += "; Secure";
  return field;
}

}  // namespace yagura::http
