// SPDX-License-Identifier: Apache-2.0
#include "capture/packet.h"

#include "base/result.h"

namespace yagura::capture {

const char* reject_name(Reject reason) {
  switch (reason) {
    case Reject::not_ip:
      return "not IP";
    case Reject::link_header_cut:
      return "link header cut";
    case Reject::unknown_link_type:
      return "unknown link type";
    case Reject::ip_header_cut:
      return "IP header cut";
    case Reject::ip_version_wrong:
      return "IP version wrong";
    case Reject::ip_header_length_wrong:
      return "IP header length wrong";
    case Reject::encapsulation_too_deep:
      return "encapsulation too deep";
    case Reject::time_out_of_range:
      return "time out of range";
    case Reject::count_:
      break;
  }
  CHECK(reason < Reject::count_);
  return "";
}

}  // namespace yagura::capture
