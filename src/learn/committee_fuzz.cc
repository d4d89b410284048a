// SPDX-License-Identifier: Apache-2.0
//
// Any bytes, sealed so that no checksum keeps them out: the first one says how many networks, each
// of the bytes that follow, the second how many are left out of the last one.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "learn/committee.h"
#include "learn/model_text.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace yagura;
  using namespace yagura::learn;
  if (size < 2) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  const uint32_t count = data[0] % 4;
  ByteWriter out;
  out.put(uint32_t{data[0]} / 4 + count);
  for (uint32_t i = 0; i < count; ++i) {
    const size_t left_out = i + 1 == count ? std::min<size_t>(data[1], bytes.size()) : 0;
    out.put_text(seal_model("network", 1, bytes.substr(left_out)));
  }
  const auto committee = Committee::load(seal_model("committee", 1, out.bytes()));
  if (!committee) return 0;
  CHECK(committee->size() == count);
  SparseRows rows(committee->inputs());
  rows.add_row({});
  CHECK(committee->predict(rows).size() == 1);
  const auto again = Committee::load(committee->save());
  CHECK(again.has_value() && again->save() == committee->save());
  return 0;
}
