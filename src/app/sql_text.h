// SPDX-License-Identifier: Apache-2.0
//
// How the result of a person's own SQL is written, on the command line and over HTTP alike. Pure
// functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "store/block.h"

namespace yagura::app {

// A type whose values are numbers: they stand to the right and need no quotes.
bool is_number_type(std::string_view type);
// A line each, "\r\n" at its end.
std::string sql_csv_header(const store::Block& block);
std::string sql_csv_row(const store::Block& block, size_t row);
// {"name": value, ...} in the order of the columns.
std::string sql_json_row(const store::Block& block, size_t row);

}  // namespace yagura::app
