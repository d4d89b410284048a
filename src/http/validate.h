// SPDX-License-Identifier: Apache-2.0
//
// The values of parameters against their declarations, and the declarations against themselves;
// private to this room. Pure functions; thread-safe. Values come from strangers.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/message.h"
#include "http/route.h"

namespace yagura::http {

// The value that `text` is for `parameter`; the error names the parameter and what it may be.
Result<ParameterValue> parse_parameter(const Parameter& parameter, std::string_view text);

// Fills `call` with every declared parameter. `path_values` are those of the pattern. Fails on
// unknown, repeated, missing and bad ones.
Result<void> validate_parameters(const Route& route, const std::vector<NameValue>& path_values,
                                 const std::vector<NameValue>& query, Call& call);

// Presence and content type of the body; the response that refuses has status 400 or 415.
std::optional<Response> refuse_body(const Route& route, const Request& request);

// What a programmer can get wrong: a default out of its bounds, names twice, a choice of nothing,
// a schema that is no JSON, no handler.
Result<void> check_declaration(const Route& route);

}  // namespace yagura::http
