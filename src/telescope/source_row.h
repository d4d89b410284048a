// SPDX-License-Identifier: Apache-2.0
//
// What one source did, in one class, in some stretch of time: the unit that windows, hours and days
// are merged from.
#pragma once

#include <cstdint>
#include <span>

#include "base/ip_address.h"
#include "base/time.h"
#include "enrich/places.h"
#include "telescope/rows.h"
#include "telescope/tools.h"
#include "telescope/vocabulary.h"

namespace yagura::telescope {

// Spans belong to whoever made the row.
struct SourceRow {
  IpAddress source;
  PacketClass class_ = PacketClass::other;
  AddressScope scope = AddressScope::global;
  uint8_t ttl_min = 255;
  uint8_t ttl_max = 0;
  uint32_t windows = 1;  // 5-minute windows merged into it
  uint32_t first = 0;    // seconds since the epoch
  uint32_t last = 0;
  uint64_t packets = 0;
  uint64_t bytes = 0;
  // Of one window; in a row of several windows they mean nothing.
  uint32_t dark_addresses = 0;      // distinct
  uint32_t dark_hash = 0;           // keyed hash of the dark address if it was only one, else 0
  std::span<const uint16_t> ports;  // rising
  std::span<const uint32_t> port_packets;
  std::span<const Mark> marks;  // rising
  std::span<const uint32_t> mark_packets;
  UnicornscanVote unicornscan;     // of class scan_tcp; its mark is among `marks` once it has one
  std::span<const uint32_t> dark;  // positions, rising; only while a window is open
};

// What is known of a source in a bucket of time beside its packets.
struct SourceFacts {
  enrich::Place place;
  Tool tool = Tool::none;
  uint16_t organisation = 0;  // survey organisation, 0 = none
};

// The stored row of one source and class in the window that begins at `window` (seconds since the
// epoch). Its spans are those of `row`.
ActivityRow activity_row(const SourceRow& row, uint32_t window, uint16_t sensor);
// The same for a day.
SourceDayRow source_day_row(const SourceRow& row, Timestamp day, const SourceFacts& facts,
                            SurveyEvidence evidence);

}  // namespace yagura::telescope
