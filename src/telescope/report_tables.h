// SPDX-License-Identifier: Apache-2.0
//
// Answers of the store laid out as tables for people and programs: the verbs of the command line
// and the report use the same ones. Pure functions of an answer and the names to show.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/table.h"
#include "enrich/places.h"
#include "state/scanner_registry.h"
#include "state/sensors.h"
#include "telescope/tables_coverage.h"
#include "telescope/tables_events.h"
#include "telescope/tables_numbers.h"
#include "telescope/tables_sources.h"
#include "telescope/tables_synchrony.h"

namespace yagura::telescope {

// What numbers in the rows are called. `places` must outlive it; null = no places known.
class Names {
 public:
  Names() = default;
  Names(const enrich::Places* places, const std::vector<state::Organisation>& organisations,
        const std::vector<state::Sensor>& sensors);

  std::string organisation(uint16_t id) const;  // "" for 0
  std::string sensor(uint16_t id) const;
  std::string asn(uint32_t asn) const;  // name, "" if unknown
  enrich::Place place(IpAddress address) const;

 private:
  const enrich::Places* places_ = nullptr;
  std::map<uint16_t, std::string> organisations_, sensors_;
};

std::string_view class_label(PacketClass class_);              // "TCP scans"
std::string tool_label(Tool tool);                             // "ZMap (up to 4.0)"; "" for none
std::string port_service(Dimension dimension, uint32_t port);  // "telnet"
bool is_iot_port(Dimension dimension, uint32_t port);

// What is ranked, as a filter takes it ("23/tcp", "JP", "64496", "mirai", "scan_tcp"; empty where
// it is unknown) and as people call it ("telnet", "Japan"; empty where it has no name).
struct RankedName {
  std::string value;
  std::string label;
};
RankedName ranked_name(RankBy by, const Ranked& ranked, const Names& names);

Table class_table(const ClassTotals& totals);
// A row per step; unknown where nothing was observed, so that a line breaks there.
Table series_table(const Series& series);
Table ranking_table(const Ranking& ranking, RankBy by, const Names& names);
Table years_table(const std::vector<YearVolume>& years);
Table sources_table(const std::vector<SourceSummary>& sources, const Names& names);
Table events_table(const std::vector<Event>& events, const Names& names);
Table attacks_table(const std::vector<Attack>& attacks, const Names& names);
Table survey_table(const std::vector<SurveyScanner>& scanners, const Names& names);
Table rising_table(const std::vector<RisingPort>& ports, const Names& names);
Table campaigns_table(std::span<const SynchronyCampaign> campaigns, const Names& names);
Table synchrony_table(std::span<const JudgedWindow> alarms, const Names& names);
Table synchrony_series_table(const SynchronySeries& series);
Table activity_table(const std::vector<Activity>& rows, const Names& names);
Table samples_table(const std::vector<Sample>& samples);
Table coverage_table(const std::vector<SensorCoverage>& sensors);
Table gaps_table(const std::vector<SensorCoverage>& sensors, size_t limit);

}  // namespace yagura::telescope
