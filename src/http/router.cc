// SPDX-License-Identifier: Apache-2.0
#include "http/router.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "http/event_stream.h"
#include "http/validate.h"

namespace yagura::http {
namespace {

constexpr std::string_view files_route = "(files)";
constexpr std::string_view no_route = "(none)";

std::string described(const Route& route) {
  return fmt::format("route {} {}", method_name(route.method), route.pattern);
}

bool serves(const Route& route, Method method) {
  return route.method == method || (method == Method::head && route.method == Method::get);
}

Response not_found(const Request& request) {
  return problem(404, fmt::format("there is no {}", shorten(escape_terminal(request.path), 200)));
}

// RFC 9110 11.6.1: a 401 says how one can say who one is.
Response unauthenticated() {
  Response response = problem(401, "this needs a login or a token");
  response.headers.set("WWW-Authenticate", "Bearer");
  return response;
}

// What must not reach the wire, whoever made it.
Response checked(Response response, std::string_view route) {
  bool sound = is_header_value(response.content_type);
  for (const NameValue& field : response.headers.all())
    sound = sound && is_header_name(field.name) && is_header_value(field.value);
  if (sound) return response;
  log_error(fmt::format("{}: the answer had a header that cannot be sent", route));
  return problem(500, "the answer could not be sent; the log says more");
}

}  // namespace

Result<Router> Router::create(std::vector<Route> routes, Authenticator authenticator,
                              Fallback fallback) {
  Router router;
  for (Route& route : routes) {
    const std::string context = described(route);
    TRY_VOID(within(context, router.add(std::move(route))));
  }
  router.authenticator_ = std::move(authenticator);
  router.fallback_ = std::move(fallback);
  return router;
}

Result<Router::Pattern> Router::parse_pattern(const Route& route) {
  std::string_view rest = route.pattern;
  if (!rest.starts_with('/')) return failure("the pattern does not begin with a slash");
  Pattern pattern;
  while (!rest.empty()) {
    rest.remove_prefix(1);
    const std::string_view segment = rest.substr(0, rest.find('/'));
    rest.remove_prefix(segment.size());
    const bool parameter = segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
    const std::string_view text = parameter ? segment.substr(1, segment.size() - 2) : segment;
    if (text.find_first_of("{}") != std::string_view::npos || text == "." || text == "..")
      return failure(fmt::format("'{}' is no segment of a pattern", segment));
    pattern.push_back({std::string(text), parameter});
  }
  return pattern;
}

Result<void> Router::add(Route route) {
  TRY_VOID(check_declaration(route));
  TRY(Pattern pattern, parse_pattern(route));
  size_t in_pattern = 0;
  for (const Parameter& parameter : route.parameters) {
    if (parameter.place != Place::path) continue;
    const auto piece = std::find_if(pattern.begin(), pattern.end(), [&](const Piece& candidate) {
      return candidate.parameter && candidate.text == parameter.name;
    });
    if (piece == pattern.end())
      return failure(fmt::format("parameter '{}' is not in the pattern", parameter.name));
    ++in_pattern;
  }
  const auto pieces = std::count_if(pattern.begin(), pattern.end(),
                                    [](const Piece& piece) { return piece.parameter; });
  if (in_pattern != static_cast<size_t>(pieces))
    return failure("a parameter of the pattern is not declared");
  const auto same = [](const Piece& a, const Piece& b) { return a.same_as(b); };
  for (size_t i = 0; i < routes_.size(); ++i) {
    if (routes_[i].method == route.method &&
        std::equal(patterns_[i].begin(), patterns_[i].end(), pattern.begin(), pattern.end(), same))
      return failure(fmt::format("it matches the same requests as {}", routes_[i].pattern));
  }
  routes_.push_back(std::move(route));
  patterns_.push_back(std::move(pattern));
  return {};
}

const Router::Pattern* Router::find_pattern(const std::vector<std::string>& segments) const {
  const auto matches = [](const Piece& piece, const std::string& segment) {
    if (!piece.parameter) return piece.text == segment;
    return !segment.empty() && segment != "." && segment != "..";
  };
  const auto before = [](const Piece& a, const Piece& b) { return !a.parameter && b.parameter; };
  const Pattern* best = nullptr;
  for (const Pattern& pattern : patterns_) {
    if (!std::equal(pattern.begin(), pattern.end(), segments.begin(), segments.end(), matches))
      continue;
    if (!best || std::lexicographical_compare(pattern.begin(), pattern.end(), best->begin(),
                                              best->end(), before))
      best = &pattern;
  }
  return best;
}

Response Router::find_and_call(const Request& request, size_t worker,
                               std::string_view& name) const {
  const Pattern* const found = find_pattern(request.segments);
  if (!found) {
    const bool reads = request.method == Method::get || request.method == Method::head;
    if (!fallback_ || !reads) return not_found(request);
    Response response = fallback_(request);
    if (response.status == 404) return not_found(request);
    name = files_route;
    return response;
  }
  const auto same = [](const Piece& a, const Piece& b) { return a.same_as(b); };
  std::string allowed;
  for (size_t i = 0; i < routes_.size(); ++i) {
    if (!std::equal(patterns_[i].begin(), patterns_[i].end(), found->begin(), found->end(), same))
      continue;
    const Route& route = routes_[i];
    name = route.pattern;
    if (serves(route, request.method)) return call(route, patterns_[i], request, worker);
    if (!allowed.empty()) allowed += ", ";
    allowed += route.method == Method::get ? "GET, HEAD" : std::string(method_name(route.method));
  }
  Response response = problem(405, fmt::format("{} is not possible here: there are {}",
                                               method_name(request.method), allowed));
  response.headers.set("Allow", allowed);
  return response;
}

Response Router::call(const Route& route, const Pattern& pattern, const Request& request,
                      size_t worker) const {
  Principal principal;
  if (authenticator_) {
    auto known = authenticator_(request, worker);
    if (known) {
      principal = std::move(*known);
    } else if (!route.scope.empty()) {
      Response refusal = std::move(known).error();
      if (refusal.status == 401 && !refusal.headers.find("WWW-Authenticate"))
        refusal.headers.set("WWW-Authenticate", "Bearer");
      return refusal;
    }
  }
  if (!route.scope.empty() && principal.anonymous()) return unauthenticated();
  if (!route.scope.empty() && !principal.may(route.scope))
    return problem(403, fmt::format("this needs the scope '{}'", route.scope));

  std::vector<NameValue> path_values;
  for (size_t i = 0; i < pattern.size(); ++i)
    if (pattern[i].parameter) path_values.push_back({pattern[i].text, request.segments[i]});
  Call call(request, principal, worker);
  const auto valid = validate_parameters(route, path_values, request.query, call);
  if (!valid) return problem(400, valid.error().message());
  if (auto refusal = refuse_body(route, request)) return std::move(*refusal);
  return route.handler(call);
}

RoutedResponse Router::answer(const Request& request, size_t worker) const {
  RoutedResponse routed;
  routed.route = no_route;
  try {
    routed.response = find_and_call(request, worker, routed.route);
  } catch (const std::exception& error) {
    log_error(fmt::format("answering {} {}: {}", method_name(request.method), request.path,
                          error.what()));
    routed.response = problem(500, "the answer failed; the log says more");
  }
  routed.response = checked(std::move(routed.response), routed.route);
  if (request.method == Method::head && routed.response.events) {
    routed.response.events->close();
    routed.response.events.reset();
  }
  return routed;
}

}  // namespace yagura::http
