// SPDX-License-Identifier: Apache-2.0
//
// What people said of alerts: that a rule, on one host or on all, is important or is not. Kept by
// name, so that it holds whatever is judged next.
//
// Threads: as the Database they are given. Each function is one transaction.
#pragma once

#include <string>
#include <vector>

#include "base/time.h"
#include "state/outcome.h"

namespace yagura::state {

struct AlertMark {
  std::string rule;  // with its detector, as the triage prints it: "suricata 2013504"
  std::string host;  // empty: every host
  bool important = false;
  Timestamp marked;
};

inline constexpr int64_t most_alert_marks = 10'000;

// In place of what was said of the same rule and host. Refused: a name of no or more than 300
// characters, more than `most_alert_marks`.
Outcome<void> mark_alerts(Database& database, const AlertMark& mark);
// Refused: where there is none.
Outcome<void> unmark_alerts(Database& database, const std::string& rule, const std::string& host);
// By rule and host.
Result<std::vector<AlertMark>> alert_marks(Database& database);

}  // namespace yagura::state
