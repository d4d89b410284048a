// SPDX-License-Identifier: Apache-2.0
//
// The rows the telescope stores, each described once: the column list below every struct is what
// the block codec, the DDL check, JSON and CSV derive from. docs/data-dictionary.md says what each
// column means to an analyst.
//
// Every primary row carries `commit`: the transaction (state/ledger.h) that wrote it, so that an
// unfinished one can be taken back whole.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/ip_address.h"
#include "base/time.h"
#include "store/row.h"
#include "telescope/vocabulary.h"

namespace yagura::telescope {

using store::column;

// 5 minutes × sensor × source × class.
struct ActivityRow {
  uint32_t window = 0;  // start, seconds since the epoch
  uint16_t sensor = 0;
  IpAddress source;  // the accounted address
  PacketClass class_ = PacketClass::other;
  AddressScope scope = AddressScope::global;
  uint32_t packets = 0;
  uint64_t bytes = 0;           // IP lengths
  uint32_t dark_addresses = 0;  // distinct
  uint32_t dark_hash = 0;       // keyed hash of the dark address if it was only one, else 0
  uint16_t first_second = 0;    // of the first and last packet, from the window's start
  uint16_t last_second = 0;
  uint8_t ttl_min = 0;
  uint8_t ttl_max = 0;
  // Service ports in rising order, and packets to each. TCP and UDP: destination port (backscatter:
  // source port); ICMP: type × 256 + code; class other: protocol number.
  std::span<const uint16_t> ports;
  std::span<const uint32_t> port_packets;
  std::span<const Mark> marks;
  std::span<const uint32_t> mark_packets;
  uint64_t commit = 0;

  static constexpr std::string_view table = "activity";
  static constexpr auto columns() {
    using R = ActivityRow;
    return std::tuple(column("window", &R::window, "DateTime('UTC')"), column("sensor", &R::sensor),
                      column("source", &R::source), column("class", &R::class_, class_names),
                      column("scope", &R::scope, scope_names), column("packets", &R::packets),
                      column("bytes", &R::bytes), column("dark_addresses", &R::dark_addresses),
                      column("dark_hash", &R::dark_hash), column("first_second", &R::first_second),
                      column("last_second", &R::last_second), column("ttl_min", &R::ttl_min),
                      column("ttl_max", &R::ttl_max), column("ports", &R::ports),
                      column("port_packets", &R::port_packets),
                      column("marks", &R::marks, mark_names),
                      column("mark_packets", &R::mark_packets), column("commit", &R::commit));
  }
};

// Source × class × day.
struct SourceDayRow {
  uint16_t day = 0;  // days since the epoch
  IpAddress source;
  PacketClass class_ = PacketClass::other;
  AddressScope scope = AddressScope::global;
  uint64_t packets = 0;
  uint64_t bytes = 0;
  uint32_t first = 0;  // seconds since the epoch
  uint32_t last = 0;
  uint16_t windows = 0;  // 5-minute windows it was seen in
  std::span<const uint16_t> ports;
  std::span<const uint32_t> port_packets;
  std::span<const Mark> marks;
  std::span<const uint32_t> mark_packets;
  Tool tool = Tool::none;
  uint16_t organisation = 0;  // survey organisation, 0 = none, 1 = unknown
  SurveyEvidence survey_evidence = SurveyEvidence::none;
  uint16_t country = 0;  // as in Dimension::country
  uint32_t asn = 0;
  uint64_t commit = 0;

