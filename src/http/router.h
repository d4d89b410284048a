// SPDX-License-Identifier: Apache-2.0
//
// From a request to its response, without sockets: finds the route, validates what the request says
// against the route's declaration, asks who it is, calls the handler.
//
// The order of refusals: 404 no such path, 405 with Allow, 401 and 403, then 400 (parameters, body)
// and 415: who may not ask does not learn what may be asked. Problems name the parameter, what it
// may be, and the nearest known name where one was misspelled.
//
// Immutable once made; `answer` is called from several threads at once.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "base/result.h"
#include "http/message.h"
#include "http/route.h"

namespace yagura::http {

// The cookie by which a browser's session is known; the document names it.
inline constexpr std::string_view session_cookie = "yagura_session";

// Who asks: nobody (an empty Principal), somebody, or the response that refuses (a bad token, a
// missing CSRF header). Asked for every request that has a route. For a route without scope a
// refusal counts as nobody, so that an outdated cookie does not keep one from logging in.
// Called from several threads at once; `worker` as in Call.
using Authenticator =
    std::function<tl::expected<Principal, Response>(const Request& request, size_t worker)>;

// What answers GET and HEAD of paths that have no route, as static files; its 404 is the router's.
using Fallback = std::function<Response(const Request& request)>;

struct RoutedResponse {
  Response response;
  std::string_view route;  // the pattern, "(files)" or "(none)": a name for metrics. The router's.
};

class Router {
 public:
  // Fails where a declaration contradicts itself or another: two routes for one request, a
  // parameter of the path that is not declared, a default out of bounds. Without an authenticator
  // everybody is nobody; without a fallback what has no route is a 404.
  static Result<Router> create(std::vector<Route> routes, Authenticator authenticator = {},
                               Fallback fallback = {});

  // A HEAD is answered as the GET would be, body and all: the server sends only its length. A
  // handler that fails with an exception (no memory) is a 500, as is a header nobody may send.
  RoutedResponse answer(const Request& request, size_t worker) const;

  const std::vector<Route>& routes() const { return routes_; }

 private:
  struct Piece {
    std::string text;  // of a fixed segment, or the name of the parameter
    bool parameter = false;
    // One shape: the same requests match both.
    bool same_as(const Piece& other) const {
      return parameter == other.parameter && (parameter || text == other.text);
    }
  };
  using Pattern = std::vector<Piece>;

  Router() = default;
  static Result<Pattern> parse_pattern(const Route& route);
  Result<void> add(Route route);
  // Of all patterns that match, the one with a fixed segment where others have a parameter; null
  // where none does.
  const Pattern* find_pattern(const std::vector<std::string>& segments) const;
  // Sets `name` before anything is called that can fail.
  Response find_and_call(const Request& request, size_t worker, std::string_view& name) const;
  Response call(const Route& route, const Pattern& pattern, const Request& request,
                size_t worker) const;

  std::vector<Route> routes_;
  std::vector<Pattern> patterns_;  // of routes_, by index
  Authenticator authenticator_;
  Fallback fallback_;
};

// The OpenAPI 3.1 document of `routes`, as JSON text.
std::string openapi_json(std::span<const Route> routes, std::string_view title,
                         std::string_view version);

}  // namespace yagura::http
