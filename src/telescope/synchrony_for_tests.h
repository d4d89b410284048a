// SPDX-License-Identifier: Apache-2.0
//
// For tests only: windows of synchrony as a telescope's store holds them.
#pragma once

#include <gtest/gtest.h>

#include <vector>

#include "telescope/synchrony_judge.h"
#include "telescope/tables_synchrony.h"
#include "telescope/telescope.h"

namespace yagura::telescope {

// All that were judged, whole, by time and sensor.
inline std::vector<JudgedWindow> judged_windows(Telescope& telescope) {
  std::vector<JudgedWindow> windows;
  const auto read = each_judged_row(telescope.connection(), {},
                                    [&](const JudgedWindow& window) { windows.push_back(window); });
  EXPECT_TRUE(read) << read.error().message();
  return windows;
}

}  // namespace yagura::telescope
