// SPDX-License-Identifier: Apache-2.0
//
// Judges the windows of one sensor, in order of time: do hosts act in step that did not before?
//
// Three engines look at a window (Han et al., Dark-TRACER, IEEE Access 10, 2022), and each has a
// vote; the alarm is their union:
//
//   graphical lasso  the density of dependences between hosts over ten minutes, for each of six
//                    penalties, leaves what was usual in the `history` windows before
//   ChangeFinder     packets or hosts of all TCP scans begin to behave otherwise, once `history`
//                    windows were counted; it knows no ports
//   factorisation    groups of hosts rise and fall together over thirty minutes
//
// What is usual is learned from the windows that were judged before; a judge that is given them
// again (remember) goes on as the one that judged them. Deterministic; not thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "learn/change_finder.h"
#include "learn/variance_ratio_alarm.h"
#include "telescope/rows.h"
#include "telescope/synchrony_window.h"

namespace yagura::telescope {

inline constexpr std::array<double, 6> synchrony_penalties = {0.4, 0.5, 0.6, 0.7, 0.8, 0.9};

enum class SynchronyEngine : uint8_t { graphical_lasso, change_finder, factorisation };

struct SynchronyOptions {
  std::vector<uint16_t> left_out;  // ports that do not count, rising
  size_t history = 432;            // windows that the usual is learned from: three days
};

// A window as it was judged, with what its row only shows.
struct JudgedWindow {
  SynchronyWindowRow facts;  // its spans are empty
  std::vector<double> densities;
  std::vector<uint16_t> ports;
  std::vector<uint8_t> port_levels;
  std::vector<uint16_t> port_hosts;
  std::vector<uint32_t> port_packets;
  std::vector<uint8_t> port_votes;
  std::vector<uint16_t> prefixes;

  // Of this window, which must outlive it.
  SynchronyWindowRow row() const;
};

struct SynchronyTotals {
  uint64_t packets = 0;
  uint64_t hosts = 0;  // distinct in five minutes, of both halves added up
};

// What is known of a window that is to be judged.
struct OpenWindow {
  uint32_t time = 0;
  uint64_t run = 0;
  std::span<const SynchronyRow> rows;       // of the window
  std::optional<SynchronyTotals> totals;    // none: of a time when they were not kept
  std::span<const SynchronyRow> half_hour;  // of the thirty minutes that end with it; empty where
                                            // these were not observed
};

class SynchronyJudge {
 public:
  SynchronyJudge(uint16_t sensor, uint64_t key, SynchronyOptions options);

  // The next window.
  Result<JudgedWindow> judge(const OpenWindow& window);
  // The next window, that was judged before.
  void remember(const JudgedWindow& window);

 private:
  struct Changes {
    learn::ChangeScore packets, hosts;
    bool alarm = false;
  };
  uint8_t learn(std::span<const double> densities);
  Changes learn(uint64_t packets, uint64_t hosts);

  uint16_t sensor_;
  uint64_t key_;
  SynchronyOptions options_;
  std::vector<learn::VarianceRatioAlarm> usual_;  // of each penalty
  learn::ChangeFinder packets_, hosts_;
  size_t counted_ = 0;  // values that these were given, up to the history
};

}  // namespace yagura::telescope
