// SPDX-License-Identifier: Apache-2.0
//
// For tests only: judges what a telescope's store holds of synchrony, and reads what was judged.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "telescope/synchrony_detector.h"
#include "telescope/tables_synchrony.h"
#include "telescope/telescope_for_tests.h"

namespace yagura::telescope {

// Of frames that rise in time, those before it, and those after it.
inline Frames frames_before(Frames frames, Timestamp time) {
  const auto end = std::ranges::lower_bound(frames, time, {}, &TrafficFrame::time);
  return {frames.begin(), end};
}
inline Frames frames_after(Frames frames, Timestamp time) {
  const auto begin = std::ranges::upper_bound(frames, time, {}, &TrafficFrame::time);
  return {begin, frames.end()};
}

// With so short a history that a test's traffic fills it.
inline SynchronyDetector new_detector(const Telescope& telescope) {
  return {telescope.key(), {.left_out = {}, .history = 12}};
}

// Judges up to `most` windows that are due, and writes what was found: empty where none was.
inline SynchronyFindings judge_next(SynchronyDetector& detector, Telescope& telescope,
                                    size_t most) {
  auto findings =
      detector.judge(telescope.reader(), telescope.database(), most, [] { return false; });
  EXPECT_TRUE(findings) << findings.error().message();
  if (!findings) return {};
  if (findings->empty()) {
    EXPECT_EQ(detector.due(), 0U);
    return {};
  }
  EXPECT_LE(findings->windows.size(), most);
  const auto written = write_findings(telescope.connection(), *findings);
  EXPECT_TRUE(written) << written.error().message();
  return written ? *std::move(findings) : SynchronyFindings{};
}

// Judges all that is due, and returns what was found each time.
inline std::vector<SynchronyFindings> judge_all(SynchronyDetector& detector, Telescope& telescope,
                                                size_t most) {
  std::vector<SynchronyFindings> all;
  for (;;) {
    SynchronyFindings findings = judge_next(detector, telescope, most);
    if (findings.empty()) return all;
    all.push_back(std::move(findings));
  }
}
inline std::vector<SynchronyFindings> judge_all(Telescope& telescope, size_t most = 100) {
  SynchronyDetector detector = new_detector(telescope);
  return judge_all(detector, telescope, most);
}

// All windows that were judged, whole, by time and sensor.
inline std::vector<JudgedWindow> judged_windows(Telescope& telescope) {
  std::vector<JudgedWindow> windows;
  const auto read = each_judged_row(telescope.connection(), {},
                                    [&](const JudgedWindow& window) { windows.push_back(window); });
  EXPECT_TRUE(read) << read.error().message();
  return windows;
}

// Their rows as text, but for the runs; by sensor and time.
inline std::vector<std::string> judged(Telescope& telescope, const std::string& where = "") {
  return rows_of(
      telescope, "judged",
      "SELECT * EXCEPT (run) FROM synchrony_window FINAL " + where + " ORDER BY sensor, time");
}

}  // namespace yagura::telescope
