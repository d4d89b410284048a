// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <span>
#include <utility>

#include "base/text.h"
#include "warning/exchange_formats.h"
#include "warning/wording.h"

namespace yagura::warning {
namespace {

// What a line tells: a warning, and one of its services or none.
struct Line {
  const Told& told;
  const Service* service;  // null: what went to services that are not counted one by one
  uint64_t packets;
};

// Texts are quoted and numbers are not, as Shadowserver does.
std::string text_field(std::string_view text) {
  const std::string field = csv_field(text);
  return field.empty() || field[0] == '"' ? field : fmt::format("\"{}\"", field);
}

std::string time_text(Timestamp time) {
  return text_field(format_time_for_people(to_second(time)));
}
std::string first_seen(const Line& line) { return time_text(line.told.episode.first); }
std::string last_seen(const Line& line) { return time_text(line.told.episode.last); }
std::string seconds_between(const Line& line) {
  return std::to_string(line.told.episode.last.seconds() - line.told.episode.first.seconds());
}

std::string address(const Line& line) { return text_field(line.told.episode.address.to_string()); }
std::string asn(const Line& line) {
  return line.told.asn == 0 ? "" : std::to_string(line.told.asn);
}
std::string country(const Line& line) { return text_field(line.told.country); }

std::string protocol(const Line& line) {
  return line.service == nullptr ? "" : text_field(protocol_name(line.service->protocol));
}
std::string port(const Line& line) {
  const bool known = line.service != nullptr && has_port(*line.service);
  return known ? std::to_string(line.service->port) : "";
}
std::string count(const Line& line) { return std::to_string(line.packets); }

std::string severity(const Line& line) {
  return text_field(name_of(severity_of(line.told.episode)));
}

std::string infection(const Line& line) {
  return line.told.episode.tool == model::Tool::mirai ? text_field("mirai") : "";
}

std::string tool_and_kind(const Line& line) {
  const Episode& episode = line.told.episode;
  std::string tags;
  if (episode.tool != model::Tool::none)
    tags = model::tool_names[static_cast<size_t>(episode.tool)];
  if (episode.kind != Kind::external) {
    if (!tags.empty()) tags += ';';
    tags += name_of(episode.kind);
  }
  return text_field(tags);
}

std::string backscatter(const Line&) { return text_field("backscatter"); }
std::string yagura(const Line&) { return text_field("Yagura"); }

// The same whenever this warning is told: by it, a reader finds the line that a later one replaces.
std::string event_id(const Line& line) {
  if (line.service == nullptr) return text_field(fmt::format("{}-other", line.told.warning));
  return text_field(
      fmt::format("{}-{}-{}", line.told.warning, line.service->protocol, line.service->port));
}

// Columns are those of reports.json in The-Shadowserver-Foundation/report_schema at 8e06fb91
// (2026-03-24). One without a function stays empty: it is not known to a telescope, or would tell
// the dark address.
struct Column {
  std::string_view name;
  std::string (*field)(const Line& line) = nullptr;
};

constexpr Column darknet_columns[] = {{"timestamp", last_seen},
                                      {"protocol", protocol},
                                      {"src_ip", address},
                                      {"src_port"},
                                      {"src_asn", asn},
                                      {"src_geo", country},
                                      {"src_region"},
                                      {"src_city"},
                                      {"src_hostname"},
                                      {"src_naics"},
                                      {"src_sector"},
                                      {"device_vendor"},
                                      {"device_type"},
                                      {"device_model"},
                                      {"severity", severity},
                                      {"dst_ip"},
                                      {"dst_port", port},
                                      {"dst_asn"},
                                      {"dst_geo"},
                                      {"dst_region"},
                                      {"dst_city"},
                                      {"dst_hostname"},
                                      {"dst_naics"},
                                      {"dst_sector"},
                                      {"public_source", yagura},
                                      {"infection", infection},
                                      {"family"},
                                      {"tag", tool_and_kind},
                                      {"application"},
                                      {"version"},
                                      {"event_id", event_id},
                                      {"count", count}};

// The victim is the destination of the attack. Its source, at Shadowserver the machine that
// commands the attackers, is not known to a telescope.
constexpr Column target_columns[] = {{"timestamp", first_seen},
                                     {"protocol", protocol},
                                     {"dst_ip", address},
                                     {"dst_port", port},
                                     {"dst_asn", asn},
                                     {"dst_geo", country},
                                     {"dst_region"},
                                     {"dst_city"},
                                     {"dst_hostname"},
                                     {"dst_naics"},
                                     {"dst_sector"},
                                     {"device_vendor"},
                                     {"device_type"},
                                     {"device_model"},
                                     {"severity", severity},
                                     {"src_ip"},
                                     {"src_port"},
                                     {"src_asn"},
                                     {"src_geo"},
                                     {"src_region"},
                                     {"src_city"},
                                     {"src_hostname"},
                                     {"src_naics"},
                                     {"src_sector"},
                                     {"domain_source"},
                                     {"public_source", yagura},
                                     {"infection"},
                                     {"family"},
                                     {"tag", backscatter},
                                     {"application"},
                                     {"version"},
                                     {"event_id", event_id},
                                     {"dst_network"},
                                     {"dst_netmask"},
                                     {"attack"},
                                     {"duration", seconds_between},
                                     {"attack_src_ip"},
                                     {"attack_src_port"},
                                     {"domain"},
                                     {"domain_transaction_id"},
                                     {"gcip"},
                                     {"http_method"},
                                     {"http_path"},
                                     {"http_postdata"},
                                     {"http_usessl"},
                                     {"ip_header_ack"},
                                     {"ip_header_acknum"},
                                     {"ip_header_dont_fragment"},
                                     {"ip_header_fin"},
                                     {"ip_header_identity"},
                                     {"ip_header_psh"},
                                     {"ip_header_rst"},
                                     {"ip_header_seqnum"},
                                     {"ip_header_syn"},
                                     {"ip_header_tos"},
                                     {"ip_header_ttl"},
                                     {"ip_header_urg"},
                                     {"number_of_connections"},
                                     {"packet_length"},
                                     {"packet_randomized"}};

std::string csv(std::span<const Column> columns, std::span<const Told> told, bool victims) {
  std::string out;
  for (const Column& column : columns)
    out += fmt::format("{}\"{}\"", out.empty() ? "" : ",", column.name);
  out += '\n';
  const auto add = [&](const Line& line) {
    bool first = true;
    for (const Column& column : columns) {
      if (!std::exchange(first, false)) out += ',';
      if (column.field != nullptr) out += column.field(line);
    }
    out += '\n';
  };
  for (const Told& each : told) {
    const Episode& episode = each.episode;
    if ((episode.kind == Kind::under_attack) != victims) continue;
    for (const Service& service : episode.services) add({each, &service, service.packets});
    if (episode.services.empty())
      add({each, nullptr, episode.packets});
    else if (episode.packets_elsewhere > 0)
      add({each, nullptr, episode.packets_elsewhere});
  }
  return out;
}

}  // namespace

std::string shadowserver_darknet_csv(std::span<const Told> told) {
  return csv(darknet_columns, told, false);
}

std::string shadowserver_ddos_target_csv(std::span<const Told> told) {
  return csv(target_columns, told, true);
}

}  // namespace yagura::warning
