// SPDX-License-Identifier: Apache-2.0
//
// Targets and quiet hours of contacts, as anybody types them: what is taken is harmless in a mail
// header, and hours that are written are read again as the same.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "model/contact_target.h"
#include "model/quiet_hours.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace yagura;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto target = model::ContactTarget::parse(text); target) {
    CHECK(target->address.find_first_of("\r\n<> \t\"") == std::string::npos);
    CHECK(!model::shown_target(std::string(text)).empty());
  }
  if (const auto hours = model::QuietHours::parse(text); hours) {
    const auto again = model::QuietHours::parse(hours->to_string());
    CHECK(again.has_value());
    const bool never = hours->from == hours->until;
    CHECK(never || (again->from == hours->from && again->offset == hours->offset));
  }
  return 0;
}
