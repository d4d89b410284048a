// SPDX-License-Identifier: Apache-2.0
//
// Alerts in Suricata's eve.json (docs.suricata.io, "EVE JSON Format"): JSON lines; those of
// event_type "alert" hold the object "alert" with signature_id, signature, severity (1 is the most
// severe). Whom an alert is about is not said outright: it is alert.target.ip where the rule names
// a target, else the one of both addresses that is private, else the destination.
#include <string>

#include "base/ip_address.h"
#include "livenet/alert_formats.h"
#include "livenet/json_line.h"

namespace yagura::livenet {
namespace {

bool is_private(std::string_view text) {
  static const std::array<Prefix, 4> blocks = {
      *Prefix::parse("10.0.0.0/8"), *Prefix::parse("172.16.0.0/12"),
      *Prefix::parse("192.168.0.0/16"), *Prefix::parse("fc00::/7")};
  const auto address = IpAddress::parse(text);
  if (!address) return false;
  for (const Prefix& block : blocks)
    if (block.contains(*address)) return true;
  return false;
}

model::Severity severity_of(const JsonLine& event) {
  const int64_t severity = event.integer("/alert/severity").value_or(0);
  if (severity == 1) return model::Severity::high;
  if (severity == 2) return model::Severity::medium;
  return severity >= 3 ? model::Severity::low : model::Severity::unknown;
}

class SuricataParser : public AlertParser {
 public:
  Line parse(std::string_view line, model::Alert& alert) override {
    if (!event_.parse(line)) return Line::malformed;
    if (event_.text("/event_type") != "alert") return Line::other;
    const auto time = parse_offset_time(event_.text("/timestamp"));
    if (!time) return Line::bad_time;
    const auto id = event_.integer("/alert/signature_id");
    if (!id || *id < 0) return Line::no_rule;
    alert.time = *time;
    alert.detector = model::Detector::suricata;
    alert.severity = severity_of(event_);
    const std::string_view source = event_.text("/src_ip");
    const std::string_view destination = event_.text("/dest_ip");
    std::string_view host = event_.text("/alert/target/ip");
    if (host.empty()) host = is_private(source) && !is_private(destination) ? source : destination;
    if (host.empty()) host = source;
    alert.source = (host == source ? destination : source).substr(0, longest_name);
    return fill_alert(std::to_string(*id), event_.text("/alert/signature"), host, alert);
  }

 private:
  JsonLine event_;
};

}  // namespace

std::unique_ptr<AlertParser> make_suricata_parser() { return std::make_unique<SuricataParser>(); }

}  // namespace yagura::livenet
