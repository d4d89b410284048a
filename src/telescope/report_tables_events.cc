// SPDX-License-Identifier: Apache-2.0
//
// The tables of report_tables.h whose rows have a time of their own.
#include <fmt/format.h>

#include "telescope/report_tables.h"

namespace yagura::telescope {
namespace {

// Ids are 64-bit hashes, which a JSON number would round: they are texts.
std::string id_text(uint64_t id) { return fmt::format("{:016x}", id); }

Cell country_cell(enrich::CountryCode code) { return known(code != 0, enrich::country_text(code)); }
Cell asn_cell(uint32_t asn) { return known(asn != 0, uint64_t{asn}); }

// The first `most` of a list, for a cell that people read.
std::string first_of(const std::vector<uint64_t>& list, uint64_t all, size_t most) {
  std::string text;
  for (size_t i = 0; i < std::min(list.size(), most); ++i)
    text += fmt::format("{}{}", i == 0 ? "" : ", ", list[i]);
  if (all > most) text += fmt::format(" +{}", all - most);
  return text;
}

Cell tool_cell(Tool tool) {
  return known(tool != Tool::none, std::string(tool_names[static_cast<size_t>(tool)]));
}

// "SA" for SYN and ACK, as packet tools write it.
std::string flags_text(uint8_t flags) {
  constexpr std::string_view letters = "FSRPAUEC";
  std::string text;
  for (size_t bit = 0; bit < letters.size(); ++bit)
    if (flags >> bit & 1) text += letters[bit];
  return text;
}

}  // namespace

Table events_table(const std::vector<Event>& events, const Names& names) {
  Table table;
  table.columns = {{"source", "source", CellKind::address},
                   {"country", "in", CellKind::text},
                   {"asn", "", CellKind::id},
                   {"start", "start", CellKind::time},
                   {"end", "", CellKind::time},
                   {"duration", "lasted", CellKind::duration},
                   {"state", "", CellKind::text},
                   {"packets", "packets", CellKind::count},
                   {"bytes", "", CellKind::count},
                   {"dark_addresses", "dark", CellKind::count},
                   {"dark_share", "", CellKind::share},
                   {"port_list", "ports", CellKind::text, 1, 16, false},
                   {"ports", "", CellKind::text},
                   {"port_count", "", CellKind::count},
                   {"tcp_packets", "", CellKind::count},
                   {"udp_packets", "", CellKind::count},
                   {"icmp_packets", "", CellKind::count},
                   {"tool", "tool", CellKind::text},
                   {"rate", "", CellKind::number},
                   {"internet_rate", "", CellKind::number},
                   {"sensor", "", CellKind::text},
                   {"id", "", CellKind::text}};
  for (const Event& event : events) {
    const enrich::Place place = names.place(event.source);
    table.add({event.source,
               country_cell(place.country),
               asn_cell(place.asn),
               event.start,
               event.end,
               event.end - event.start,
               std::string(event_state_names[static_cast<size_t>(event.state)]),
               event.packets,
               event.bytes,
               event.dark_addresses,
               event.dark_share,
               first_of(event.ports, event.port_count, 3),
               event.ports,
               event.port_count,
               event.tcp_packets,
               event.udp_packets,
               event.icmp_packets,
               tool_cell(event.tool),
               event.rate,
               event.internet_rate,
               names.sensor(event.sensor),
               id_text(event.id)});
  }
  return table;
}

Table attacks_table(const std::vector<Attack>& attacks, const Names& names) {
  Table table;
  table.columns = {{"victim", "victim", CellKind::address},
                   {"country", "in", CellKind::text},
                   {"asn", "", CellKind::id},
                   {"as_name", "", CellKind::text},
                   {"protocol", "", CellKind::text},
                   {"port_list", "attacked", CellKind::text, 1, 18, false},
                   {"ports", "", CellKind::text},
                   {"port_count", "", CellKind::count},
                   {"start", "start", CellKind::time},
                   {"end", "", CellKind::time},
                   {"duration", "lasted", CellKind::duration},
                   {"state", "state", CellKind::text},
                   {"packets", "packets", CellKind::count},
                   {"bytes", "", CellKind::count},
                   {"dark_addresses", "dark", CellKind::count},
                   {"max_packets_per_minute", "max/min", CellKind::count},
                   {"sensor", "", CellKind::text},
                   {"id", "", CellKind::text}};
  for (const Attack& attack : attacks) {
    const enrich::Place place = names.place(attack.victim);
    const std::string protocol = protocol_text(attack.protocol);
    const std::string ports = first_of(attack.ports, attack.port_count, 2);
    table.add({attack.victim, country_cell(place.country), asn_cell(place.asn),
               names.asn(place.asn), protocol, ports.empty() ? protocol : ports + "/" + protocol,
               attack.ports, attack.port_count, attack.start, attack.end, attack.end - attack.start,
               std::string(attack.ended ? "ended" : "ongoing"), attack.packets, attack.bytes,
               attack.dark_addresses, attack.max_packets_per_minute, names.sensor(attack.sensor),
               id_text(attack.id)});
  }
  return table;
}

Table rising_table(const std::vector<RisingPort>& ports, const Names& names) {
  Table table;
  table.columns = {{"name", "port", CellKind::text},
                   {"protocol", "", CellKind::text},
                   {"port", "", CellKind::id},
                   {"service", "service", CellKind::text, 1, 20},
                   {"hour", "hour", CellKind::time},
                   {"packets", "packets", CellKind::count},
                   {"expected_packets", "usual", CellKind::number, 0},
                   {"packets_score", "", CellKind::number},
                   {"hosts", "hosts", CellKind::count},
                   {"expected_hosts", "usual", CellKind::number, 0},
                   {"hosts_score", "", CellKind::number},
                   {"score", "deviations", CellKind::number},
                   {"sensor", "sensor", CellKind::text}};
  constexpr uint8_t udp = 17;
  for (const RisingPort& rise : ports) {
    const Dimension dimension = rise.protocol == udp ? Dimension::udp_port : Dimension::tcp_port;
    const std::string protocol = protocol_text(rise.protocol);
    table.add({fmt::format("{}/{}", rise.port, protocol), protocol, uint64_t{rise.port},
               port_service(dimension, rise.port), rise.hour, rise.packets, rise.expected_packets,
               rise.packets_score, rise.hosts, rise.expected_hosts, rise.hosts_score,
               std::max(rise.packets_score, rise.hosts_score), names.sensor(rise.sensor)});
  }
  return table;
}

Table activity_table(const std::vector<Activity>& rows, const Names& names) {
  Table table;
  table.columns = {{"window", "window", CellKind::time},
                   {"sensor", "", CellKind::text},
                   {"source", "source", CellKind::address},
                   {"class", "class", CellKind::text},
                   {"scope", "", CellKind::text},
                   {"packets", "packets", CellKind::count},
                   {"bytes", "", CellKind::count},
                   {"dark_addresses", "dark", CellKind::count},
                   {"first", "", CellKind::time},
                   {"last", "", CellKind::time},
                   {"ttl_min", "", CellKind::count},
                   {"ttl_max", "", CellKind::count},
                   {"port_list", "ports", CellKind::text, 1, 26, false},
                   {"ports", "", CellKind::text},
                   {"port_packets", "", CellKind::text},
                   {"marks", "marks", CellKind::text, 1, 24}};
  for (const Activity& row : rows) {
    std::string ports;
    for (size_t i = 0; i < std::min<size_t>(row.ports.size(), 3); ++i)
      ports += (i == 0 ? "" : ", ") + service_text(row.class_, static_cast<uint16_t>(row.ports[i]));
    if (row.ports.size() > 3) ports += fmt::format(" +{}", row.ports.size() - 3);
    table.add({row.window, names.sensor(row.sensor), row.source,
               std::string(class_names[static_cast<size_t>(row.class_)]),
               std::string(scope_names[static_cast<size_t>(row.scope)]), row.packets, row.bytes,
               row.dark_addresses, row.first, row.last, uint64_t{row.ttl_min},
               uint64_t{row.ttl_max}, ports, row.ports, row.port_packets, row.marks});
  }
  return table;
}

Table samples_table(const std::vector<Sample>& samples) {
  Table table;
  table.columns = {{"time", "time", CellKind::time},
                   {"class", "", CellKind::text},
                   {"destination", "to", CellKind::address},
                   {"protocol", "", CellKind::text},
                   {"source_port", "from port", CellKind::id},
                   {"destination_port", "to port", CellKind::id},
                   {"ttl", "TTL", CellKind::count},
                   {"ip_id", "IP id", CellKind::id},
                   {"ip_length", "length", CellKind::count},
                   {"tcp_flags", "flags", CellKind::text},
                   {"tcp_window", "window", CellKind::id},
                   {"tcp_sequence", "", CellKind::id},
                   {"payload", "payload", CellKind::text, 1, 32}};
  for (const Sample& sample : samples)
    table.add({sample.time, std::string(class_names[static_cast<size_t>(sample.class_)]),
               sample.destination, protocol_text(sample.protocol), uint64_t{sample.source_port},
               uint64_t{sample.destination_port}, uint64_t{sample.ttl}, uint64_t{sample.ip_id},
               uint64_t{sample.ip_length}, flags_text(sample.tcp_flags),
               uint64_t{sample.tcp_window}, uint64_t{sample.tcp_sequence}, sample.payload});
  return table;
}

}  // namespace yagura::telescope
