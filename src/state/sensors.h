// SPDX-License-Identifier: Apache-2.0
//
// Sensors and their dark space: which addresses were dark, where, from when to when.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ip_address.h"
#include "base/time.h"
#include "state/database.h"

namespace yagura::state {

struct Sensor {
  uint16_t id = 0;  // 1, 2, … as written in the rows
  std::string name;
};

// One line of a dark space. A day is dark from `from` (inclusive) to `until` (exclusive).
struct DarkPrefix {
  Prefix prefix;
  bool excluded = false;  // taken out of a larger dark prefix
  std::optional<Timestamp> from, until;
  bool operator==(const DarkPrefix&) const = default;
};

Result<std::vector<Sensor>> sensors(Database& database);
// The sensor of that name, made if it is new. Names: 1-64 of letters, digits, '-', '_', '.'.
Result<Sensor> sensor_named(Database& database, const std::string& name);

Result<std::vector<DarkPrefix>> dark_space(Database& database, uint16_t sensor);
// Replaces the dark space of a sensor. Rows already stored are not touched.
Result<void> set_dark_space(Database& database, uint16_t sensor,
                            const std::vector<DarkPrefix>& prefixes);

// A secret of this data folder (32 bytes, made at first use): the key of every keyed hash.
Result<std::vector<uint8_t>> folder_key(Database& database);

}  // namespace yagura::state
