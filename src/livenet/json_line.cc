// SPDX-License-Identifier: Apache-2.0
#include "livenet/json_line.h"

#include <simdjson.h>

namespace yagura::livenet {

struct JsonLine::Parsed {
  simdjson::dom::parser parser;
  simdjson::dom::element object;
};

JsonLine::JsonLine() : parsed_(std::make_unique<Parsed>()) {}
JsonLine::~JsonLine() = default;

bool JsonLine::parse(std::string_view line) {
  return parsed_->parser.parse(line.data(), line.size()).get(parsed_->object) ==
             simdjson::SUCCESS &&
         parsed_->object.is_object();
}

std::string_view JsonLine::text(std::string_view pointer) const {
  std::string_view text;
  if (parsed_->object.at_pointer(pointer).get(text) != simdjson::SUCCESS) return {};
  return text;
}

std::optional<int64_t> JsonLine::integer(std::string_view pointer) const {
  int64_t value = 0;
  if (parsed_->object.at_pointer(pointer).get(value) != simdjson::SUCCESS) return std::nullopt;
  return value;
}

bool JsonLine::is_object(std::string_view pointer) const {
  simdjson::dom::object object;
  return parsed_->object.at_pointer(pointer).get(object) == simdjson::SUCCESS;
}

}  // namespace yagura::livenet
