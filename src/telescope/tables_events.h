// SPDX-License-Identifier: Apache-2.0
//
// Questions about what happened: scan events, denial-of-service victims, rising ports, and the
// 5-minute rows themselves.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "telescope/rows.h"
#include "telescope/tables.h"

namespace yagura::telescope {

struct Event {
  uint64_t id = 0;
  uint16_t sensor = 0;
  IpAddress source;
  Timestamp start, end;
  EventState state = EventState::open;
  uint64_t packets = 0;
  uint64_t bytes = 0;
  uint64_t dark_addresses = 0;
  double dark_share = 0;
  uint64_t tcp_packets = 0, udp_packets = 0, icmp_packets = 0;
  uint64_t port_count = 0;
  std::vector<uint64_t> ports;  // most packets first
  Tool tool = Tool::none;
  double rate = 0;
  double internet_rate = 0;
};
enum class EventOrder { packets, dark_addresses, start, rate, ports, duration };
inline constexpr Choice<EventOrder> event_order_choices[] = {
    {"packets", EventOrder::packets}, {"dark-addresses", EventOrder::dark_addresses},
    {"start", EventOrder::start},     {"rate", EventOrder::rate},
    {"ports", EventOrder::ports},     {"duration", EventOrder::duration}};
inline constexpr Choice<EventState> event_state_choices[] = {{"open", EventState::open},
                                                             {"closed", EventState::closed},
                                                             {"truncated", EventState::truncated}};
struct EventQuestion {
  Period period;  // events that overlap it
  // By class and port: events with such packets. By country, AS and survey: what the daily rows of
  // the period know of the source.
  Filter filter;
  std::optional<EventState> state;
  uint64_t least_packets = 0;
  uint64_t least_dark_addresses = 0;
  EventOrder order = EventOrder::packets;
  uint64_t limit = 50;
  uint64_t offset = 0;
};
Result<std::vector<Event>> events(store::Connection& connection, const EventQuestion& question);
struct EventTotals {
  uint64_t events = 0;
  uint64_t sources = 0;
  uint64_t packets = 0;
};
Result<EventTotals> event_totals(store::Connection& connection, const Period& period);

// An attack as its latest record tells it.
struct Attack {
  uint64_t id = 0;
  uint16_t sensor = 0;
  IpAddress victim;
  uint8_t protocol = 0;  // attacked: 6, 17, 1
  bool ended = false;
  Timestamp start, end;
  uint64_t packets = 0;
  uint64_t bytes = 0;
  uint64_t dark_addresses = 0;
  uint64_t max_packets_per_minute = 0;
  uint64_t port_count = 0;
  std::vector<uint64_t> ports;  // most packets first
};
enum class AttackOrder { packets, dark_addresses, start, max_packets_per_minute, duration };
inline constexpr Choice<AttackOrder> attack_order_choices[] = {
    {"packets", AttackOrder::packets},
    {"dark-addresses", AttackOrder::dark_addresses},
    {"start", AttackOrder::start},
    {"rate", AttackOrder::max_packets_per_minute},
    {"duration", AttackOrder::duration}};
inline constexpr Choice<uint8_t> attacked_protocol_choices[] = {
    {"tcp", 6}, {"udp", 17}, {"icmp", 1}, {"icmpv6", 58}};
struct AttackQuestion {
  Period period;  // attacks that overlap it
  std::optional<Prefix> victim;
  std::optional<uint16_t> port;
  std::optional<uint8_t> protocol;
  std::optional<enrich::CountryCode> country;  // of the victim
  std::optional<uint32_t> asn;
  std::optional<bool> ended;
  uint64_t least_packets = 0;
  AttackOrder order = AttackOrder::packets;
  uint64_t limit = 50;
  uint64_t offset = 0;
};
Result<std::vector<Attack>> attacks(store::Connection& connection, const AttackQuestion& question);
struct AttackTotals {
  uint64_t attacks = 0;
  uint64_t victims = 0;
  uint64_t packets = 0;
};
Result<AttackTotals> attack_totals(store::Connection& connection, const Period& period);
std::string protocol_text(uint8_t protocol);  // "tcp", "udp", "icmp", "icmpv6", else the number

struct RisingPort {
  Timestamp hour;
  uint16_t sensor = 0;
  uint8_t protocol = 0;
  uint16_t port = 0;
  uint64_t packets = 0;
  uint64_t hosts = 0;
  double expected_packets = 0;
  double expected_hosts = 0;
  double packets_score = 0;
  double hosts_score = 0;
};
// The hours in which a port rose most, strongest first.
Result<std::vector<RisingPort>> rising_ports(store::Connection& connection, const Period& period,
                                             const std::optional<PortFilter>& port, uint64_t limit);

struct Activity {
  Timestamp window;
  uint16_t sensor = 0;
  IpAddress source;
  PacketClass class_ = PacketClass::other;
  AddressScope scope = AddressScope::global;
  uint64_t packets = 0;
  uint64_t bytes = 0;
  uint64_t dark_addresses = 0;
  Timestamp first, last;
  uint8_t ttl_min = 0;
  uint8_t ttl_max = 0;
  std::vector<uint64_t> ports;
  std::vector<uint64_t> port_packets;
  std::vector<std::string> marks;
};
struct ActivityQuestion {
  Period period;
  Filter filter;
  std::optional<uint16_t> sensor;
  uint64_t limit = 100;
  uint64_t offset = 0;
};
// In order of time and source.
Result<std::vector<Activity>> activity(store::Connection& connection,
                                       const ActivityQuestion& question);

}  // namespace yagura::telescope
