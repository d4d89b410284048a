// SPDX-License-Identifier: Apache-2.0
#include "http/route.h"

#include <algorithm>
#include <utility>

#include "base/result.h"

namespace yagura::http {
namespace {

Parameter parameter_of(std::string name, std::string description, ParameterType type) {
  Parameter parameter;
  parameter.name = std::move(name);
  parameter.description = std::move(description);
  parameter.type = type;
  return parameter;
}

}  // namespace

Parameter text_parameter(std::string name, std::string description) {
  return parameter_of(std::move(name), std::move(description), ParameterType::text);
}

Parameter integer_parameter(std::string name, std::string description, int64_t minimum,
                            int64_t maximum, std::optional<int64_t> fallback) {
  Parameter parameter =
      parameter_of(std::move(name), std::move(description), ParameterType::integer);
  parameter.minimum = minimum;
  parameter.maximum = maximum;
  if (fallback) parameter.fallback = std::to_string(*fallback);
  return parameter;
}

Parameter time_parameter(std::string name, std::string description) {
  return parameter_of(std::move(name), std::move(description), ParameterType::time);
}

Parameter boolean_parameter(std::string name, std::string description, bool fallback) {
  Parameter parameter =
      parameter_of(std::move(name), std::move(description), ParameterType::boolean);
  parameter.fallback = fallback ? "true" : "false";
  return parameter;
}

Parameter choice_parameter(std::string name, std::string description,
                           std::vector<std::string> choices, std::optional<std::string> fallback) {
  Parameter parameter =
      parameter_of(std::move(name), std::move(description), ParameterType::choice);
  parameter.choices = std::move(choices);
  parameter.fallback = std::move(fallback);
  return parameter;
}

Parameter path_parameter(std::string name, std::string description) {
  Parameter parameter = parameter_of(std::move(name), std::move(description), ParameterType::text);
  parameter.place = Place::path;
  parameter.required = true;
  return parameter;
}

bool Principal::may(std::string_view scope) const {
  if (scope == any_scope) return !anonymous();
  return std::find(scopes.begin(), scopes.end(), scope) != scopes.end();
}

Call::Call(const Request& request, const Principal& principal, size_t worker)
    : request_(request), principal_(principal), worker_(worker) {}

void Call::declare(std::string_view name, std::optional<ParameterValue> value) {
  entries_.push_back({name, std::move(value)});
}

const std::optional<ParameterValue>& Call::value_of(std::string_view name) const {
  const auto entry = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& candidate) { return candidate.name == name; });
  CHECK(entry != entries_.end());
  return entry->value;
}

namespace {

template <typename T>
const T* value_as(const std::optional<ParameterValue>& value) {
  if (!value) return nullptr;
  const T* const held = std::get_if<T>(&*value);
  CHECK(held);
  return held;
}

}  // namespace

std::optional<std::string_view> Call::text(std::string_view name) const {
  const auto* const value = value_as<std::string>(value_of(name));
  return value ? std::optional<std::string_view>(*value) : std::nullopt;
}

std::optional<int64_t> Call::integer(std::string_view name) const {
  const auto* const value = value_as<int64_t>(value_of(name));
  return value ? std::optional(*value) : std::nullopt;
}

std::optional<Timestamp> Call::time(std::string_view name) const {
  const auto* const value = value_as<Timestamp>(value_of(name));
  return value ? std::optional(*value) : std::nullopt;
}

std::optional<bool> Call::boolean(std::string_view name) const {
  const auto* const value = value_as<bool>(value_of(name));
  return value ? std::optional(*value) : std::nullopt;
}

}  // namespace yagura::http
