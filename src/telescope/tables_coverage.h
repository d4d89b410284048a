// SPDX-License-Identifier: Apache-2.0
//
// When sensors were observing, and how many dark addresses they watched. From the control plane,
// not from the rows. Plain functions; no state.
#pragma once

#include <string>
#include <vector>

#include "state/ledger.h"
#include "state/sensors.h"
#include "telescope/tables_numbers.h"

namespace yagura::telescope {

struct SensorSpace {
  state::Sensor sensor;
  std::vector<state::DarkPrefix> dark_space;
};

// The mean number of dark addresses over the time in which any sensor was observing within a
// period; sensors that observe at the same time add up. 0 where none was.
double mean_dark_addresses(const std::vector<SensorSpace>& sensors,
                           const std::vector<state::Coverage>& coverage, const Period& period);

// The time in a period during which any sensor was observing.
Duration observed_time(const std::vector<state::Coverage>& coverage, const Period& period);

struct SensorCoverage {
  state::Sensor sensor;
  double dark_addresses = 0;  // mean over its own time
  Period seen;                // from its first to its last moment in the period
  Duration observed;
  std::vector<Period> gaps;  // between them, of at least 5 minutes, longest first
};
// Sensors that observed at all in the period, in order of their number.
std::vector<SensorCoverage> sensor_coverage(const std::vector<SensorSpace>& sensors,
                                            const std::vector<state::Coverage>& coverage,
                                            const Period& period);

}  // namespace yagura::telescope
