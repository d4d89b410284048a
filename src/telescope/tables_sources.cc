// SPDX-License-Identifier: Apache-2.0
#include "telescope/tables_sources.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "telescope/survey.h"

namespace yagura::telescope {
namespace {

Timestamp seconds_at(const store::Block& block, std::string_view name, size_t row) {
  return Timestamp::from_seconds(static_cast<int64_t>(block[name].unsigned_at(row)));
}

std::string_view order_text(SourceOrder order) {
  switch (order) {
    case SourceOrder::bytes:
      return "total_bytes";
    case SourceOrder::first:
      return "first_seen";
    case SourceOrder::last:
      return "last_seen";
    case SourceOrder::days:
      return "days";
    case SourceOrder::packets:
      break;
  }
  return "total";
}

Where where_of(const Period& period, const Filter& filter) {
  Where where;
  const Period days = whole_days(period);
  where.add("day >= " + where.bind_day(days.from));
  where.add("day < " + where.bind_day(days.until));
  where.add_source_day_filter(filter);
  return where;
}

// Packets are those the filter lets through; the verdicts of several days as one are the latest
// that says something.
std::string summary_columns(const Filter& filter) {
  return fmt::format(
      "source, any(scope) AS any_scope, sum({}) AS total, sum(bytes) AS total_bytes, "
      "min(first) AS first_seen, max(last) AS last_seen, uniqExact(day) AS days, "
      "arraySort(groupUniqArray(toInt8(class))) AS classes, "
      "argMaxIf(tool, day, tool != 'none') AS latest_tool, "
      "argMaxIf(organisation, day, organisation > 0) AS latest_organisation, "
      "argMaxIf(survey_evidence, day, organisation > 0) AS latest_evidence, "
      "argMax(country, day) AS latest_country, argMax(asn, day) AS latest_asn",
      filtered_packets(filter));
}

SourceSummary summary_at(const store::Block& block, size_t row) {
  SourceSummary summary;
  summary.source = block["source"].address_at(row);
  summary.scope = static_cast<AddressScope>(block["any_scope"].unsigned_at(row));
  summary.packets = block["total"].unsigned_at(row);
  summary.bytes = block["total_bytes"].unsigned_at(row);
  summary.first = seconds_at(block, "first_seen", row);
  summary.last = seconds_at(block, "last_seen", row);
  summary.days = block["days"].unsigned_at(row);
  for (const uint64_t c : block["classes"].unsigned_array_at(row))
    summary.classes.push_back(static_cast<PacketClass>(c));
  // Without a matching row argMaxIf gives the type's first value, which for an Enum may be none.
  const uint64_t tool = block["latest_tool"].unsigned_at(row);
  summary.tool = tool < tool_count ? static_cast<Tool>(tool) : Tool::none;
  summary.organisation = static_cast<uint16_t>(block["latest_organisation"].unsigned_at(row));
  if (summary.organisation != 0)
    summary.evidence = static_cast<SurveyEvidence>(block["latest_evidence"].unsigned_at(row));
  summary.country = static_cast<uint16_t>(block["latest_country"].unsigned_at(row));
  summary.asn = static_cast<uint32_t>(block["latest_asn"].unsigned_at(row));
  return summary;
}

// Fills in the most used ports of the sources listed.
Result<void> add_ports(store::Connection& connection, const Where& base, uint64_t each,
                       std::vector<SourceSummary>& summaries) {
  if (summaries.empty()) return {};
  Where where = base;
  std::vector<std::string> addresses;
  std::map<IpAddress, size_t> places;
  for (size_t i = 0; i < summaries.size(); ++i) {
    addresses.push_back(where.bind_address(summaries[i].source));
    places[summaries[i].source] = i;
  }
  where.add(fmt::format("source IN ({})", fmt::join(addresses, ", ")));
  TRY(const store::Block block,
      connection.query(
          fmt::format("SELECT source, class, port_pair.1 AS port, sum(port_pair.2) AS total "
                      "FROM source_day ARRAY JOIN arrayZip(ports, port_packets) AS port_pair {} "
                      "GROUP BY source, class, port ORDER BY source, total DESC, class, port "
                      "LIMIT {} BY source",
                      where.sql(), each),
          where.parameters()));
  for (size_t row = 0; row < block.rows; ++row) {
    const auto it = places.find(block["source"].address_at(row));
    if (it == places.end()) continue;
    summaries[it->second].ports.push_back(
        {static_cast<PacketClass>(block["class"].unsigned_at(row)),
         static_cast<uint16_t>(block["port"].unsigned_at(row)), block["total"].unsigned_at(row)});
  }
  return {};
}

Result<void> add_classes(store::Connection& connection, const Where& where, SourcePage& page) {
  TRY(const store::Block block,
      connection.query("SELECT class, sum(packets) AS total, sum(bytes) AS total_bytes, "
                       "uniqExact(day) AS days, min(first) AS first_seen, max(last) AS last_seen, "
                       "length(groupUniqArrayArray(ports)) AS port_count FROM source_day " +
                           where.sql() + " GROUP BY class ORDER BY total DESC, class",
                       where.parameters()));
  for (size_t row = 0; row < block.rows; ++row)
    page.classes.push_back({static_cast<PacketClass>(block["class"].unsigned_at(row)),
                            block["total"].unsigned_at(row), block["total_bytes"].unsigned_at(row),
                            block["days"].unsigned_at(row), seconds_at(block, "first_seen", row),
                            seconds_at(block, "last_seen", row),
                            block["port_count"].unsigned_at(row)});
  TRY(const store::Block marks,
      connection.query("SELECT toInt8(mark_pair.1) AS mark, sum(mark_pair.2) AS total "
                       "FROM source_day ARRAY JOIN arrayZip(marks, mark_packets) AS mark_pair " +
                           where.sql() + " GROUP BY mark ORDER BY total DESC, mark",
                       where.parameters()));
  for (size_t row = 0; row < marks.rows; ++row)
    page.marks.push_back(
        {static_cast<Mark>(marks["mark"].unsigned_at(row)), marks["total"].unsigned_at(row)});
  return {};
}

Result<void> add_behaviour(store::Connection& connection, const Where& where, SourcePage& page) {
  TRY(const store::Block block,
      connection.query(
          "SELECT uniqExact(window) AS windows, uniqExact(toStartOfHour(window)) AS hours, "
          "sum(packets) AS total, uniqExactArray(arrayMap(p -> (toInt8(class), p), ports)) "
          "AS services, uniqExactIf(dark_hash, dark_hash != 0) AS known_dark, "
          "max(dark_addresses) AS most_dark, max(packets) AS most_packets, "
          "countIf(class NOT IN ('backscatter_tcp', 'backscatter_udp', 'backscatter_icmp')) "
          "AS requests, min(toUInt32(window) + first_second) AS first_seen, "
          "max(toUInt32(window) + last_second) AS last_seen FROM activity " +
              where.sql(),
          where.parameters()));
  SourceBehaviour& behaviour = page.behaviour;
  behaviour.windows = block["windows"].unsigned_at(0);
  if (behaviour.windows == 0) return {};
  behaviour.hours = block["hours"].unsigned_at(0);
  behaviour.packets = block["total"].unsigned_at(0);
  behaviour.services = block["services"].unsigned_at(0);
  behaviour.known_dark = block["known_dark"].unsigned_at(0);
  behaviour.most_dark = block["most_dark"].unsigned_at(0);
  behaviour.most_packets = block["most_packets"].unsigned_at(0);
  behaviour.answers = block["requests"].unsigned_at(0) == 0;
  behaviour.first = seconds_at(block, "first_seen", 0);
  behaviour.last = seconds_at(block, "last_seen", 0);
  return {};
}

Result<void> add_samples(store::Connection& connection, const Where& where, SourcePage& page) {
  TRY(const store::Block block,
      connection.query("SELECT toUnixTimestamp64Nano(time) AS time_ns, class, destination, "
                       "protocol, source_port, destination_port, ttl, ip_id, ip_length, "
                       "tcp_flags, tcp_window, tcp_sequence, payload FROM sample " +
                           where.sql() + " ORDER BY time DESC LIMIT 20",
                       where.parameters()));
  for (size_t row = 0; row < block.rows; ++row) {
    Sample sample;
    sample.time = Timestamp{block["time_ns"].signed_at(row)};
    sample.class_ = static_cast<PacketClass>(block["class"].unsigned_at(row));
    sample.destination = block["destination"].address_at(row);
    sample.protocol = static_cast<uint8_t>(block["protocol"].unsigned_at(row));
    sample.source_port = static_cast<uint16_t>(block["source_port"].unsigned_at(row));
    sample.destination_port = static_cast<uint16_t>(block["destination_port"].unsigned_at(row));
    sample.ttl = static_cast<uint8_t>(block["ttl"].unsigned_at(row));
    sample.ip_id = static_cast<uint16_t>(block["ip_id"].unsigned_at(row));
    sample.ip_length = static_cast<uint16_t>(block["ip_length"].unsigned_at(row));
    sample.tcp_flags = static_cast<uint8_t>(block["tcp_flags"].unsigned_at(row));
    sample.tcp_window = static_cast<uint16_t>(block["tcp_window"].unsigned_at(row));
    sample.tcp_sequence = static_cast<uint32_t>(block["tcp_sequence"].unsigned_at(row));
    sample.payload = std::string(block["payload"].string_at(row));
    page.samples.push_back(std::move(sample));
  }
  return {};
}

}  // namespace

std::string service_text(PacketClass class_, uint16_t port) {
  switch (class_) {
    case PacketClass::scan_tcp:
    case PacketClass::backscatter_tcp:
    case PacketClass::other_tcp:
      return fmt::format("{}/tcp", port);
    case PacketClass::scan_udp:
    case PacketClass::probe_amplification:
    case PacketClass::backscatter_udp:
      return fmt::format("{}/udp", port);
    case PacketClass::scan_icmp:
    case PacketClass::backscatter_icmp:
      return fmt::format("{}.{}/icmp", port >> 8, port & 0xff);
    default:
      break;
  }
  return fmt::format("{}/ip", port);
}

Result<std::vector<SourceSummary>> sources(store::Connection& connection,
                                           const SourceQuestion& question) {
  constexpr uint64_t ports_each = 5;
  const Where where = where_of(question.period, question.filter);
  TRY(const store::Block block,
      connection.query(
          fmt::format("SELECT {} FROM source_day {} GROUP BY source "
                      "ORDER BY {} DESC, source LIMIT {} OFFSET {}{}",
                      summary_columns(question.filter), where.sql(), order_text(question.order),
                      question.limit, question.offset, spill_settings),
          where.parameters()));
  std::vector<SourceSummary> result;
  result.reserve(block.rows);
  for (size_t row = 0; row < block.rows; ++row) result.push_back(summary_at(block, row));
  TRY_VOID(add_ports(connection, where, ports_each, result));
  return result;
}

Result<std::vector<IpAddress>> sources_of_nobody_known(store::Connection& connection,
                                                       const Period& period, uint64_t limit) {
  Filter scans;
  scans.class_ = PacketClass::scans;
  Where where = where_of(period, scans);
  where.add("scope NOT IN ('reserved', 'multicast')");
  TRY(const store::Block block,
      connection.query(
          fmt::format("SELECT source, max(survey_evidence = 'behaviour') AS behaves, "
                      "sum(packets) AS total FROM source_day {} GROUP BY source "
                      "HAVING max(organisation) <= {} ORDER BY behaves DESC, total DESC, source "
                      "LIMIT {}{}",
                      where.sql(), unknown_organisation, limit, spill_settings),
          where.parameters()));
  std::vector<IpAddress> sources;
  for (size_t row = 0; row < block.rows; ++row) sources.push_back(block["source"].address_at(row));
  return sources;
}

Result<std::optional<SourcePage>> source_page(store::Connection& connection, IpAddress source) {
  constexpr uint64_t ports_each = 20, lines = 20;
  Where where;
  where.add("source = " + where.bind_address(source));
  TRY(const store::Block block,
      connection.query(fmt::format("SELECT {} FROM source_day {} GROUP BY source",
                                   summary_columns({}), where.sql()),
                       where.parameters()));
  if (block.rows == 0) return std::optional<SourcePage>();
  std::vector<SourceSummary> summaries = {summary_at(block, 0)};
  TRY_VOID(add_ports(connection, where, ports_each, summaries));
  SourcePage page;
  page.summary = std::move(summaries[0]);
  TRY_VOID(add_classes(connection, where, page));
  TRY_VOID(add_behaviour(connection, where, page));
  TRY_VOID(add_samples(connection, where, page));

  const Period always = {Timestamp{0}, Timestamp::from_seconds(UINT32_MAX)};
  EventQuestion events_of_source;
  events_of_source.period = always;
  events_of_source.filter.source = Prefix::of(source, 128);
  events_of_source.order = EventOrder::start;
  events_of_source.limit = lines;
  TRY(page.events, events(connection, events_of_source));
  AttackQuestion attacks_on_source;
  attacks_on_source.period = always;
  attacks_on_source.victim = Prefix::of(source, 128);
  attacks_on_source.order = AttackOrder::start;
  attacks_on_source.limit = lines;
  TRY(page.attacks, attacks(connection, attacks_on_source));
  return std::optional<SourcePage>(std::move(page));
}

Result<std::vector<SurveyScanner>> survey_scanners(store::Connection& connection,
                                                   const Period& period, const Filter& wanted,
                                                   uint64_t limit) {
  Filter filter = wanted;
  filter.class_ = PacketClass::scans;
  filter.survey = Survey::with;
  filter.organisation = {};
  const std::string packets = filtered_packets(filter);
  const Where all = where_of(period, filter);
  TRY(const store::Block total,
      connection.query(
          fmt::format("SELECT sum({}) AS total FROM source_day {}", packets, all.sql()),
          all.parameters()));
  filter.organisation = wanted.organisation;
  filter.survey = Survey::only;
  const Where where = where_of(period, filter);
  // A source first, so that each counts once however many days and classes it has.
  TRY(const store::Block block,
      connection.query(
          fmt::format("SELECT organisation, sum(p) AS total, count() AS hosts, "
                      "countIf(evidence = 1) AS listed, countIf(evidence = 2) AS named, "
                      "countIf(evidence = 3) AS behaving FROM (SELECT organisation, source, "
                      "sum({}) AS p, argMax(toInt8(survey_evidence), day) AS evidence "
                      "FROM source_day {} GROUP BY organisation, source) GROUP BY organisation "
                      "ORDER BY total DESC, organisation LIMIT {}{}",
                      packets, where.sql(), limit, spill_settings),
          where.parameters()));
  TRY(const store::Block ports,
      connection.query("SELECT organisation, uniqExactArray(if(class = 'scan_icmp', [], arrayMap(q "
                       "-> toUInt32(q) + if(class = 'scan_tcp', 0, 65536), ports))) AS port_count, "
                       "uniqExact(day) AS days FROM source_day " +
                           where.sql() + " GROUP BY organisation",
                       where.parameters()));
  std::map<uint64_t, size_t> port_rows;
  for (size_t row = 0; row < ports.rows; ++row)
    port_rows[ports["organisation"].unsigned_at(row)] = row;
  std::vector<SurveyScanner> result;
  const auto all_packets = static_cast<double>(total["total"].unsigned_at(0));
  for (size_t row = 0; row < block.rows; ++row) {
    SurveyScanner scanner;
    scanner.organisation = static_cast<uint16_t>(block["organisation"].unsigned_at(row));
    scanner.packets = static_cast<int64_t>(block["total"].unsigned_at(row));
    scanner.hosts = block["hosts"].unsigned_at(row);
    scanner.listed_hosts = block["listed"].unsigned_at(row);
    scanner.named_hosts = block["named"].unsigned_at(row);
    scanner.behaving_hosts = block["behaving"].unsigned_at(row);
    if (all_packets > 0) scanner.share = static_cast<double>(scanner.packets) / all_packets;
    if (const auto it = port_rows.find(scanner.organisation); it != port_rows.end()) {
      scanner.ports = ports["port_count"].unsigned_at(it->second);
      scanner.days = ports["days"].unsigned_at(it->second);
    }
    result.push_back(scanner);
  }
  return result;
}

}  // namespace yagura::telescope
