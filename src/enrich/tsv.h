// SPDX-License-Identifier: Apache-2.0
//
// The tables compiled in from data/*.tsv: lines of fields parted by tabs, '#' lines left out. They
// are part of the program, so a line that does not fit is a broken invariant and not an error.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "base/result.h"

namespace yagura::enrich {

// Calls `use(std::array<std::string_view, columns>)` for every row of `text`.
template <size_t columns, typename Use>
void for_each_row(std::string_view text, Use use) {
  while (!text.empty()) {
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty() || line.front() == '#') continue;
    std::array<std::string_view, columns> fields;
    for (size_t i = 0; i < columns; ++i) {
      const size_t tab = line.find('\t');
      CHECK((tab == std::string_view::npos) == (i + 1 == columns));
      fields[i] = line.substr(0, tab);
      line.remove_prefix(i + 1 == columns ? line.size() : tab + 1);
    }
    use(fields);
  }
}

}  // namespace yagura::enrich
