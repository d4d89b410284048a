// SPDX-License-Identifier: Apache-2.0
//
// Plots as SVG, drawn from a section's table. Colours are classes that the page's style sheet
// fills, so that one picture serves light, dark and paper. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "telescope/report_document.h"

namespace yagura::telescope {

// The section's plot, or nothing if it has none or its table is empty.
std::string plot_svg(const Section& section);

// Round numbers that divide 0 to `top`: at most about `count`, the last at or above `top`.
std::vector<double> axis_ticks(double top, int count);
// Times for the ticks of an axis, at whole minutes, hours, days, months or years inside.
std::vector<Timestamp> time_ticks(Timestamp from, Timestamp until, int count);

}  // namespace yagura::telescope
