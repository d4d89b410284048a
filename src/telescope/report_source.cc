// SPDX-License-Identifier: Apache-2.0
#include "telescope/report_source.h"

#include <fmt/format.h>

namespace yagura::telescope {
namespace {

Section make_section(std::string key, std::string title, Table table) {
  Section section;
  section.key = std::move(key);
  section.title = std::move(title);
  section.table = std::move(table);
  return section;
}

Section summary_section(const SourcePage& page, const Names& names) {
  const SourceSummary& summary = page.summary;
  Section section;
  section.key = "summary";
  section.title = "Who it is";
  const auto add = [&](std::string key, std::string heading, CellKind kind, Cell cell) {
    section.facts.push_back({{std::move(key), std::move(heading), kind}, std::move(cell)});
  };
  add("source", "source", CellKind::text, summary.source);
  add("country", "country", CellKind::text,
      known(summary.country != 0, enrich::country_text(summary.country)));
  add("asn", "autonomous system", CellKind::text,
      known(summary.asn != 0, fmt::format("AS{} {}", summary.asn, names.asn(summary.asn))));
  add("scope", "scope", CellKind::text,
      std::string(scope_names[static_cast<size_t>(summary.scope)]));
  add("first", "first seen", CellKind::time, summary.first);
  add("last", "last seen", CellKind::time, summary.last);
  add("days", "days seen", CellKind::count, summary.days);
  add("packets", "packets", CellKind::count, summary.packets);
  add("tool", "tool", CellKind::text,
      known(summary.tool != Tool::none,
            std::string(tool_names[static_cast<size_t>(summary.tool)])));
  const std::string organisation = names.organisation(summary.organisation);
  add("organisation", "survey organisation", CellKind::text,
      known(!organisation.empty(), organisation));
  add("survey_evidence", "recognised by", CellKind::text,
      known(summary.evidence != SurveyEvidence::none,
            std::string(survey_evidence_names[static_cast<size_t>(summary.evidence)])));
  return section;
}

Table judgement_table(const SourcePage& page, const Names& names) {
  Table table;
  table.columns = {{"verdict", "verdict", CellKind::text},
                   {"reason", "because", CellKind::text, 1, 80}};
  for (const Judgement& judgement : judge(page, names.organisation(page.summary.organisation)))
    table.add({judgement.verdict, judgement.reason});
  return table;
}

Table classes_table(const SourcePage& page) {
  Table table;
  table.columns = {{"class", "class", CellKind::text},  {"packets", "packets", CellKind::count},
                   {"bytes", "bytes", CellKind::count}, {"days", "days", CellKind::count},
                   {"ports", "ports", CellKind::count}, {"first", "first", CellKind::time},
                   {"last", "last", CellKind::time}};
  for (const ClassRecord& record : page.classes)
    table.add({std::string(class_names[static_cast<size_t>(record.class_)]), record.packets,
               record.bytes, record.days, record.ports, record.first, record.last});
  return table;
}

Table ports_table(const SourcePage& page) {
  Table table;
  table.columns = {{"service", "port", CellKind::text},
                   {"class", "class", CellKind::text},
                   {"port", "", CellKind::id},
                   {"packets", "packets", CellKind::count}};
  for (const ServicePort& port : page.summary.ports)
    table.add({service_text(port.class_, port.port),
               std::string(class_names[static_cast<size_t>(port.class_)]), uint64_t{port.port},
               port.packets});
  return table;
}

Table marks_table(const SourcePage& page) {
  Table table;
  table.columns = {{"mark", "mark", CellKind::text}, {"packets", "packets", CellKind::count}};
  for (const MarkCount& count : page.marks)
    table.add({std::string(mark_names[static_cast<size_t>(count.mark)]), count.packets});
  return table;
}

}  // namespace

Document source_report(const SourcePage& page, const Names& names) {
  Document document;
  document.title = page.summary.source.to_string();
  document.subtitle = "Everything this telescope knows about the source, UTC.";
  document.sections.push_back(summary_section(page, names));
  Section verdicts = make_section("verdicts", "What it is taken for", judgement_table(page, names));
  const Verdict misconfigured = misconfiguration(page.behaviour);
  if (!misconfigured.holds)
    verdicts.notes = {"No misconfigured host: " + misconfigured.reason + "."};
  document.sections.push_back(std::move(verdicts));
  document.sections.push_back(make_section("classes", "What it sent", classes_table(page)));
  if (!page.summary.ports.empty())
    document.sections.push_back(
        make_section("ports", "Ports, most packets first", ports_table(page)));
  if (!page.marks.empty())
    document.sections.push_back(make_section("marks", "Marks in its packets", marks_table(page)));
  if (!page.events.empty())
    document.sections.push_back(
        make_section("events", "Its latest scan events", events_table(page.events, names)));
  if (!page.attacks.empty())
    document.sections.push_back(
        make_section("attacks", "Attacks on it, latest first", attacks_table(page.attacks, names)));
  if (!page.samples.empty())
    document.sections.push_back(
        make_section("samples", "Sample packets", samples_table(page.samples)));
  return document;
}

}  // namespace yagura::telescope