  static constexpr std::string_view table = "source_day";
  static constexpr auto columns() {
    using R = SourceDayRow;
    return std::tuple(
        column("day", &R::day, "Date"), column("source", &R::source),
        column("class", &R::class_, class_names), column("scope", &R::scope, scope_names),
        column("packets", &R::packets), column("bytes", &R::bytes),
        column("first", &R::first, "DateTime('UTC')"), column("last", &R::last, "DateTime('UTC')"),
        column("windows", &R::windows), column("ports", &R::ports),
        column("port_packets", &R::port_packets), column("marks", &R::marks, mark_names),
        column("mark_packets", &R::mark_packets), column("tool", &R::tool, tool_names),
        column("organisation", &R::organisation),
        column("survey_evidence", &R::survey_evidence, survey_evidence_names),
        column("country", &R::country), column("asn", &R::asn), column("commit", &R::commit));
  }
};

// One number of packets and exact hosts. Rows of one key add up: a correction is a row with the
// difference, so always read sum(packets), sum(hosts). Of ports the store keeps PortNumbersRow, and
// of every dimension NumberSheetRow beside.
struct NumbersRow {
  Level level = Level::five_minutes;
  uint32_t time = 0;  // start of the bucket, seconds since the epoch
  Dimension dimension = Dimension::total;
  uint32_t value = 0;
  PacketClass class_ = PacketClass::any;
  uint16_t organisation = 0;  // survey organisation of the sources counted, 0 = none
  int64_t packets = 0;
  int64_t hosts = 0;
  uint64_t commit = 0;

  static constexpr std::string_view table = "numbers";
  static constexpr auto columns() {
    using R = NumbersRow;
    return std::tuple(
        column("level", &R::level, level_names), column("time", &R::time, "DateTime('UTC')"),
        column("dimension", &R::dimension, dimension_names), column("value", &R::value),
        column("class", &R::class_, class_names), column("organisation", &R::organisation),
        column("packets", &R::packets), column("hosts", &R::hosts), column("commit", &R::commit));
  }
};

// Ports are stored in blocks of so many: few enough to read one of them over weeks of hours, many
// enough that all ports do not cost a row each.
inline constexpr size_t ports_of_block = 32;

// The numbers of a block of neighbouring ports, as NumbersRow has them one by one, with all survey
// organisations together. Element i is of port block × 32 + i; those beyond the end are 0.
struct PortNumbersRow {
  Level level = Level::five_minutes;
  uint32_t time = 0;  // start of the bucket, seconds since the epoch
  Dimension dimension = Dimension::tcp_port;
  PacketClass class_ = PacketClass::any;
  uint16_t block = 0;  // port / 32
  uint8_t survey = 0;  // 1: of survey scanners, 0: of the others
  std::span<const int64_t> packets, hosts;
  uint64_t commit = 0;

  static constexpr std::string_view table = "port_numbers";
  static constexpr auto columns() {
    using R = PortNumbersRow;
    return std::tuple(column("level", &R::level, level_names),
                      column("time", &R::time, "DateTime('UTC')"),
                      column("dimension", &R::dimension, dimension_names),
                      column("class", &R::class_, class_names), column("block", &R::block),
                      column("survey", &R::survey), column("packets", &R::packets),
                      column("hosts", &R::hosts), column("commit", &R::commit));
  }
};

// The numbers of all values of a dimension in one bucket and class, as NumbersRow and
// PortNumbersRow have them one by one, in one row: what leads is asked of all values at once. Rows
// add up.
struct NumberSheetRow {
  Level level = Level::five_minutes;
  uint32_t time = 0;  // start of the bucket, seconds since the epoch
  Dimension dimension = Dimension::total;
  PacketClass class_ = PacketClass::any;  // any of the total, whose values are the classes
  uint8_t survey = 0;                     // 1: of survey scanners, 0: of the others
  std::span<const uint32_t> values;  // that the counts are of, in order; of ports none: 0, 1, …
  std::string_view packets, hosts;   // as PackedCounts::write_to writes them
  uint64_t commit = 0;

