// SPDX-License-Identifier: Apache-2.0
//
// Plain text laid out in columns as mail readers show it: a Japanese character takes two, and a
// Japanese sentence may break between any two of most. Pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace yagura::warning {

size_t columns_of(std::string_view text);
// With blanks up to `columns`, after it or before it.
std::string padded(std::string_view text, size_t columns, bool right = false);

// Lines of at most `width` columns, unless a word is longer. Before the first stands `first`,
// before the others `indent`. No line begins with a full stop or closing bracket, or ends in an
// opening one.
std::string wrapped(std::string_view text, size_t width, std::string_view first,
                    std::string_view indent);

struct MailColumn {
  std::string_view heading;
  size_t most;  // columns; a wider cell ends its line, and what follows it stands on the next
  bool right = false;
};

// A heading and a line a row, two blanks between columns. Rows are as long as `columns`.
std::string mail_table(const std::vector<MailColumn>& columns,
                       const std::vector<std::vector<std::string>>& rows);

}  // namespace yagura::warning
