// SPDX-License-Identifier: Apache-2.0
//
// A saved series of densities. What can be loaded is saved as the same bytes, and takes values.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "learn/variance_ratio_alarm.h"

using namespace yagura;
using namespace yagura::learn;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr VarianceRatioOptions options{20, 0.98};
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  ByteReader in(bytes);
  auto alarm = VarianceRatioAlarm::load(in, options);
  if (!alarm) return 0;
  ByteWriter out;
  alarm->save(out);
  CHECK(out.bytes() == bytes.substr(0, in.position()));
  for (int i = 0; i < 3; ++i) {
    alarm->add(i);
    CHECK(alarm->size() <= options.history);
  }
  return 0;
}
