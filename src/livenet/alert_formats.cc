// SPDX-License-Identifier: Apache-2.0
#include "livenet/alert_formats.h"

#include "base/text.h"
#include "livenet/json_line.h"

namespace yagura::livenet {
namespace {

// The digits of `text`, which are at most a few.
std::optional<int64_t> two_digits(std::string_view text) {
  if (text.size() != 2 || text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
    return std::nullopt;
  return (text[0] - '0') * 10 + (text[1] - '0');
}

// Takes "+0900", "+09:00" or "-0330" off the end of a time.
std::optional<Duration> take_offset(std::string_view& text) {
  const size_t time_begin = text.find('T');
  if (time_begin == std::string_view::npos) return Duration{};
  const size_t sign = text.find_first_of("+-", time_begin);
  if (sign == std::string_view::npos) return Duration{};
  const std::string_view offset = text.substr(sign + 1);
  const auto hours = two_digits(offset.substr(0, 2));
  const bool colon = offset.size() == 5 && offset[2] == ':';
  const auto minutes = two_digits(offset.size() < 4 ? offset : offset.substr(colon ? 3 : 2));
  if (!hours || !minutes || offset.size() != (colon ? 5u : 4u)) return std::nullopt;
  const int64_t seconds = *hours * 3600 + *minutes * 60;
  const bool east = text[sign] == '+';
  text = text.substr(0, sign);
  return Duration::seconds(east ? seconds : -seconds);
}

}  // namespace

std::optional<AlertFormat> recognise_alerts(std::string_view line) {
  if (line.starts_with("time,name,ip,host,short")) return AlertFormat::ait_csv;
  // By what stands at the top: Wazuh hands on whole events of Suricata further down.
  JsonLine event;
  if (!event.parse(line)) return std::nullopt;
  if (!event.text("/event_type").empty()) return AlertFormat::suricata;
  if (event.is_object("/rule")) return AlertFormat::wazuh;
  return std::nullopt;
}

std::unique_ptr<AlertParser> make_parser(AlertFormat format) {
  switch (format) {
    case AlertFormat::ait_csv:
      return make_ait_parser();
    case AlertFormat::suricata:
      return make_suricata_parser();
    case AlertFormat::wazuh:
      break;
  }
  return make_wazuh_parser();
}

std::optional<Timestamp> parse_offset_time(std::string_view text) {
  const auto offset = take_offset(text);
  if (!offset) return std::nullopt;
  const auto time = parse_time(text);
  if (!time) return std::nullopt;
  const Timestamp utc = *time - *offset;
  return is_event_time(utc) ? std::optional(utc) : std::nullopt;
}

Line fill_alert(std::string_view rule, std::string_view text, std::string_view host,
                model::Alert& alert) {
  if (rule.empty()) return Line::no_rule;
  if (host.empty()) return Line::no_host;
  if (rule.size() > longest_name || host.size() > longest_name) return Line::malformed;
  alert.rule = rule;
  alert.text = text.substr(0, longest_text);
  alert.host = host;
  return Line::alert;
}

}  // namespace yagura::livenet
