// SPDX-License-Identifier: Apache-2.0
//
// The sections of the observation report, one function each. Only report.cc calls them.
#pragma once

#include "telescope/report.h"

namespace yagura::telescope {

// What every section needs.
struct ReportScope {
  const ReportSources& sources;
  Period period;
  uint64_t ranks = 10;
  enrich::CountryCode home_country = 0;

  store::Connection& connection() const { return sources.connection; }
  const Names& names() const { return sources.names; }
};

Result<Section> summary_section(const ReportScope& scope);
Result<Section> years_section(const ReportScope& scope);
Result<Section> classes_section(const ReportScope& scope);
// Packets over time and hosts over time, one query.
Result<std::vector<Section>> series_sections(const ReportScope& scope);
Result<std::vector<Section>> port_sections(const ReportScope& scope);
Result<std::vector<Section>> place_sections(const ReportScope& scope);
Result<Section> tools_section(const ReportScope& scope);
Result<Section> events_section(const ReportScope& scope);
Result<Section> attacks_section(const ReportScope& scope);
Result<Section> survey_section(const ReportScope& scope);
Result<Section> rising_section(const ReportScope& scope);
Result<std::vector<Section>> sensor_sections(const ReportScope& scope);
Section notes_section(const ReportScope& scope);

}  // namespace yagura::telescope
