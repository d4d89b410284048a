// SPDX-License-Identifier: Apache-2.0
//
// The observation report: who scanned, what was attacked, how it changed, over any period.
//
// Asks the store (tables_*.h) and lays the answers out as one Document (report_document.h). The
// same rows give the same report: nothing here knows what time it is.
#pragma once

#include <optional>
#include <vector>

#include "telescope/report_document.h"
#include "telescope/report_tables.h"

namespace yagura::telescope {

// What the report draws on beside the store. Everything must outlive the call.
struct ReportSources {
  store::Connection& connection;
  const Names& names;
  const std::vector<SensorSpace>& sensors;
  const std::vector<state::Coverage>& coverage;
};

struct ReportOptions {
  std::optional<Period> period;          // without one: all data
  enrich::CountryCode home_country = 0;  // 0 = none
  uint64_t ranks = 10;                   // lines of each ranking
};

Result<Document> observation_report(const ReportSources& sources, const ReportOptions& options);

}  // namespace yagura::telescope
