// SPDX-License-Identifier: Apache-2.0
#include "telescope/store_writer.h"

namespace yagura::telescope {

Result<void> StoreWriter::status() {
  if (error_) return failure(*error_);
  return {};
}

Result<void> StoreWriter::finish() {
  put_ports();
  put_sheets();
  std::apply([this](auto&... block) { (insert(block), ...); }, blocks_);
  return status();
}

}  // namespace yagura::telescope
