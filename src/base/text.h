// SPDX-License-Identifier: Apache-2.0
//
// How values become words: numbers as people read them, and text from outside made safe for a
// terminal, HTML, JSON and CSV. Pure functions; thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace yagura {

std::string format_count(uint64_t value);  // "1,234,567"
std::string format_signed_count(int64_t value);
// Thousands separators and a fixed number of decimals: "1,234.50". Not a number: "".
std::string format_number(double value, int decimals);
std::string format_share(double fraction);   // 0.1234 -> "12.3 %"; above 0 but tiny: "<0.1 %"
std::string format_change(double fraction);  // 0.25 -> "+25 %", -0.031 -> "-3.1 %", 12 -> "x 13"
std::string format_bytes(uint64_t bytes);    // "512 B", "1.5 GiB"
std::string format_short(double value);      // "950", "12.3 k", "4.56 M", "1.2 G"

// Reads "512M", "1.5 GiB", "2000000000" (powers of 1024 for K, M, G, T with or without "iB").
Result<uint64_t> parse_bytes(std::string_view text);

// Bytes from outside as printable UTF-8: control characters and malformed sequences as \xNN, line
// ends and tabs as \n, \r, \t, direction marks as \u{202e}. A backslash stays as it is.
std::string escape_terminal(std::string_view text);
std::string escape_html(std::string_view text);  // for element content and quoted attributes
std::string json_quote(std::string_view text);   // with the quotes; malformed bytes as U+FFFD
// Quoted where RFC 4180 asks for it, and escaped as for a terminal, so that a row is a line. A text
// that a spreadsheet would run as a formula gets a leading apostrophe.
std::string csv_field(std::string_view text);
// The fields of a CSV line (RFC 4180), spaces around them taken off; nothing if a quote stays open.
std::optional<std::vector<std::string>> csv_fields(std::string_view line);

// Without blanks, tabs and line ends at both ends.
std::string_view trim(std::string_view text);

// Bytes before the first malformed sequence of UTF-8: all where there is none.
size_t valid_utf8(std::string_view text);

// Columns it takes on a terminal, counting one for every code point of valid UTF-8.
size_t display_width(std::string_view text);
// At most `width` columns: the end replaced by "..." where it does not fit.
std::string shorten(std::string_view text, size_t width);
// Breaks at spaces so that no line is longer than `width`, unless a word is.
std::string wrap(std::string_view text, size_t width, std::string_view indent = {});

// The candidate that differs least from `word` (edits: insert, delete, replace, swap), or empty
// where none is near enough to be meant.
std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace yagura
