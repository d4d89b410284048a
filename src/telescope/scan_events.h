// SPDX-License-Identifier: Apache-2.0
//
// Scan events: one source's scanning, from its first scan or probe packet to its last before a
// silence.
//
// Works window by window on packets grouped by source: the open sources are kept in one array
// sorted by address and merged with the window's groups, so that there is no hash table and memory
// is walked in order. Memory is bounded: past `memory_bytes` the sources that have been silent
// longest are closed early and marked `truncated`.
//
// Not thread-safe. Time is the packets' own; but for the counts past 64 ports (port_table.h) the
// result does not depend on how the packets were cut into windows.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "telescope/rows.h"
#include "telescope/source_row.h"
#include "telescope/window_packet.h"

namespace yagura::telescope {

struct ScanEventOptions {
  uint16_t sensor = 0;
  double dark_addresses = 0;             // of the sensor
  uint32_t minimum_dark_addresses = 10;  // 1 where the dark space is smaller than a /24
  uint64_t memory_bytes = 512ULL << 20;
};

// The silence that ends an event: a scan of the whole IPv4 Internet at 100 packets/s is cut with a
// probability of 0.001, T = ln(1000) · 2^32 / (100 · dark addresses) (Merit's 624 s for its 475,136
// addresses follows from it), not under 300 s and not over 3,600 s.
Duration scan_silence(double dark_addresses);

class ScanEvents {
 public:
  using Sink = std::function<void(const EventRow&)>;  // row.commit is 0; spans valid in the call

  explicit ScanEvents(const ScanEventOptions& options);
  ~ScanEvents();
  ScanEvents(ScanEvents&&) noexcept;

  // Takes the sources of the next window, or of a part of one: begin(), the sources in rising
  // order, end(). Every source whose silence ended before `until` is closed and reported. A window
  // must be no longer than the shortest silence, so that no event can end inside it.
  void begin(Timestamp until);
  // `rows` are those of `group` (ActivityBuilder).
  void add(const SourceGroup& group, std::span<const SourceRow> rows, const Sink& sink);
  void end(const Sink& sink);
  // Reports every open source that is an event so far, as `open`, without closing it.
  void report_open(const Sink& sink) const;
  // The dark space changed (a new day): the numbers of the options from here on.
  void set_dark_addresses(double dark_addresses);

  void save(ByteWriter& out) const;
  Result<void> load(ByteReader& in);
  size_t open_sources() const;
  size_t memory_bytes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace yagura::telescope
