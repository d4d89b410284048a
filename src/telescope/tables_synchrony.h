// SPDX-License-Identifier: Apache-2.0
//
// Questions about synchrony: the windows that were judged, the alarms among them and the campaigns
// that they are folded into, and what is usual over time. Plain functions; a Connection belongs to
// one thread.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "telescope/synchrony_campaigns.h"
#include "telescope/synchrony_judge.h"
#include "telescope/tables.h"

namespace yagura::telescope {

// Of every window of a sensor that was judged in the period, in order of time, what a judge learns
// from and its place: the rest of the row is left out.
Result<void> each_judged(store::Connection& connection, uint16_t sensor, const Period& period,
                         const std::function<void(const JudgedWindow&)>& sink);
// Of every window that `where` holds for, the whole row, in order of time and sensor.
Result<void> each_judged_row(store::Connection& connection, const Where& where,
                             const std::function<void(const JudgedWindow&)>& sink);

// Of alarms or of campaigns; `limit` and `offset` count what is asked for.
struct SynchronyQuestion {
  Period period;
  std::optional<PortFilter> port;  // that is named
  std::optional<uint16_t> sensor;
  std::optional<SynchronyEngine> engine;  // that voted
  std::optional<PortLevel> level;
  uint64_t limit = 50;
  uint64_t offset = 0;
};
inline constexpr Choice<SynchronyEngine> synchrony_engine_choices[] = {
    {"graphical-lasso", SynchronyEngine::graphical_lasso},
    {"change-finder", SynchronyEngine::change_finder},
    {"factorisation", SynchronyEngine::factorisation}};
inline constexpr Choice<PortLevel> port_level_choices[] = {
    {"attack", PortLevel::attack},
    {"survey", PortLevel::survey},
    {"next", PortLevel::next},
    {"single-target", PortLevel::single_target}};
// The alarms, latest first.
Result<std::vector<JudgedWindow>> synchrony_alarms(store::Connection& connection,
                                                   const SynchronyQuestion& question);
// The campaigns of which an alarm lies in the period, latest start first. They are whole, whatever
// the period is.
Result<std::vector<SynchronyCampaign>> synchrony_campaigns(store::Connection& connection,
                                                           const SynchronyQuestion& question);

struct SynchronyPoint {
  Timestamp time;
  uint64_t hosts = 0;             // of the step's windows, as all that follows, the largest
  std::vector<double> densities;  // by rising penalty
  bool counted = false;           // whether the totals are known, of any
  double packets_score = 0;
  double hosts_score = 0;
  uint64_t groups = 0;
  uint8_t votes = 0;  // of any
};
struct SynchronySeries {
  Duration step;  // a multiple of ten minutes
  std::vector<SynchronyPoint> points;
};
// At most about `most_points` steps over the period, of one sensor or the largest of all.
Result<SynchronySeries> synchrony_series(store::Connection& connection, const Period& period,
                                         std::optional<uint16_t> sensor, int most_points = 1'000);

struct JudgedSoFar {
  uint64_t windows = 0;
  uint64_t learned = 0;  // windows that the usual densities are learned from, the most of a sensor
};
Result<JudgedSoFar> judged_so_far(store::Connection& connection, std::optional<uint16_t> sensor);

std::string_view level_word(PortLevel level);
// Which engines voted, by name.
std::vector<std::string> engine_words(uint8_t votes);
// Whether an engine named its ports; else they are the most probed.
bool names_ports(const JudgedWindow& window);
// Why it is an alarm, in a sentence for each vote.
std::string synchrony_reason(const JudgedWindow& window);

}  // namespace yagura::telescope
