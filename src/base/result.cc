// SPDX-License-Identifier: Apache-2.0
#include "base/result.h"

#include <cstdio>
#include <cstdlib>
#include <system_error>

namespace yagura {

std::string errno_text(int code) { return std::generic_category().message(code); }

namespace internal {

void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "yagura: internal error: %s does not hold (%s:%d)\n", condition, file, line);
  std::abort();
}

}  // namespace internal
}  // namespace yagura
