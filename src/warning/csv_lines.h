// SPDX-License-Identifier: Apache-2.0
//
// Walks the lines of a CSV that people write by hand or export. Pure.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace yagura::warning {

// Hands `take` the fields of each line. The header line may be missing; empty lines and lines that
// begin with '#' are left out. Fails with the first five lines that cannot be read or that `take`
// does not take: half an import would take away what is there.
Result<void> read_csv_lines(
    std::string_view text, const std::vector<std::string>& header,
    const std::function<Result<void>(const std::vector<std::string>&)>& take);

}  // namespace yagura::warning
