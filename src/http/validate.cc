// SPDX-License-Identifier: Apache-2.0
#include "http/validate.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>
#include <string>

#include "base/text.h"
#include "http/schema.h"

namespace yagura::http {
namespace {

std::string shown(std::string_view text) { return shorten(escape_terminal(text), 64); }

tl::unexpected<Error> refuse(const Parameter& parameter, std::string_view why) {
  return failure(fmt::format("parameter '{}': {}", parameter.name, why));
}

Result<ParameterValue> parse_integer(const Parameter& parameter, std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    return refuse(parameter, fmt::format("'{}' is not a whole number", shown(text)));
  if (parameter.minimum && value < *parameter.minimum)
    return refuse(parameter, fmt::format("{} is less than {}", value, *parameter.minimum));
  if (parameter.maximum && value > *parameter.maximum)
    return refuse(parameter, fmt::format("{} is more than {}", value, *parameter.maximum));
  return value;
}

Result<ParameterValue> parse_choice(const Parameter& parameter, std::string_view text) {
  for (const std::string& choice : parameter.choices)
    if (choice == text) return choice;
  const std::vector<std::string_view> choices(parameter.choices.begin(), parameter.choices.end());
  const std::string_view meant = nearest(text, choices);
  return refuse(parameter,
                fmt::format("'{}' is not one of {}{}", shown(text), fmt::join(choices, ", "),
                            meant.empty() ? "" : fmt::format("; did you mean '{}'?", meant)));
}

Result<ParameterValue> parse_text(const Parameter& parameter, std::string_view text) {
  if (text.empty()) return refuse(parameter, "it is empty");
  if (text.size() > parameter.longest)
    return refuse(parameter, fmt::format("it is longer than {} bytes", parameter.longest));
  if (!is_header_value(text) || text.find('\t') != std::string_view::npos)
    return refuse(parameter, "it holds a control character");
  return std::string(text);
}

std::string no_such_parameter(const Route& route, std::string_view name) {
  std::vector<std::string_view> known;
  for (const Parameter& parameter : route.parameters)
    if (parameter.place == Place::query) known.emplace_back(parameter.name);
  if (known.empty()) return fmt::format("no parameter '{}': there are none here", shown(name));
  const std::string_view meant = nearest(name, known);
  if (!meant.empty())
    return fmt::format("no parameter '{}'; did you mean '{}'?", shown(name), meant);
  return fmt::format("no parameter '{}'; there are {}", shown(name), fmt::join(known, ", "));
}

const Parameter* find_parameter(const Route& route, Place place, std::string_view name) {
  for (const Parameter& parameter : route.parameters)
    if (parameter.place == place && parameter.name == name) return &parameter;
  return nullptr;
}

Result<void> check_parameter(const Parameter& parameter) {
  if (parameter.name.empty()) return failure("a parameter has no name");
  const bool choice = parameter.type == ParameterType::choice;
  if (choice == parameter.choices.empty())
    return refuse(parameter, "a choice, and nothing else, has choices");
  if (parameter.type != ParameterType::integer && (parameter.minimum || parameter.maximum))
    return refuse(parameter, "only an integer has bounds");
  if (parameter.place == Place::path && parameter.fallback)
    return refuse(parameter, "one in the path cannot have a default");
  if (parameter.required && parameter.fallback)
    return refuse(parameter, "one that is required needs no default");
  if (parameter.fallback) TRY_VOID(parse_parameter(parameter, *parameter.fallback));
  return {};
}

}  // namespace

Result<ParameterValue> parse_parameter(const Parameter& parameter, std::string_view text) {
  switch (parameter.type) {
    case ParameterType::text:
      return parse_text(parameter, text);
    case ParameterType::integer:
      return parse_integer(parameter, text);
    case ParameterType::choice:
      return parse_choice(parameter, text);
    case ParameterType::boolean:
      if (text == "true") return true;
      if (text == "false") return false;
      return refuse(parameter, fmt::format("'{}' is neither true nor false", shown(text)));
    case ParameterType::time:
      break;
  }
  const Result<Timestamp> time = parse_time(text);
  if (!time) return refuse(parameter, time.error().message());
  return *time;
}

Result<void> validate_parameters(const Route& route, const std::vector<NameValue>& path_values,
                                 const std::vector<NameValue>& query, Call& call) {
  std::set<std::string_view> seen;
  for (const NameValue& given : query) {
    if (!find_parameter(route, Place::query, given.name))
      return failure(no_such_parameter(route, given.name));
    if (!seen.insert(given.name).second)
      return failure(fmt::format("parameter '{}' is given twice", given.name));
  }
  for (const Parameter& parameter : route.parameters) {
    const bool in_path = parameter.place == Place::path;
    const auto given = find(in_path ? path_values : query, parameter.name);
    if (given || parameter.fallback) {
      TRY(ParameterValue value,
          parse_parameter(parameter, given ? *given : std::string_view(*parameter.fallback)));
      call.declare(parameter.name, std::move(value));
    } else if (parameter.required) {
      return failure(fmt::format("parameter '{}' is missing", parameter.name));
    } else {
      call.declare(parameter.name, std::nullopt);
    }
  }
  return {};
}

std::optional<Response> refuse_body(const Route& route, const Request& request) {
  if (!route.body) {
    if (request.body.empty()) return std::nullopt;
    return problem(400, "the request has a body, but none is expected here");
  }
  if (request.body.empty())
    return problem(400, fmt::format("the body is missing: {}", route.body->description));
  std::string_view type = request.headers.find("Content-Type").value_or("");
  type = type.substr(0, type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  if (same_name(type, route.body->content_type)) return std::nullopt;
  return problem(415, fmt::format("the body has to be {}", route.body->content_type));
}

Result<void> check_declaration(const Route& route) {
  if (!route.handler) return failure("it has no handler");
  if (route.method == Method::head) return failure("HEAD comes with GET");
  std::set<std::string_view> names;
  for (const Parameter& parameter : route.parameters) {
    TRY_VOID(check_parameter(parameter));
    if (!names.insert(parameter.name).second)
      return failure(fmt::format("parameter '{}' is declared twice", parameter.name));
  }
  if (route.body && route.method == Method::get) return failure("a GET has no body");
  if (route.body && !schema::is_schema(route.body->schema))
    return failure("the schema of its body is none");
  if (route.answers.empty()) return failure("it declares no answer");
  for (const Answer& answer : route.answers)
    if (!answer.schema.empty() && !schema::is_schema(answer.schema))
      return failure(fmt::format("the schema of its answer {} is none", answer.status));
  return {};
}

}  // namespace yagura::http
