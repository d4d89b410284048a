// SPDX-License-Identifier: Apache-2.0
#include "telescope/tables_events.h"

#include <fmt/format.h>

namespace yagura::telescope {
namespace {

// Times of the event tables are DateTime64(9): whole numbers of nanoseconds.
Timestamp nanoseconds_at(const store::Block& block, std::string_view name, size_t row) {
  return Timestamp{block[name].signed_at(row)};
}
Timestamp seconds_at(const store::Block& block, std::string_view name, size_t row) {
  return Timestamp::from_seconds(static_cast<int64_t>(block[name].unsigned_at(row)));
}

// Rows whose stretch from start to end overlaps the period.
void add_overlap(Where& where, const Period& period) {
  where.add("start < " + where.bind_nanoseconds(period.until));
  where.add("end >= " + where.bind_nanoseconds(period.from));
}

std::string_view order_text(EventOrder order) {
  switch (order) {
    case EventOrder::dark_addresses:
      return "dark_addresses DESC";
    case EventOrder::start:
      return "start DESC";
    case EventOrder::rate:
      return "rate DESC";
    case EventOrder::ports:
      return "port_count DESC";
    case EventOrder::duration:
      return "end - start DESC";
    case EventOrder::packets:
      break;
  }
  return "packets DESC";
}

std::string_view order_text(AttackOrder order) {
  switch (order) {
    case AttackOrder::dark_addresses:
      return "dark_addresses DESC";
    case AttackOrder::start:
      return "start DESC";
    case AttackOrder::max_packets_per_minute:
      return "max_packets_per_minute DESC";
    case AttackOrder::duration:
      return "end - start DESC";
    case AttackOrder::packets:
      break;
  }
  return "packets DESC";
}

// The latest record of each attack: the end if there is one, else the last update.
constexpr std::string_view latest_attacks =
    "(SELECT * FROM attack ORDER BY id, record = 'end' DESC, time DESC, packets DESC LIMIT 1 BY "
    "id)";

// Packets of an event are counted by protocol, and only scans make events.
std::string_view protocol_condition(PacketClass class_) {
  switch (class_) {
    case PacketClass::any:
    case PacketClass::scans:
      return "1";
    case PacketClass::scan_tcp:
      return "tcp_packets > 0";
    case PacketClass::scan_udp:
    case PacketClass::probe_amplification:
      return "udp_packets > 0";
    case PacketClass::scan_icmp:
      return "icmp_packets > 0";
    default:
      return "0";
  }
}

void add_event_filter(Where& where, const Filter& filter, const Period& period) {
  if (filter.class_) where.add(std::string(protocol_condition(*filter.class_)));
  if (filter.port) {
    where.add(fmt::format("has(ports, {})", where.bind(filter.port->port)));
    if (!filter.port->udp) where.add("tcp_packets > 0");
    if (!filter.port->tcp) where.add("udp_packets > 0");
  }
  // An event says itself which tool it is.
  if (filter.tool) where.add("toInt8(tool) = " + where.bind(static_cast<uint64_t>(*filter.tool)));
  Filter who = filter;
  who.tool = {};
  where.add_sources_of("source", who, period);
}

Event event_at(const store::Block& block, size_t row) {
  Event event;
  event.id = block["id"].unsigned_at(row);
  event.sensor = static_cast<uint16_t>(block["sensor"].unsigned_at(row));
  event.source = block["source"].address_at(row);
  event.start = nanoseconds_at(block, "start_ns", row);
  event.end = nanoseconds_at(block, "end_ns", row);
  event.state = static_cast<EventState>(block["state"].unsigned_at(row));
  event.packets = block["packets"].unsigned_at(row);
  event.bytes = block["bytes"].unsigned_at(row);
  event.dark_addresses = block["dark_addresses"].unsigned_at(row);
  event.dark_share = block["dark_share"].number_at(row);
  event.tcp_packets = block["tcp_packets"].unsigned_at(row);
  event.udp_packets = block["udp_packets"].unsigned_at(row);
  event.icmp_packets = block["icmp_packets"].unsigned_at(row);
  event.port_count = block["port_count"].unsigned_at(row);
  event.ports = block["ports"].unsigned_array_at(row);
  event.tool = static_cast<Tool>(block["tool"].unsigned_at(row));
  event.rate = block["rate"].number_at(row);
  event.internet_rate = block["internet_rate"].number_at(row);
  return event;
}

Attack attack_at(const store::Block& block, size_t row) {
  Attack attack;
  attack.id = block["id"].unsigned_at(row);
  attack.sensor = static_cast<uint16_t>(block["sensor"].unsigned_at(row));
  attack.victim = block["victim"].address_at(row);
  attack.protocol = static_cast<uint8_t>(block["protocol"].unsigned_at(row));
  attack.ended = block["ended"].unsigned_at(row) != 0;
  attack.start = nanoseconds_at(block, "start_ns", row);
  attack.end = nanoseconds_at(block, "end_ns", row);
  attack.packets = block["packets"].unsigned_at(row);
  attack.bytes = block["bytes"].unsigned_at(row);
  attack.dark_addresses = block["dark_addresses"].unsigned_at(row);
  attack.max_packets_per_minute = block["max_packets_per_minute"].unsigned_at(row);
  attack.port_count = block["port_count"].unsigned_at(row);
  attack.ports = block["ports"].unsigned_array_at(row);
  return attack;
}

}  // namespace

Result<std::vector<Event>> events(store::Connection& connection, const EventQuestion& question) {
  Where where;
  add_overlap(where, question.period);
  add_event_filter(where, question.filter, question.period);
  if (question.state)
    where.add("toInt8(state) = " + where.bind(static_cast<uint64_t>(*question.state)));
  if (question.least_packets > 0) where.add("packets >= " + where.bind(question.least_packets));
  if (question.least_dark_addresses > 0)
    where.add("dark_addresses >= " + where.bind(question.least_dark_addresses));
  TRY(const store::Block block,
      connection.query(
          fmt::format("SELECT id, sensor, source, toUnixTimestamp64Nano(start) AS start_ns, "
                      "toUnixTimestamp64Nano(end) AS end_ns, state, packets, bytes, "
                      "dark_addresses, dark_share, tcp_packets, udp_packets, icmp_packets, "
                      "port_count, ports, tool, rate, internet_rate FROM event {} "
                      "ORDER BY {}, start, source LIMIT {} OFFSET {}",
                      where.sql(), order_text(question.order), question.limit, question.offset),
          where.parameters()));
  std::vector<Event> result;
  result.reserve(block.rows);
  for (size_t row = 0; row < block.rows; ++row) result.push_back(event_at(block, row));
  return result;
}

Result<EventTotals> event_totals(store::Connection& connection, const Period& period) {
  Where where;
  add_overlap(where, period);
  TRY(const store::Block block,
      connection.query("SELECT count() AS events, uniqExact(source) AS sources, "
                       "sum(packets) AS total FROM event " +
                           where.sql(),
                       where.parameters()));
  return EventTotals{block["events"].unsigned_at(0), block["sources"].unsigned_at(0),
                     block["total"].unsigned_at(0)};
}

Result<std::vector<Attack>> attacks(store::Connection& connection, const AttackQuestion& question) {
  Where where;
  add_overlap(where, question.period);
  if (question.victim) where.add_prefix("victim", *question.victim);
  if (question.port) where.add(fmt::format("has(ports, {})", where.bind(*question.port)));
  if (question.protocol) where.add("protocol = " + where.bind(*question.protocol));
  Filter who;
  who.country = question.country;
  who.asn = question.asn;
  where.add_sources_of("victim", who, question.period);
  if (question.ended) where.add(*question.ended ? "record = 'end'" : "record != 'end'");
  if (question.least_packets > 0) where.add("packets >= " + where.bind(question.least_packets));
  TRY(const store::Block block,
      connection.query(
          fmt::format("SELECT id, sensor, victim, protocol, record = 'end' AS ended, "
                      "toUnixTimestamp64Nano(start) AS start_ns, "
                      "toUnixTimestamp64Nano(end) AS end_ns, packets, bytes, dark_addresses, "
                      "max_packets_per_minute, port_count, ports FROM {} {} "
                      "ORDER BY {}, start, victim, protocol LIMIT {} OFFSET {}",
                      latest_attacks, where.sql(), order_text(question.order), question.limit,
                      question.offset),
          where.parameters()));
  std::vector<Attack> result;
  result.reserve(block.rows);
  for (size_t row = 0; row < block.rows; ++row) result.push_back(attack_at(block, row));
  return result;
}

Result<AttackTotals> attack_totals(store::Connection& connection, const Period& period) {
  Where where;
  add_overlap(where, period);
  TRY(const store::Block block,
      connection.query(fmt::format("SELECT count() AS attacks, uniqExact(victim) AS victims, "
                                   "sum(packets) AS total FROM {} {}",
                                   latest_attacks, where.sql()),
                       where.parameters()));
  return AttackTotals{block["attacks"].unsigned_at(0), block["victims"].unsigned_at(0),
                      block["total"].unsigned_at(0)};
}

std::string protocol_text(uint8_t protocol) {
  constexpr uint8_t icmp = 1, tcp = 6, udp = 17, icmpv6 = 58;
  switch (protocol) {
    case icmp:
      return "icmp";
    case tcp:
      return "tcp";
    case udp:
      return "udp";
    case icmpv6:
      return "icmpv6";
    default:
      return std::to_string(protocol);
  }
}

Result<std::vector<RisingPort>> rising_ports(store::Connection& connection, const Period& period,
                                             const std::optional<PortFilter>& port,
                                             uint64_t limit) {
  constexpr uint64_t tcp = 6, udp = 17;
  Where where;
  if (port) {
    where.add("port = " + where.bind(port->port));
    if (!port->udp) where.add("protocol = " + where.bind(tcp));
    if (!port->tcp) where.add("protocol = " + where.bind(udp));
  }
  where.add("kind = 'rising_port'");
  where.add("time >= " + where.bind_seconds(period.from));
  where.add("time < " + where.bind_seconds(period.until));
  TRY(const store::Block block,
      connection.query(
          fmt::format("SELECT time, sensor, protocol, port, packets, hosts, expected_packets, "
                      "expected_hosts, packets_score, hosts_score FROM alarm {} ORDER BY "
                      "greatest(packets_score, hosts_score) DESC, time, protocol, port LIMIT {}",
                      where.sql(), limit),
          where.parameters()));
  std::vector<RisingPort> result;
  for (size_t row = 0; row < block.rows; ++row) {
    RisingPort rising;
    rising.hour = seconds_at(block, "time", row);
    rising.sensor = static_cast<uint16_t>(block["sensor"].unsigned_at(row));
    rising.protocol = static_cast<uint8_t>(block["protocol"].unsigned_at(row));
    rising.port = static_cast<uint16_t>(block["port"].unsigned_at(row));
    rising.packets = block["packets"].unsigned_at(row);
    rising.hosts = block["hosts"].unsigned_at(row);
    rising.expected_packets = block["expected_packets"].number_at(row);
    rising.expected_hosts = block["expected_hosts"].number_at(row);
    rising.packets_score = block["packets_score"].number_at(row);
    rising.hosts_score = block["hosts_score"].number_at(row);
    result.push_back(rising);
  }
  return result;
}

Result<std::vector<Activity>> activity(store::Connection& connection,
                                       const ActivityQuestion& question) {
  Where where;
  where.add("window >= " + where.bind_seconds(question.period.from.floor(Duration::minutes(5))));
  where.add("window < " + where.bind_seconds(question.period.until));
  where.add_activity_filter(question.filter, question.period);
  if (question.sensor) where.add("sensor = " + where.bind(*question.sensor));
  TRY(const store::Block block,
      connection.query(
          fmt::format("SELECT window, sensor, source, class, scope, packets, bytes, "
                      "dark_addresses, first_second, last_second, ttl_min, ttl_max, ports, "
                      "port_packets, arrayMap(m -> toString(m), marks) AS mark_names "
                      "FROM activity {} ORDER BY window, source, class, sensor "
                      "LIMIT {} OFFSET {}",
                      where.sql(), question.limit, question.offset),
          where.parameters()));
  std::vector<Activity> result;
  result.reserve(block.rows);
  for (size_t row = 0; row < block.rows; ++row) {
    Activity line;
    line.window = seconds_at(block, "window", row);
    line.sensor = static_cast<uint16_t>(block["sensor"].unsigned_at(row));
    line.source = block["source"].address_at(row);
    line.class_ = static_cast<PacketClass>(block["class"].unsigned_at(row));
    line.scope = static_cast<AddressScope>(block["scope"].unsigned_at(row));
    line.packets = block["packets"].unsigned_at(row);
    line.bytes = block["bytes"].unsigned_at(row);
    line.dark_addresses = block["dark_addresses"].unsigned_at(row);
    const auto offset = [&](std::string_view name) {
      return Duration::seconds(static_cast<int64_t>(block[name].unsigned_at(row)));
    };
    line.first = line.window + offset("first_second");
    line.last = line.window + offset("last_second");
    line.ttl_min = static_cast<uint8_t>(block["ttl_min"].unsigned_at(row));
    line.ttl_max = static_cast<uint8_t>(block["ttl_max"].unsigned_at(row));
    line.ports = block["ports"].unsigned_array_at(row);
    line.port_packets = block["port_packets"].unsigned_array_at(row);
    line.marks = block["mark_names"].string_array_at(row);
    result.push_back(std::move(line));
  }
  return result;
}

}  // namespace yagura::telescope
