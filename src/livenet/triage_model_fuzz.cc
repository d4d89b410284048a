// SPDX-License-Identifier: Apache-2.0
//
// A model of the triage whose seal is right and whose bytes are anything; what is loaded must be
// able to go on.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "learn/model_text.h"
#include "livenet/triage.h"

using namespace yagura;
using namespace yagura::livenet;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  AlertLog log;
  auto triage = Triage::load(learn::seal_model("state of the alert triage", 1, bytes), log);
  if (!triage) return 0;
  model::Alert alert;
  alert.rule = "1";
  alert.host = "a";
  for (const int64_t seconds : {1'700'000'000, 1'700'000'001, 1'700'100'000}) {
    alert.time = Timestamp::from_seconds(seconds);
    CHECK(log.add(alert, 0, 1).has_value());
  }
  for (const AlertRow& row : log.rows())
    if (!triage->add(row)) return 0;
  CHECK(triage->finish().has_value());
  CHECK(!triage->save(log).empty());
  return 0;
}
