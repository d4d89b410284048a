// SPDX-License-Identifier: Apache-2.0
#include "http/schema.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/text.h"

namespace yagura::http::schema {
namespace {

std::string typed(std::string_view type, std::string_view description,
                  std::string_view format = {}) {
  std::string out = fmt::format(R"({{"type":"{}")", type);
  if (!format.empty()) out += fmt::format(R"(,"format":"{}")", format);
  if (!description.empty()) out += fmt::format(R"(,"description":{})", json_quote(description));
  return out + '}';
}

}  // namespace

std::string text(std::string_view description) { return typed("string", description); }
std::string time(std::string_view description) { return typed("string", description, "date-time"); }
std::string integer(std::string_view description) { return typed("integer", description); }
std::string number(std::string_view description) { return typed("number", description); }
std::string boolean(std::string_view description) { return typed("boolean", description); }
std::string anything() { return "true"; }

std::string one_of(const std::vector<std::string>& choices) {
  std::string list;
  for (const std::string& choice : choices) list += (list.empty() ? "" : ",") + json_quote(choice);
  return fmt::format(R"({{"type":"string","enum":[{}]}})", list);
}

std::string array(std::string_view items) {
  return fmt::format(R"({{"type":"array","items":{}}})", items);
}

std::string nullable(std::string_view schema) {
  return fmt::format(R"({{"anyOf":[{},{{"type":"null"}}]}})", schema);
}

std::string object(const std::vector<NameValue>& properties, bool open) {
  std::string all, required;
  for (const NameValue& property : properties) {
    std::string_view name = property.name;
    const bool optional = name.ends_with('?');
    if (optional) name.remove_suffix(1);
    const std::string quoted = json_quote(name);
    all += fmt::format("{}{}:{}", all.empty() ? "" : ",", quoted, property.value);
    if (!optional) required += (required.empty() ? "" : ",") + quoted;
  }
  return fmt::format(
      R"({{"type":"object","properties":{{{}}},"required":[{}],"additionalProperties":{}}})", all,
      required, open);
}

bool is_schema(std::string_view text) {
  const auto parsed = nlohmann::json::parse(text, nullptr, false);
  return parsed.is_object() || parsed.is_boolean();
}

}  // namespace yagura::http::schema
