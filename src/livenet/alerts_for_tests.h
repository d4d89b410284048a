// SPDX-License-Identifier: Apache-2.0
//
// For tests of this room: a made-up network of a few days whose rules mostly speak as they do every
// day, and logs of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/result_for_tests.h"
#include "livenet/alert_log.h"
#include "livenet/triage.h"

namespace yagura::livenet {

inline constexpr Timestamp record_begin = Timestamp::from_seconds(1'700'006'400);  // a midnight

inline model::Alert made_alert(Timestamp time, std::string rule, std::string host) {
  model::Alert alert;
  alert.time = time;
  alert.detector = model::Detector::suricata;
  alert.text = "text of " + rule;
  alert.rule = std::move(rule);
  alert.host = std::move(host);
  return alert;
}

// Six rules, each heard on one of three hosts about every `spacing` seconds for `days`, in order of
// time.
inline std::vector<model::Alert> made_record(uint64_t seed, int days, int spacing = 1800) {
  std::vector<model::Alert> alerts;
  Random random(seed);
  for (int second = 0; second < days * 86'400; second += spacing / 18)
    for (uint32_t rule = 0; rule < 6; ++rule)
      if (random.one_in(18))
        alerts.push_back(made_alert(record_begin + Duration::seconds(second), std::to_string(rule),
                                    "host" + std::to_string(random.below(3))));
  return alerts;
}

inline AlertLog log_of(const std::vector<model::Alert>& alerts, AlertLog log = {}) {
  for (size_t i = 0; i < alerts.size(); ++i)
    succeeded(log.add(alerts[i], 0, static_cast<uint32_t>(i + 1)));
  log.sort();
  return log;
}

inline void add_all(Triage& triage, const AlertLog& log) {
  for (const AlertRow& row : log.rows()) succeeded(triage.add(row));
  succeeded(triage.finish());
}

}  // namespace yagura::livenet
