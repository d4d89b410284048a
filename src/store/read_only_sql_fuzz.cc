// SPDX-License-Identifier: Apache-2.0
//
// Any text: what passes the inspection passes it again and stays as it is.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "store/read_only_sql.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace yagura::store;
  static const DeniedFunctions denied({"file", "url", "remote", "numbers"});
  const std::string_view sql(reinterpret_cast<const char*>(data), size);
  const auto statement = inspect_read(sql, denied);
  if (!statement) {
    CHECK(!statement.error().message().empty());
    return 0;
  }
  CHECK(!statement->text.empty() && sql.starts_with(statement->text));
  const auto again = inspect_read(statement->text, denied);
  CHECK(again && again->text == statement->text && again->is_select == statement->is_select);
  return 0;
}
