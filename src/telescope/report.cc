// SPDX-License-Identifier: Apache-2.0
#include "telescope/report.h"

#include <fmt/format.h>

#include <iterator>

#include "telescope/observed_times.h"
#include "telescope/report_sections.h"

namespace yagura::telescope {
namespace {

void append(std::vector<Section>& sections, std::vector<Section> more) {
  sections.insert(sections.end(), std::make_move_iterator(more.begin()),
                  std::make_move_iterator(more.end()));
}

Document empty_report() {
  Document document;
  document.title = "Observation report";
  document.subtitle = "No data yet.";
  Section section;
  section.key = "summary";
  section.title = "At a glance";
  section.notes = {
      "Nothing has been read into this data folder, or nothing of it was sent to a dark address."};
  document.sections.push_back(std::move(section));
  return document;
}

}  // namespace

Result<Document> observation_report(const ReportSources& sources, const ReportOptions& options) {
  TRY(const std::optional<DataPeriod> data, data_period(sources.connection));
  if (!data) return empty_report();
  const ReportScope scope{sources, options.period.value_or(data->days), options.ranks,
                          options.home_country};
  Document document;
  document.title = "Observation report";
  document.subtitle = fmt::format(
      "What was sent to dark addresses, {}, UTC. Hosts are distinct "
      "source addresses.",
      format_period(scope.period));
  std::vector<Section>& sections = document.sections;
  TRY(Section summary, summary_section(scope));
  sections.push_back(std::move(summary));
  TRY(Section years_, years_section(scope));
  sections.push_back(std::move(years_));
  TRY(Section classes, classes_section(scope));
  sections.push_back(std::move(classes));
  TRY(auto over_time, series_sections(scope));
  append(sections, std::move(over_time));
  TRY(auto ports, port_sections(scope));
  append(sections, std::move(ports));
  TRY(auto places, place_sections(scope));
  append(sections, std::move(places));
  TRY(Section tools, tools_section(scope));
  sections.push_back(std::move(tools));
  TRY(Section scan_events, events_section(scope));
  sections.push_back(std::move(scan_events));
  TRY(Section victims, attacks_section(scope));
  sections.push_back(std::move(victims));
  TRY(Section survey, survey_section(scope));
  sections.push_back(std::move(survey));
  TRY(Section rising, rising_section(scope));
  sections.push_back(std::move(rising));
  TRY(auto sensors, sensor_sections(scope));
  append(sections, std::move(sensors));
  sections.push_back(notes_section(scope));
  return document;
}

}  // namespace yagura::telescope
