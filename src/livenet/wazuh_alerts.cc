// SPDX-License-Identifier: Apache-2.0
//
// Alerts in Wazuh's alerts.json (documentation.wazuh.com, "alerts.json"): JSON lines, each an alert
// with the objects rule (id, description, level 0 to 15) and agent (name, ip); data.srcip where the
// decoder found one. Levels as Wazuh sorts them: below 7 low, below 12 medium, else high.
#include <simdjson.h>

#include "livenet/alert_formats.h"

namespace yagura::livenet {
namespace {

using simdjson::dom::element;

std::string_view text_at(const element& object, std::string_view pointer) {
  std::string_view text;
  if (object.at_pointer(pointer).get(text) != simdjson::SUCCESS) return {};
  return text;
}

model::Severity severity_of(const element& event) {
  int64_t level = 0;
  if (event.at_pointer("/rule/level").get(level) != simdjson::SUCCESS)
    return model::Severity::unknown;
  if (level >= 12) return model::Severity::high;
  return level >= 7 ? model::Severity::medium : model::Severity::low;
}

class WazuhParser : public AlertParser {
 public:
  Line parse(std::string_view line, model::Alert& alert) override {
    element event;
    if (parser_.parse(line.data(), line.size()).get(event) != simdjson::SUCCESS ||
        !event.is_object())
      return Line::malformed;
    const auto time = parse_offset_time(text_at(event, "/timestamp"));
    if (!time) return Line::bad_time;
    alert.time = *time;
    alert.detector = model::Detector::wazuh;
    alert.severity = severity_of(event);
    alert.source = text_at(event, "/data/srcip").substr(0, longest_name);
    std::string_view host = text_at(event, "/agent/name");
    if (host.empty()) host = text_at(event, "/agent/ip");
    if (host.empty()) host = text_at(event, "/manager/name");
    return fill_alert(text_at(event, "/rule/id"), text_at(event, "/rule/description"), host, alert);
  }

 private:
  simdjson::dom::parser parser_;
};

}  // namespace

std::unique_ptr<AlertParser> make_wazuh_parser() { return std::make_unique<WazuhParser>(); }

}  // namespace yagura::livenet
