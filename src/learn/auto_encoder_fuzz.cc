// SPDX-License-Identifier: Apache-2.0
//
// Any bytes, sealed so that the checksum does not keep them out. The network within has a seal of
// its own, so the last two bytes say how many of the bytes are it, to be sealed as well.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "learn/auto_encoder.h"
#include "learn/model_text.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace yagura;
  using namespace yagura::learn;
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  ByteWriter out;
  if (size >= 2) {
    const size_t wanted = data[size - 2] + 256U * data[size - 1];
    bytes.remove_suffix(2);
    const size_t network = std::min(wanted, bytes.size());
    out.put_bytes(bytes.data(), bytes.size() - network);
    out.put_text(seal_model("network", 1, bytes.substr(bytes.size() - network)));
  }
  const auto encoder = AutoEncoder::load(seal_model("auto-encoder", 1, out.bytes()));
  if (!encoder) return 0;
  const Matrix<double> row(1, encoder->columns(), 1e9);
  CHECK(encoder->score(row.view()).size() == 1);
  const auto again = AutoEncoder::load(encoder->save());
  CHECK(again.has_value() && again->save() == encoder->save());
  return 0;
}
