// SPDX-License-Identifier: Apache-2.0
//
// Any bytes, sealed so that the checksum does not keep them out: a network that loads predicts, and
// is given back by saving and loading.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "learn/model_text.h"
#include "learn/network.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace yagura::learn;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto network = Network::load(seal_model("network", 1, bytes));
  if (!network) return 0;
  const Matrix<float> row(1, network->inputs(), 1);
  CHECK(network->predict(row.view()).size() == network->outputs());
  const auto again = Network::load(network->save());
  CHECK(again.has_value() && again->save() == network->save());
  return 0;
}
