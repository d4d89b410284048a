// SPDX-License-Identifier: Apache-2.0
#include "telescope/tools.h"

namespace yagura::telescope {

void UnicornscanVote::add(const UnicornscanVote& other) {
  if (other.key == 0) return;
  if (key == other.key) {
    lead += other.lead;
    count += other.count;
    varied |= other.varied || other.dark != dark || other.port != port;
  } else if (lead >= other.lead) {
    lead -= other.lead;
  } else {
    const uint32_t beaten = lead;
    *this = other;
    lead -= beaten;
  }
}

}  // namespace yagura::telescope
