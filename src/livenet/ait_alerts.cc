// SPDX-License-Identifier: Apache-2.0
//
// Alerts of the AIT Alert Data Set (Landauer et al. 2024, doi 10.1145/3675741.3675748) as CSV:
//
//   time,name,ip,host,short,…
//   1642213952,Wazuh: ClamAV database update,172.17.131.81,mail,W-Sys-Cav,…
//
// time is in seconds since the epoch, name what the rule says with the detector in front, short the
// rule's code, whose first letter is the detector's. The columns behind it are those people judged
// the alerts by afterwards: the line is read up to the fifth comma and no further.
#include <charconv>

#include "livenet/alert_formats.h"

namespace yagura::livenet {
namespace {

// Takes a field and the comma behind it off `line`; a field in quotes (RFC 4180) may hold commas
// and keeps a quote doubled. False where it does not end.
bool take_field(std::string_view& line, std::string_view& field) {
  size_t end = 0;
  if (line.starts_with('"')) {
    size_t close = line.find('"', 1);
    while (close != std::string_view::npos && line.substr(close + 1).starts_with('"'))
      close = line.find('"', close + 2);
    if (close == std::string_view::npos) return false;
    field = line.substr(1, close - 1);
    end = close + 1;
    if (end < line.size() && line[end] != ',') return false;
  } else {
    end = std::min(line.find(','), line.size());
    field = line.substr(0, end);
  }
  line.remove_prefix(std::min(end + 1, line.size()));
  return true;
}

model::Detector detector_of(std::string_view rule) {
  switch (rule.empty() ? ' ' : rule.front()) {
    case 'S':
      return model::Detector::suricata;
    case 'W':
      return model::Detector::wazuh;
    case 'A':
      return model::Detector::aminer;
    default:
      return model::Detector::other;
  }
}

class AitParser : public AlertParser {
 public:
  Line parse(std::string_view line, model::Alert& alert) override {
    std::string_view time, name, address, host, rule;
    if (line.starts_with("time,")) return Line::other;
    if (!take_field(line, time) || !take_field(line, name) || !take_field(line, address) ||
        !take_field(line, host) || !take_field(line, rule))
      return Line::malformed;
    uint32_t seconds = 0;
    const auto [stop, error] = std::from_chars(time.data(), time.data() + time.size(), seconds);
    if (error != std::errc() || stop != time.data() + time.size()) return Line::bad_time;
    alert.time = Timestamp::from_seconds(seconds);
    alert.detector = detector_of(rule);
    alert.severity = model::Severity::unknown;
    alert.source.clear();
    return fill_alert(rule, name, host.empty() ? address : host, alert);
  }
};

}  // namespace

std::unique_ptr<AlertParser> make_ait_parser() { return std::make_unique<AitParser>(); }

}  // namespace yagura::livenet