  static constexpr std::string_view table = "number_sheets";
  static constexpr auto columns() {
    using R = NumberSheetRow;
    return std::tuple(column("level", &R::level, level_names),
                      column("time", &R::time, "DateTime('UTC')"),
                      column("dimension", &R::dimension, dimension_names),
                      column("class", &R::class_, class_names), column("survey", &R::survey),
                      column("values", &R::values), column("packets", &R::packets),
                      column("hosts", &R::hosts), column("commit", &R::commit));
  }
};

// Ports that an event and an attack name, heaviest first. More of them are a third of the bytes of
// a scan of random ports, and say no more than their number does.
inline constexpr size_t ports_reported = 10;

// A scan by one source, from its first packet to its last before a long silence.
enum class EventState : uint8_t { open = 1, closed = 2, truncated = 3 };
inline constexpr std::array<std::string_view, 4> event_state_names = {"", "open", "closed",
                                                                      "truncated"};
struct EventRow {
  uint64_t id = 0;  // hash of sensor, source and start
  uint16_t sensor = 0;
  IpAddress source;
  int64_t start = 0;  // nanoseconds since the epoch
  int64_t end = 0;    // of the last packet
  EventState state = EventState::open;
  uint64_t packets = 0;
  uint64_t bytes = 0;
  uint32_t dark_addresses = 0;  // distinct, exact
  uint64_t tcp_packets = 0;
  uint64_t udp_packets = 0;
  uint64_t icmp_packets = 0;
  uint32_t port_count = 0;          // distinct service ports, exact up to 65,536 × 2
  std::span<const uint16_t> ports;  // of TCP and UDP: the ports_reported with most packets
  std::span<const uint32_t> port_packets;
  Tool tool = Tool::none;
  double rate = 0;           // packets per second at the telescope
  double internet_rate = 0;  // the same, extrapolated to the whole IPv4 Internet
  double dark_share = 0;     // dark_addresses / dark addresses of the sensor
  uint64_t commit = 0;

  static constexpr std::string_view table = "event";
  static constexpr auto columns() {
    using R = EventRow;
    return std::tuple(
        column("id", &R::id), column("sensor", &R::sensor), column("source", &R::source),
        column("start", &R::start, "DateTime64(9, 'UTC')"),
        column("end", &R::end, "DateTime64(9, 'UTC')"),
        column("state", &R::state, event_state_names), column("packets", &R::packets),
        column("bytes", &R::bytes), column("dark_addresses", &R::dark_addresses),
        column("tcp_packets", &R::tcp_packets), column("udp_packets", &R::udp_packets),
        column("icmp_packets", &R::icmp_packets), column("port_count", &R::port_count),
        column("ports", &R::ports), column("port_packets", &R::port_packets),
        column("tool", &R::tool, tool_names), column("rate", &R::rate),
        column("internet_rate", &R::internet_rate), column("dark_share", &R::dark_share),
        column("commit", &R::commit));
  }
};

// A denial of service seen by its backscatter. One attack has a start record, update records every
// five minutes and an end record; each is cumulative from the start.
enum class AttackRecord : uint8_t { start = 1, update = 2, end = 3 };
inline constexpr std::array<std::string_view, 4> attack_record_names = {"", "start", "update",
                                                                        "end"};
struct AttackRow {
  uint64_t id = 0;  // hash of sensor, victim, protocol and start
  uint16_t sensor = 0;
  IpAddress victim;
  uint8_t protocol = 0;  // attacked: IP protocol number
  AttackRecord record = AttackRecord::start;
  int64_t time = 0;   // of this record
  int64_t start = 0;  // first packet, nanoseconds since the epoch
  int64_t end = 0;    // last packet so far
  uint64_t packets = 0;
  uint64_t bytes = 0;
  uint32_t dark_addresses = 0;          // distinct, exact
  uint32_t max_packets_per_minute = 0;  // most in any 60 s, sliding by 10 s
  uint32_t port_count = 0;              // attacked ports
  std::span<const uint16_t> ports;      // the ports_reported with most packets, falling
  std::span<const uint32_t> port_packets;
  uint64_t commit = 0;

