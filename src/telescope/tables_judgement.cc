// SPDX-License-Identifier: Apache-2.0
//
// What a source is taken for, with the reasons. Pure functions of what the store said.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "telescope/tables_sources.h"

namespace yagura::telescope {
namespace {

// A mistyped address shows as one service asked of one dark address. "Slow": at most a packet every
// 5 s on the mean of a window. "Steady": in at least a quarter of the hours of at least a day.
constexpr uint64_t most_packets_per_window = 60;
constexpr Duration shortest_span = Duration::hours(24);
constexpr uint64_t hours_share = 4;
constexpr uint64_t fewest_windows = 12;

uint64_t packets_of(const SourcePage& page, PacketClass class_) {
  for (const ClassRecord& record : page.classes)
    if (record.class_ == class_) return record.packets;
  return 0;
}

uint64_t packets_if(const SourcePage& page, bool (*belongs)(PacketClass)) {
  uint64_t packets = 0;
  for (const ClassRecord& record : page.classes)
    if (belongs(record.class_)) packets += record.packets;
  return packets;
}

Mark mark_of(Tool tool) {
  switch (tool) {
    case Tool::mirai:
      return Mark::mirai;
    case Tool::zmap:
      return Mark::zmap;
    case Tool::masscan:
      return Mark::masscan;
    case Tool::masscan_2023:
      return Mark::masscan_2023;
    case Tool::nmap:
      return Mark::nmap;
    case Tool::unicornscan:
      return Mark::unicornscan;
    case Tool::none:
      break;
  }
  return Mark::null_scan;
}

std::string evidence_reason(SurveyEvidence evidence, std::string_view organisation) {
  switch (evidence) {
    case SurveyEvidence::list:
      return fmt::format("a published list names it as {}", organisation);
    case SurveyEvidence::name:
      return fmt::format("its host name belongs to {}", organisation);
    case SurveyEvidence::behaviour:
      return "on one day it probed many ports with at least a packet for every dark address";
    case SurveyEvidence::none:
      break;
  }
  return "";
}

Judgement tool_judgement(const SourcePage& page) {
  const Mark mark = mark_of(page.summary.tool);
  uint64_t matching = 0;
  for (const MarkCount& count : page.marks)
    if (count.mark == mark) matching = count.packets;
  const bool mirai = page.summary.tool == Tool::mirai;
  return {mirai ? "infected device (Mirai)" : "scanner",
          fmt::format("{} of {} TCP scan packets carry the mark of {}", format_count(matching),
                      format_count(packets_of(page, PacketClass::scan_tcp)),
                      tool_names[static_cast<size_t>(page.summary.tool)])};
}

}  // namespace

Verdict misconfiguration(const SourceBehaviour& behaviour) {
  if (behaviour.windows == 0) return {false, "its 5-minute rows are no longer kept"};
  if (behaviour.answers) return {false, "it only sent replies"};
  if (behaviour.most_dark > 1 || behaviour.known_dark > 1)
    return {false, "it reached more than one dark address"};
  if (behaviour.services > 1)
    return {false, fmt::format("it asked for {} services", format_count(behaviour.services))};
  const Duration span = behaviour.last - behaviour.first;
  if (span < shortest_span) return {false, "it was seen for less than a day"};
  if (behaviour.most_packets > most_packets_per_window) return {false, "it was not slow"};
  const auto hours = static_cast<uint64_t>(span.as_seconds() / 3600) + 1;
  if (behaviour.windows < fewest_windows || behaviour.hours * hours_share < hours)
    return {false, "it came too seldom to call it steady"};
  return {true, fmt::format("one dark address, one service, at most {} packets in 5 minutes, in {} "
                            "of {} hours",
                            behaviour.most_packets, behaviour.hours, hours)};
}

std::vector<Judgement> judge(const SourcePage& page, std::string_view organisation_name) {
  std::vector<Judgement> judgements;
  if (page.summary.organisation != 0)
    judgements.push_back(
        {"survey scanner", evidence_reason(page.summary.evidence, organisation_name)});
  if (page.summary.tool != Tool::none) judgements.push_back(tool_judgement(page));
  if (!page.attacks.empty())
    judgements.push_back({"victim of denial of service",
                          fmt::format("{} attack{} seen by its backscatter", page.attacks.size(),
                                      page.attacks.size() == 1 ? "" : "s")});
  const uint64_t scans = packets_if(page, is_scan);
  if (!page.events.empty() && page.summary.tool == Tool::none) {
    const auto largest = std::max_element(
        page.events.begin(), page.events.end(),
        [](const Event& a, const Event& b) { return a.dark_addresses < b.dark_addresses; });
    judgements.push_back({"scanner", fmt::format("it reached {} dark addresses in one scan",
                                                 format_count(largest->dark_addresses))});
  }
  if (const Verdict verdict = misconfiguration(page.behaviour); verdict.holds)
    judgements.push_back({"misconfigured host", verdict.reason});
  const uint64_t answers = packets_if(page, is_backscatter);
  if (answers > 0 && page.attacks.empty())
    judgements.push_back(
        {"answers forged packets", fmt::format("{} packets are replies nobody dark asked for, too "
                                               "few or too short for an attack",
                                               format_count(answers))});
  if (judgements.empty())
    judgements.push_back(
        {"unclear", fmt::format("{} packets, {} of them scans, fit no rule",
                                format_count(page.summary.packets), format_count(scans))});
  return judgements;
}

}  // namespace yagura::telescope
