// SPDX-License-Identifier: Apache-2.0
//
// JSON Schema (2020-12, what OpenAPI 3.1 uses) built from small pieces, as text. Pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"

namespace yagura::http::schema {

std::string text(std::string_view description = {});
std::string time(std::string_view description = {});  // RFC 3339
std::string integer(std::string_view description = {});
std::string number(std::string_view description = {});
std::string boolean(std::string_view description = {});
std::string one_of(const std::vector<std::string>& choices);  // a text, one of these
std::string anything();
std::string array(std::string_view items);      // of the schema given
std::string nullable(std::string_view schema);  // or null

// Whether `text` can be a schema: a JSON object, true or false.
bool is_schema(std::string_view text);

// An object: `properties` are names and schemas. Those whose names end in '?' (which is cut off)
// may be absent, the others are required; properties beyond them are refused unless `open`.
std::string object(const std::vector<NameValue>& properties, bool open = false);

}  // namespace yagura::http::schema
