// SPDX-License-Identifier: Apache-2.0
//
// Files of alerts of every form; the first byte says in pieces of what size they come.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "livenet/alert_reader.h"

using namespace yagura;
using namespace yagura::livenet;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const size_t piece = size_t{data[0]} + 1;
  std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  uint64_t alerts = 0;
  AlertLines lines([&](const model::Alert& alert, uint32_t line) -> Result<void> {
    CHECK(line > 0 && !alert.rule.empty() && alert.rule.size() <= longest_name);
    CHECK(!alert.host.empty() && alert.host.size() <= longest_name);
    CHECK(alert.text.size() <= longest_text && alert.source.size() <= longest_name);
    CHECK(alert.time >= Timestamp{} && alert.time <= Timestamp::from_seconds(0xffffffff));
    ++alerts;
    return {};
  });
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size())))
    if (!lines.add(bytes.substr(0, piece))) return 0;
  if (!lines.finish()) return 0;
  CHECK(lines.lines()[static_cast<size_t>(Line::alert)] == alerts);
  return 0;
}
