// SPDX-License-Identifier: Apache-2.0
#include "telescope/live_json.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <cmath>
#include <iterator>

#include "base/text.h"
#include "telescope/tables_events.h"

namespace yagura::telescope {
namespace {

constexpr double places_told = 4096;

std::string_view tool_word(uint16_t marks) {
  constexpr std::pair<Mark, Tool> tools[] = {{Mark::mirai, Tool::mirai},
                                             {Mark::zmap, Tool::zmap},
                                             {Mark::masscan, Tool::masscan},
                                             {Mark::masscan_2023, Tool::masscan_2023},
                                             {Mark::nmap, Tool::nmap}};
  for (const auto& [mark, tool] : tools)
    if ((marks >> static_cast<unsigned>(mark) & 1) != 0)
      return tool_names[static_cast<size_t>(tool)];
  return "";
}

std::string packet_json(const LivePacket& packet, const enrich::Places* places, uint64_t key) {
  const Classified& classified = packet.classified;
  enrich::Place place;
  if (places != nullptr) place = places->find(classified.accounted);
  return fmt::format(
      R"({{"sensor":{},"source":"{}","country":"{}","asn":{},"class":"{}","protocol":"{}",)"
      R"("port":{},"destination":{},"tool":"{}"}})",
      json_quote(packet.sensor->name), classified.accounted.to_string(),
      place.country != 0 ? enrich::country_text(place.country) : "", place.asn,
      class_names[static_cast<size_t>(classified.class_)], protocol_text(classified.protocol),
      classified.service_port, masked_place(packet, key), tool_word(classified.marks));
}

std::string feed_json(const FeedStatus& feed) {
  return fmt::format(
      R"({{"sensor":{},"kind":"{}","name":{},"state":"{}","detail":{},"frames":{},)"
      R"("dark_packets":{},"kernel_drops":{},"queue_drops":{},"late":{},"last_packet":{},)"
      R"("files_done":{},"files_waiting":{},"files_set_aside":{}}})",
      json_quote(feed.sensor), feed_kind_names[static_cast<size_t>(feed.kind)],
      json_quote(feed.name), feed_state_names[static_cast<size_t>(feed.state)],
      json_quote(feed.detail), feed.frames, feed.dark_packets, feed.kernel_drops, feed.queue_drops,
      feed.late, feed.last_packet ? json_quote(format_time(*feed.last_packet)) : "null",
      feed.files_done, feed.files_waiting, feed.files_set_aside);
}

}  // namespace

double masked_place(const LivePacket& packet, uint64_t key) {
  const double size = packet.is_v4 ? std::max(packet.sensor->dark_addresses, 1.0) : 0x1p32;
  const uint16_t id = packet.sensor->id;
  const double offset = static_cast<double>(XXH3_64bits_withSeed(&id, sizeof id, key)) * 0x1p-64;
  const double place = std::fmod(packet.position / size + offset, 1.0);
  return std::floor(place * places_told) / places_told;
}

std::string second_json(Timestamp time, const LiveSecond& second) {
  std::string classes;
  for (size_t i = 0; i < second.classes.size(); ++i)
    if (second.classes[i] > 0)
      fmt::format_to(std::back_inserter(classes), R"({}"{}":{})", classes.empty() ? "" : ",",
                     class_names[i], second.classes[i]);
  return fmt::format(R"({{"time":"{}","packets":{},"hosts":{},"classes":{{{}}},"kernel_drops":{},)"
                     R"("queue_drops":{},"late":{}}})",
                     format_time(time), second.packets, second.hosts, classes, second.kernel_drops,
                     second.queue_drops, second.late);
}

std::string packets_json(Timestamp time, uint64_t packets, std::span<const LivePacket> sample,
                         const enrich::Places* places, uint64_t key) {
  std::string list;
  for (const LivePacket& packet : sample)
    list += (list.empty() ? "" : ",") + packet_json(packet, places, key);
  return fmt::format(R"({{"time":"{}","packets":{},"sample":[{}]}})", format_time(time), packets,
                     list);
}

std::string feeds_json(std::span<const FeedStatus> feeds) {
  std::string list;
  for (const FeedStatus& feed : feeds) list += (list.empty() ? "" : ",") + feed_json(feed);
  return "[" + list + "]";
}

Event event_of(const EventRow& row) {
  Event event;
  event.id = row.id;
  event.sensor = row.sensor;
  event.source = row.source;
  event.start = Timestamp{row.start};
  event.end = Timestamp{row.end};
  event.state = row.state;
  event.packets = row.packets;
  event.bytes = row.bytes;
  event.dark_addresses = row.dark_addresses;
  event.dark_share = row.dark_share;
  event.tcp_packets = row.tcp_packets;
  event.udp_packets = row.udp_packets;
  event.icmp_packets = row.icmp_packets;
  event.port_count = row.port_count;
  event.ports.assign(row.ports.begin(), row.ports.end());
  event.tool = row.tool;
  event.rate = row.rate;
  event.internet_rate = row.internet_rate;
  return event;
}

Attack attack_of(const AttackRow& row) {
  Attack attack;
  attack.id = row.id;
  attack.sensor = row.sensor;
  attack.victim = row.victim;
  attack.protocol = row.protocol;
  attack.ended = row.record == AttackRecord::end;
  attack.start = Timestamp{row.start};
  attack.end = Timestamp{row.end};
  attack.packets = row.packets;
  attack.bytes = row.bytes;
  attack.dark_addresses = row.dark_addresses;
  attack.max_packets_per_minute = row.max_packets_per_minute;
  attack.port_count = row.port_count;
  attack.ports.assign(row.ports.begin(), row.ports.end());
  return attack;
}

RisingPort rising_port_of(const AlarmRow& row) {
  RisingPort rise;
  rise.hour = Timestamp::from_seconds(row.time);
  rise.sensor = row.sensor;
  rise.protocol = row.protocol;
  rise.port = row.port;
  rise.packets = row.packets;
  rise.hosts = row.hosts;
  rise.expected_packets = row.expected_packets;
  rise.expected_hosts = row.expected_hosts;
  rise.packets_score = row.packets_score;
  rise.hosts_score = row.hosts_score;
  return rise;
}

Table alarms_table(std::span<const AlarmRow> alarms) {
  Table table;
  table.columns = {{"kind", "", CellKind::text},
                   {"time", "", CellKind::time},
                   {"sensor", "", CellKind::id},
                   {"protocol", "", CellKind::id},
                   {"port", "", CellKind::id},
                   {"packets", "", CellKind::count},
                   {"hosts", "", CellKind::count},
                   {"expected_packets", "", CellKind::number},
                   {"expected_hosts", "", CellKind::number},
                   {"packets_score", "", CellKind::number},
                   {"hosts_score", "", CellKind::number}};
  for (const AlarmRow& row : alarms)
    table.add({std::string(alarm_kind_names[static_cast<size_t>(row.kind)]),
               Timestamp::from_seconds(row.time), uint64_t{row.sensor}, uint64_t{row.protocol},
               uint64_t{row.port}, row.packets, row.hosts, row.expected_packets, row.expected_hosts,
               row.packets_score, row.hosts_score});
  return table;
}

std::string rows_json(const Table& table) {
  return fmt::format(R"({{"rows":{}}})", table_json(table));
}

}  // namespace yagura::telescope
