// SPDX-License-Identifier: Apache-2.0
#include "warning/csv_lines.h"

#include <fmt/format.h>

#include "base/text.h"

namespace yagura::warning {

Result<void> read_csv_lines(
    std::string_view text, const std::vector<std::string>& header,
    const std::function<Result<void>(const std::vector<std::string>&)>& take) {
  constexpr size_t longest_line = 1024, problems_told = 5;
  const auto take_line = [&](std::string_view line, bool first) -> Result<void> {
    if (line.size() > longest_line)
      return failure(fmt::format("longer than {} bytes", longest_line));
    const auto fields = csv_fields(line);
    if (!fields) return failure("a quote is not closed");
    return first && *fields == header ? Result<void>() : take(*fields);
  };
  std::vector<std::string> problems;
  size_t more = 0;
  bool first = true;
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t end = text.find('\n');
    const std::string_view line = trim(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.empty() || line[0] == '#') continue;
    const auto taken = take_line(line, first);
    first = false;
    if (taken) continue;
    if (problems.size() < problems_told)
      problems.push_back(fmt::format("line {}: {}", number, taken.error().message()));
    else
      ++more;
  }
  if (more > 0) problems.push_back(fmt::format("and {} more lines", more));
  if (!problems.empty()) return failure(fmt::format("{}", fmt::join(problems, "; ")));
  return {};
}

}  // namespace yagura::warning
