// SPDX-License-Identifier: Apache-2.0
//
// A route of the API in one declaration: how a request is recognised, which parameters it may have
// and within which bounds, who may ask, what is answered, and the function that answers. Routing,
// validation and the OpenAPI document all come from it, so they cannot disagree.
//
// Declarations are values that do not change once a Router holds them. Handlers are called from
// several worker threads at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/time.h"
#include "http/message.h"

namespace yagura::http {

enum class Place : uint8_t { path, query };
enum class ParameterType : uint8_t { text, integer, time, boolean, choice };

struct Parameter {
  std::string name;
  std::string description;
  Place place = Place::query;
  ParameterType type = ParameterType::text;
  bool required = false;                // those in the path always are
  std::optional<std::string> fallback;  // the default, as one would write it in the query
  std::vector<std::string> choices;     // of a choice
  std::optional<int64_t> minimum;       // of an integer
  std::optional<int64_t> maximum;
  size_t longest = 256;  // bytes, of a text
};

// The usual kinds of query parameter.
Parameter text_parameter(std::string name, std::string description);
Parameter integer_parameter(std::string name, std::string description, int64_t minimum,
                            int64_t maximum, std::optional<int64_t> fallback = {});
Parameter time_parameter(std::string name, std::string description);
Parameter boolean_parameter(std::string name, std::string description, bool fallback = false);
Parameter choice_parameter(std::string name, std::string description,
                           std::vector<std::string> choices,
                           std::optional<std::string> fallback = {});
// In the path, a text.
Parameter path_parameter(std::string name, std::string description);

// The scope that everybody has who is logged in.
inline constexpr std::string_view any_scope = "any";

// Who asks. Filled by the authenticator; without a name it is nobody.
struct Principal {
  std::string name;
  std::string role;
  std::vector<std::string> scopes;
  int64_t tenant = 0;  // whose data alone it may see; 0: of nobody in particular

  bool anonymous() const { return name.empty(); }
  bool may(std::string_view scope) const;
};

using ParameterValue = std::variant<std::string, int64_t, Timestamp, bool>;

// One request on its way to a handler, its parameters validated. Lives as long as the handler runs.
class Call {
 public:
  Call(const Request& request, const Principal& principal, size_t worker);

  const Request& request() const { return request_; }
  const Principal& principal() const { return principal_; }
  const std::string& body() const { return request_.body; }
  // Which of the worker threads runs this, from 0: for one store connection per worker.
  size_t worker() const { return worker_; }

  // The value given or the default; nothing where there is neither. Asking for a name or type that
  // the route did not declare is a CHECK. A choice is a text.
  std::optional<std::string_view> text(std::string_view name) const;
  std::optional<int64_t> integer(std::string_view name) const;
  std::optional<Timestamp> time(std::string_view name) const;
  std::optional<bool> boolean(std::string_view name) const;

  // For the router, and for tests of handlers.
  void declare(std::string_view name, std::optional<ParameterValue> value);

 private:
  const std::optional<ParameterValue>& value_of(std::string_view name) const;

  struct Entry {
    std::string_view name;  // the declaration's
    std::optional<ParameterValue> value;
  };
  const Request& request_;
  const Principal& principal_;
  size_t worker_;
  std::vector<Entry> entries_;
};

struct BodyRule {
  std::string schema;  // JSON Schema text, see http/schema.h
  std::string description;
  std::string content_type = "application/json";  // any other is a 415
};

struct Answer {
  int status = 200;
  std::string description;
  std::vector<std::string> content_types = {"application/json"};  // empty: no body
  std::string schema;  // JSON Schema text of the JSON form; empty: anything
};

using Handler = std::function<Response(const Call&)>;

struct Route {
  Method method = Method::get;  // HEAD comes with GET
  // "/api/v1/telescope/sources/{address}": {name} stands for one whole, non-empty segment.
  std::string pattern;
  std::string summary;
  std::string tag;
  std::vector<Parameter> parameters;
  std::optional<BodyRule> body;  // absent: a request with a body is a 400
  std::vector<Answer> answers;   // the problems the router makes itself are added to the document
  std::string scope;             // "read", `any_scope`; empty: nobody needs to be logged in
  Handler handler;
};

}  // namespace yagura::http