  static constexpr std::string_view table = "attack";
  static constexpr auto columns() {
    using R = AttackRow;
    return std::tuple(
        column("id", &R::id), column("sensor", &R::sensor), column("victim", &R::victim),
        column("protocol", &R::protocol), column("record", &R::record, attack_record_names),
        column("time", &R::time, "DateTime64(9, 'UTC')"),
        column("start", &R::start, "DateTime64(9, 'UTC')"),
        column("end", &R::end, "DateTime64(9, 'UTC')"), column("packets", &R::packets),
        column("bytes", &R::bytes), column("dark_addresses", &R::dark_addresses),
        column("max_packets_per_minute", &R::max_packets_per_minute),
        column("port_count", &R::port_count), column("ports", &R::ports),
        column("port_packets", &R::port_packets), column("commit", &R::commit));
  }
};

// 50 s × sensor × source prefix × port: TCP SYNs of the sampled /16s (at most 1,000 per window).
struct SynchronyRow {
  uint32_t time = 0;  // start of the 50 s
  uint16_t sensor = 0;
  uint16_t prefix = 0;  // first two octets of the IPv4 source
  uint16_t port = 0;
  uint32_t packets = 0;
  float top_share = 0;          // of packets to the dark address that received most
  uint32_t top_dark = 0;        // keyed hash of that address
  uint32_t dark_addresses = 0;  // distinct; 0 in rows of before version 12 of the schema
  uint64_t commit = 0;

  static constexpr std::string_view table = "synchrony";
  static constexpr auto columns() {
    using R = SynchronyRow;
    return std::tuple(column("time", &R::time, "DateTime('UTC')"), column("sensor", &R::sensor),
                      column("prefix", &R::prefix), column("port", &R::port),
                      column("packets", &R::packets), column("top_share", &R::top_share),
                      column("top_dark", &R::top_dark),
                      column("dark_addresses", &R::dark_addresses), column("commit", &R::commit));
  }
};

// 5 minutes × sensor: all TCP scans, of which the rows of `synchrony` are a sample.
struct SynchronyTotalRow {
  uint32_t time = 0;  // start of the five minutes
  uint16_t sensor = 0;
  uint64_t packets = 0;
  uint64_t hosts = 0;  // distinct sources, exact
  uint64_t commit = 0;

  static constexpr std::string_view table = "synchrony_total";
  static constexpr auto columns() {
    using R = SynchronyTotalRow;
    return std::tuple(column("time", &R::time, "DateTime('UTC')"), column("sensor", &R::sensor),
                      column("packets", &R::packets), column("hosts", &R::hosts),
                      column("commit", &R::commit));
  }
};

// What was found in 10 minutes of a sensor (synchrony_judge.h). Made from committed rows, so it has
// no commit: judging the window again replaces it.
struct SynchronyWindowRow {
  uint32_t time = 0;  // start of the ten minutes
  uint16_t sensor = 0;
  uint64_t run = 0;                   // of the ledger, whose rows were judged
  uint16_t hosts = 0;                 // /16s in the matrix
  uint64_t packets = 0;               // in the matrix
  std::span<const double> densities;  // by rising penalty
  uint16_t learned = 0;               // windows that the usual densities were learned from
  uint8_t alarmed = 0;                // bit i: the i-th penalty's density is unusual
  uint8_t counted = 0;                // whether the totals are known
  uint64_t total_packets = 0;
  uint64_t total_hosts = 0;
  double packets_score = 0;  // of the change in the totals
  double hosts_score = 0;
  uint16_t groups = 0;  // of hosts that rise and fall together over 30 minutes
  uint8_t votes = 0;    // bit i: SynchronyEngine i raises the alarm; 0 = none
  uint8_t level = 0;    // of the alarm
  // The ports that the alarm names, most hosts first; those without a vote no engine named.
  std::span<const uint16_t> ports;
  std::span<const uint8_t> port_levels;
  std::span<const uint16_t> port_hosts;
  std::span<const uint32_t> port_packets;
  std::span<const uint8_t> port_votes;
  std::span<const uint16_t> prefixes;  // /16s that probed them, most packets first

