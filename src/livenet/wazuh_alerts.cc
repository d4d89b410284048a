// SPDX-License-Identifier: Apache-2.0
//
// Alerts in Wazuh's alerts.json (documentation.wazuh.com, "alerts.json"): JSON lines, each an alert
// with the objects rule (id, description, level 0 to 15) and agent (name, ip); data.srcip where the
// decoder found one. Levels as Wazuh sorts them: below 7 low, below 12 medium, else high.
#include "livenet/alert_formats.h"
#include "livenet/json_line.h"

namespace yagura::livenet {
namespace {

model::Severity severity_of(const JsonLine& event) {
  const auto level = event.integer("/rule/level");
  if (!level) return model::Severity::unknown;
  if (*level >= 12) return model::Severity::high;
  return *level >= 7 ? model::Severity::medium : model::Severity::low;
}

class WazuhParser : public AlertParser {
 public:
  Line parse(std::string_view line, model::Alert& alert) override {
    if (!event_.parse(line)) return Line::malformed;
    const auto time = parse_offset_time(event_.text("/timestamp"));
    if (!time) return Line::bad_time;
    alert.time = *time;
    alert.detector = model::Detector::wazuh;
    alert.severity = severity_of(event_);
    alert.source = event_.text("/data/srcip").substr(0, longest_name);
    std::string_view host = event_.text("/agent/name");
    if (host.empty()) host = event_.text("/agent/ip");
    if (host.empty()) host = event_.text("/manager/name");
    return fill_alert(event_.text("/rule/id"), event_.text("/rule/description"), host, alert);
  }

 private:
  JsonLine event_;
};

}  // namespace

std::unique_ptr<AlertParser> make_wazuh_parser() { return std::make_unique<WazuhParser>(); }

}  // namespace yagura::livenet
