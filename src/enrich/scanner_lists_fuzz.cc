// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "enrich/organisation_names.h"
#include "enrich/scanner_lists.h"

using namespace yagura::enrich;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto list = read_scanner_list("surveyscanner_2026_1Q.json", bytes);
  if (!list) return 0;
  CHECK(list->problems.size() <= 1001);
  for (const auto& scanner : list->scanners) {
    CHECK(!scanner.organisation.empty());
    CHECK(!scanner.from || !scanner.until || *scanner.from < *scanner.until);
    CHECK(scanner.host_name.empty() || is_host_name(scanner.host_name));
  }
  return 0;
}