  static constexpr std::string_view table = "synchrony_window";
  static constexpr auto columns() {
    using R = SynchronyWindowRow;
    return std::tuple(
        column("time", &R::time, "DateTime('UTC')"), column("sensor", &R::sensor),
        column("run", &R::run), column("hosts", &R::hosts), column("packets", &R::packets),
        column("densities", &R::densities), column("learned", &R::learned),
        column("alarmed", &R::alarmed), column("counted", &R::counted),
        column("total_packets", &R::total_packets), column("total_hosts", &R::total_hosts),
        column("packets_score", &R::packets_score), column("hosts_score", &R::hosts_score),
        column("groups", &R::groups), column("votes", &R::votes), column("level", &R::level),
        column("ports", &R::ports), column("port_levels", &R::port_levels),
        column("port_hosts", &R::port_hosts), column("port_packets", &R::port_packets),
        column("port_votes", &R::port_votes), column("prefixes", &R::prefixes));
  }
};

// Something that left its usual range. Now: rising ports.
enum class AlarmKind : uint8_t { rising_port = 1 };
inline constexpr std::array<std::string_view, 2> alarm_kind_names = {"", "rising_port"};
struct AlarmRow {
  AlarmKind kind = AlarmKind::rising_port;
  uint32_t time = 0;  // start of the hour judged
  uint16_t sensor = 0;
  uint8_t protocol = 0;
  uint16_t port = 0;
  uint64_t packets = 0;
  uint64_t hosts = 0;
  double expected_packets = 0;  // the middle of the usual range
  double expected_hosts = 0;
  double packets_score = 0;  // usual deviations above the middle, on a log scale
  double hosts_score = 0;
  uint64_t commit = 0;

  static constexpr std::string_view table = "alarm";
  static constexpr auto columns() {
    using R = AlarmRow;
    return std::tuple(
        column("kind", &R::kind, alarm_kind_names), column("time", &R::time, "DateTime('UTC')"),
        column("sensor", &R::sensor), column("protocol", &R::protocol), column("port", &R::port),
        column("packets", &R::packets), column("hosts", &R::hosts),
        column("expected_packets", &R::expected_packets),
        column("expected_hosts", &R::expected_hosts), column("packets_score", &R::packets_score),
        column("hosts_score", &R::hosts_score), column("commit", &R::commit));
  }
};

// One packet as it was, for the analyst who wants to see. At most 3 per source, class and day.
struct SampleRow {
  int64_t time = 0;  // nanoseconds since the epoch
  uint16_t sensor = 0;
  IpAddress source;
  PacketClass class_ = PacketClass::other;
  IpAddress destination;  // a dark address: secret
  uint8_t protocol = 0;
  uint16_t source_port = 0;
  uint16_t destination_port = 0;
  uint8_t ttl = 0;
  uint16_t ip_id = 0;
  uint16_t ip_length = 0;
  uint8_t tcp_flags = 0;
  uint16_t tcp_window = 0;
  uint32_t tcp_sequence = 0;
  uint8_t icmp_type = 0;
  uint8_t icmp_code = 0;
  std::string_view payload;  // first 64 bytes
  uint64_t commit = 0;

  static constexpr std::string_view table = "sample";
  static constexpr auto columns() {
    using R = SampleRow;
    return std::tuple(
        column("time", &R::time, "DateTime64(9, 'UTC')"), column("sensor", &R::sensor),
        column("source", &R::source), column("class", &R::class_, class_names),
        column("destination", &R::destination), column("protocol", &R::protocol),
        column("source_port", &R::source_port), column("destination_port", &R::destination_port),
        column("ttl", &R::ttl), column("ip_id", &R::ip_id), column("ip_length", &R::ip_length),
        column("tcp_flags", &R::tcp_flags), column("tcp_window", &R::tcp_window),
        column("tcp_sequence", &R::tcp_sequence), column("icmp_type", &R::icmp_type),
        column("icmp_code", &R::icmp_code), column("payload", &R::payload),
        column("commit", &R::commit));
  }
};

}  // namespace yagura::telescope
