// SPDX-License-Identifier: Apache-2.0
//
// The messages of the live stream as JSON: what docs/service.md promises. Pure functions.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "enrich/places.h"
#include "model/dark_packet.h"
#include "telescope/feed.h"
#include "telescope/report_tables.h"
#include "telescope/vocabulary.h"

namespace yagura::telescope {

// The counts of one second.
struct LiveSecond {
  uint64_t packets = 0;
  uint64_t hosts = 0;
  std::array<uint64_t, class_count> classes{};
  uint64_t kernel_drops = 0, queue_drops = 0, late = 0;
};

// A sampled packet.
struct LivePacket {
  const model::TapSensor* sensor = nullptr;
  Classified classified;
  uint32_t position = 0;
  bool is_v4 = true;  // the destination
};

// Where in its sensor's dark space a packet went, from 0 to 1 in steps of 1/4096: turned by a
// secret that is the same for all packets of the sensor, so that neighbours stay neighbours but no
// address can be told. IPv6 addresses stand in no order.
double masked_place(const LivePacket& packet, uint64_t key);

std::string second_json(Timestamp time, const LiveSecond& second);
std::string packets_json(Timestamp time, uint64_t packets, std::span<const LivePacket> sample,
                         const enrich::Places* places, uint64_t key);
std::string feeds_json(std::span<const FeedStatus> feeds);  // an array

// Rows as the questions give them.
Event event_of(const EventRow& row);
Attack attack_of(const AttackRow& row);
RisingPort rising_port_of(const AlarmRow& row);
// An alarm with the columns of its table.
Table alarms_table(std::span<const AlarmRow> alarms);
// {"rows": [...]}
std::string rows_json(const Table& table);

}  // namespace yagura::telescope
