// SPDX-License-Identifier: Apache-2.0
//
// Ports whose packets or hosts leave their usual range, hour by hour.
//
// Per TCP and UDP port an exponentially weighted mean and deviation of log(1 + x) over the hours
// (half-life three days). An hour is judged once a port space has been observed for 24 hours: more
// than 4 deviations (of at least 0.25) above the mean, and at least 20 hosts. An hour that rises
// enters the mean with its value capped at the limit, so that a lasting change becomes usual in
// days and a single peak does not.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "base/bytes.h"
#include "base/result.h"
#include "telescope/rows.h"

namespace yagura::telescope {

struct PortHour {
  uint8_t protocol = 0;  // TCP or UDP
  uint16_t port = 0;
  uint64_t packets = 0;  // of scan and probe classes
  uint64_t hosts = 0;
};

class RisingPorts {
 public:
  using Sink = std::function<void(const AlarmRow&)>;

  explicit RisingPorts(uint16_t sensor);
  ~RisingPorts();
  RisingPorts(RisingPorts&&) noexcept;

  // One finished hour with the ports that had packets; hours without coverage are not given. The
  // alarms come in order of protocol and port.
  void hour(uint32_t start_seconds, std::span<const PortHour> ports, const Sink& sink);

  void save(ByteWriter& out) const;
  Result<void> load(ByteReader& in);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace yagura::telescope
