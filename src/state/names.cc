// SPDX-License-Identifier: Apache-2.0
#include "state/names.h"

#include <fmt/format.h>

#include <array>

#include "base/text.h"

namespace yagura::state {

std::string folded_name(std::string_view name) {
  std::string folded(name);
  for (char& c : folded) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return folded;
}

Outcome<void> check_name(std::string_view what, std::string_view name, size_t longest) {
  // The first is quick to refuse whatever its length: a character takes at most four bytes.
  if (name.empty() || name.size() > 4 * longest || valid_utf8(name) != name.size() ||
      display_width(name) > longest || escape_terminal(name) != name) {
    return refusal(StateError::Kind::invalid,
                   fmt::format("{} takes 1 to {} printable characters", what, longest));
  }
  constexpr std::array<std::string_view, 3> blanks = {" ", "\u00a0", "\u3000"};
  for (const std::string_view blank : blanks) {
    if (name.starts_with(blank) || name.ends_with(blank)) {
      return refusal(StateError::Kind::invalid,
                     fmt::format("{} neither begins nor ends with a blank", what));
    }
  }
  return {};
}

}  // namespace yagura::state
