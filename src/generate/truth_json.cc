// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "generate/command.h"
#include "generate/ground_truth.h"

namespace yagura::generate {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const Tally& tally) { return {{"packets", tally.packets}, {"hosts", tally.hosts}}; }

void put_classes(Json& json, const ClassTallies& tallies) {
  json["any"] = to_json(tallies.any);
  json["scans"] = to_json(tallies.scans);
  for (size_t c = 0; c < traffic_class_count; ++c)
    json[std::string(traffic_class_names[c])] = to_json(tallies.classes[c]);
}

Json to_json(const PeriodTally& period) {
  Json json = {{"start", format_time(period.start)}};
  put_classes(json, period.tallies);
  return json;
}

Json to_json(const PortTally& port) {
  return {{"port", port.port}, {"packets", port.tally.packets}, {"hosts", port.tally.hosts}};
}

Json to_json(const ToolDay& day) {
  Json json = {{"day", format_day(day.day)}};
  for (size_t tool = 1; tool < tool_mark_count; ++tool)
    json[std::string(tool_mark_names[tool])] = to_json(day.tools[tool]);
  return json;
}

Json to_json(const AttackTruth& attack) {
  return {{"victim", attack.victim.to_string()}, {"protocol", attack.protocol},
          {"start", format_time(attack.start)},  {"end", format_time(attack.end)},
          {"packets", attack.packets},           {"dark_addresses", attack.dark_addresses}};
}

Json to_json(const SurveySource& source) {
  return {{"day", format_day(source.day)},
          {"address", source.address.to_string()},
          {"packets", source.packets},
          {"ports", source.ports}};
}

Json to_json(const std::string& text) { return text; }

std::vector<std::string> survey_scanners(const Population& population) {
  const auto& group = population.groups()[static_cast<size_t>(Kind::survey)];
  std::vector<std::string> addresses;
  for (uint64_t i = 0; i < group.sources; ++i)
    addresses.push_back(population.address(group.first_source + i, false).to_string());
  return addresses;
}

Json campaign_json(const GenerateOptions& options, const Population& population) {
  if (options.campaign.sources == 0) return nullptr;
  return {{"port", options.campaign.port},
          {"sources", options.campaign.sources},
          {"packets", population.campaign_packets()},
          {"start", format_time(options.start + options.campaign.start)},
          {"end", format_time(options.start + Population::campaign_end(options))},
          {"synchronised", options.campaign.synchronised}};
}

// The members of one object, each on a line, elements of lists too, so that a person can read and
// compare it.
class LineWriter {
 public:
  void member(std::string_view name, const Json& value) {
    begin(name);
    text_ += value.dump();
  }
  template <typename Element>
  void list(std::string_view name, const std::vector<Element>& elements) {
    begin(name);
    text_ += '[';
    for (size_t i = 0; i < elements.size(); ++i)
      text_ += (i == 0 ? "\n    " : ",\n    ") + to_json(elements[i]).dump();
    text_ += elements.empty() ? "]" : "\n  ]";
  }
  std::string finish() { return text_ + "\n}\n"; }

 private:
  void begin(std::string_view name) {
    text_ += text_.empty() ? "{\n  " : ",\n  ";
    text_ += Json(std::string(name)).dump() + ": ";
  }
  std::string text_;
};

}  // namespace

std::string truth_json(const GroundTruth& truth, const GenerateOptions& options,
                       const Population& population) {
  Json total;
  put_classes(total, truth.total);
  LineWriter writer;
  writer.member("synthetic", true);
  writer.member("command", command_line(options));
  writer.member("first", format_time(truth.first));
  writer.member("last", format_time(truth.last));
  writer.member("dark", options.dark.to_string());
  writer.member("dark_addresses", static_cast<uint64_t>(options.dark.address_count()));
  writer.member("total", total);
  writer.member("campaign", campaign_json(options, population));
  writer.list("survey_scanners", survey_scanners(population));
  writer.list("survey_behaviour", truth.survey_behaviour);
  writer.list("tools", truth.tools);
  writer.list("attacks", truth.attacks);
  writer.list("days", truth.days);
  writer.list("hours", truth.hours);
  writer.list("windows", truth.windows);
  writer.list("tcp_ports", truth.tcp_ports);
  writer.list("udp_ports", truth.udp_ports);
  return writer.finish();
}

}  // namespace yagura::generate
