// SPDX-License-Identifier: Apache-2.0
//
// The OpenAPI 3.1 document of the routes.
#include <nlohmann/json.hpp>

#include "http/router.h"
#include "http/validate.h"

namespace yagura::http {
namespace {

using nlohmann::ordered_json;

ordered_json parse_schema(std::string_view text) {
  auto schema = ordered_json::parse(text, nullptr, false);
  CHECK(!schema.is_discarded());  // Router::create refuses such a route
  return schema;
}

ordered_json value_json(const ParameterValue& value) {
  if (const auto* integer = std::get_if<int64_t>(&value)) return *integer;
  if (const auto* boolean = std::get_if<bool>(&value)) return *boolean;
  if (const auto* time = std::get_if<Timestamp>(&value)) return format_time(*time);
  return std::get<std::string>(value);
}

ordered_json parameter_schema(const Parameter& parameter) {
  ordered_json schema;
  switch (parameter.type) {
    case ParameterType::text:
      schema = {{"type", "string"}, {"minLength", 1}, {"maxLength", parameter.longest}};
      break;
    case ParameterType::integer:
      schema = {{"type", "integer"}};
      break;
    case ParameterType::time:
      schema = {{"type", "string"}, {"format", "date-time"}};
      break;
    case ParameterType::boolean:
      schema = {{"type", "boolean"}};
      break;
    case ParameterType::choice:
      schema = {{"type", "string"}, {"enum", parameter.choices}};
      break;
  }
  if (parameter.minimum) schema["minimum"] = *parameter.minimum;
  if (parameter.maximum) schema["maximum"] = *parameter.maximum;
  if (parameter.fallback) {
    const auto value = parse_parameter(parameter, *parameter.fallback);
    CHECK(value);
    schema["default"] = value_json(*value);
  }
  return schema;
}

ordered_json parameters_json(const Route& route) {
  ordered_json list = ordered_json::array();
  for (const Parameter& parameter : route.parameters) {
    const bool in_path = parameter.place == Place::path;
    list.push_back({{"name", parameter.name},
                    {"in", in_path ? "path" : "query"},
                    {"required", in_path || parameter.required},
                    {"description", parameter.description},
                    {"schema", parameter_schema(parameter)}});
  }
  return list;
}

ordered_json content_json(const std::string& content_type, const std::string& schema) {
  ordered_json media = ordered_json::object();
  if (content_type.ends_with("json") && !schema.empty()) media["schema"] = parse_schema(schema);
  return media;
}

ordered_json problem_json(std::string_view description) {
  const ordered_json schema = {{"$ref", "#/components/schemas/Problem"}};
  return {{"description", description},
          {"content", {{"application/problem+json", {{"schema", schema}}}}}};
}

ordered_json answers_json(const Route& route) {
  ordered_json answers;
  for (const Answer& answer : route.answers) {
    ordered_json& entry = answers[std::to_string(answer.status)];
    entry["description"] =
        answer.description.empty() ? reason_of(answer.status) : answer.description;
    for (const std::string& type : answer.content_types)
      entry["content"][type] = content_json(type, answer.schema);
  }
  const auto add = [&](const char* status, std::string_view description) {
    if (!answers.contains(status)) answers[status] = problem_json(description);
  };
  add("400", "A parameter or the body is not as declared");
  if (!route.scope.empty()) {
    add("401", "Nobody is logged in");
    add("403", "Who asks lacks the scope");
  }
  if (route.body) add("415", "The body is of another content type");
  add("default", "Any other trouble");
  return answers;
}

// "get_api_v1_sources_by_address"
std::string operation_id(const Route& route) {
  std::string id;
  for (const char c : method_name(route.method)) id += static_cast<char>(c - 'A' + 'a');
  for (const char c : route.pattern) {
    const bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (c == '{') {
      id += "by_";
    } else if (c != '}') {
      id += word ? c : '_';
    }
  }
  return id;
}

ordered_json operation_json(const Route& route) {
  ordered_json operation = {{"operationId", operation_id(route)}, {"summary", route.summary}};
  if (!route.tag.empty()) operation["tags"] = {route.tag};
  if (!route.parameters.empty()) operation["parameters"] = parameters_json(route);
  if (route.body) {
    operation["requestBody"] = {
        {"required", true},
        {"description", route.body->description},
        {"content", {{route.body->content_type, {{"schema", parse_schema(route.body->schema)}}}}}};
  }
  operation["responses"] = answers_json(route);
  if (route.scope.empty()) {
    operation["security"] = ordered_json::array();
  } else {
    ordered_json scopes = ordered_json::array();
    if (route.scope != any_scope) scopes.push_back(route.scope);
    operation["security"] = ordered_json::array({{{"token", scopes}}, {{"session", scopes}}});
  }
  return operation;
}

ordered_json components_json() {
  const ordered_json text = {{"type", "string"}};
  return {
      {"schemas",
       {{"Problem",
         {{"type", "object"},
          {"description", "RFC 9457"},
          {"properties",
           {{"type", text}, {"title", text}, {"status", {{"type", "integer"}}}, {"detail", text}}},
          {"required", {"type", "title", "status", "detail"}}}}}},
      {"securitySchemes",
       {{"token", {{"type", "http"}, {"scheme", "bearer"}}},
        {"session", {{"type", "apiKey"}, {"in", "cookie"}, {"name", session_cookie}}}}}};
}

}  // namespace

std::string openapi_json(std::span<const Route> routes, std::string_view title,
                         std::string_view version) {
  ordered_json paths = ordered_json::object();
  for (const Route& route : routes) {
    std::string method;
    for (const char c : method_name(route.method)) method += static_cast<char>(c - 'A' + 'a');
    paths[route.pattern][method] = operation_json(route);
  }
  const ordered_json document = {{"openapi", "3.1.0"},
                                 {"info", {{"title", title}, {"version", version}}},
                                 {"paths", std::move(paths)},
                                 {"components", components_json()}};
  return document.dump();
}

}  // namespace yagura::http
