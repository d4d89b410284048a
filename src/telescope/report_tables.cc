// SPDX-License-Identifier: Apache-2.0
#include "telescope/report_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "enrich/ports.h"

namespace yagura::telescope {
namespace {

constexpr std::array<std::string_view, class_count> class_labels = {
    "all classes",      "TCP scans",       "UDP scans",           "ICMP scans",
    "amplifier probes", "TCP backscatter", "UDP backscatter",     "ICMP backscatter",
    "other TCP",        "other protocols", "all scans and probes"};

// "hosts a day" where a period has several buckets, else the hosts of its one bucket.
// `largest` mean decides whether a decimal tells something.
void add_hosts_columns(Table& table, Level level, bool several, double largest) {
  if (!several) {
    table.columns.push_back({"hosts", "hosts", CellKind::count});
    return;
  }
  const std::string each = level == Level::day    ? "a day"
                           : level == Level::hour ? "an hour"
                                                  : "in 5 min";
  table.columns.push_back({"mean_hosts", "hosts " + each, CellKind::number, largest < 100 ? 1 : 0});
  table.columns.push_back({"peak_hosts", "at most", CellKind::count});
}

void add_hosts_cells(std::vector<Cell>& row, const Volume& volume, bool several) {
  if (several) row.emplace_back(volume.mean_hosts);
  row.emplace_back(volume.peak_hosts);
}

Cell text_or_unknown(const std::string& text) { return known(!text.empty(), text); }
Cell country_cell(enrich::CountryCode code) { return known(code != 0, enrich::country_text(code)); }
Cell asn_cell(uint32_t asn) { return known(asn != 0, uint64_t{asn}); }

std::vector<std::string> class_list(const std::vector<PacketClass>& classes) {
  std::vector<std::string> names;
  for (const PacketClass c : classes) names.emplace_back(class_names[static_cast<size_t>(c)]);
  return names;
}

}  // namespace

Names::Names(const enrich::Places* places, const std::vector<state::Organisation>& organisations,
             const std::vector<state::Sensor>& sensors)
    : places_(places) {
  for (const auto& organisation : organisations)
    organisations_[organisation.id] = organisation.name;
  for (const auto& sensor : sensors) sensors_[sensor.id] = sensor.name;
}

std::string Names::organisation(uint16_t id) const {
  if (id == 0) return "";
  const auto it = organisations_.find(id);
  return it == organisations_.end() ? fmt::format("organisation {}", id) : it->second;
}

std::string Names::sensor(uint16_t id) const {
  const auto it = sensors_.find(id);
  return it == sensors_.end() ? fmt::format("sensor {}", id) : it->second;
}

std::string Names::asn(uint32_t asn) const {
  return places_ == nullptr || asn == 0 ? "" : std::string(places_->asn_name(asn));
}

enrich::Place Names::place(IpAddress address) const {
  return places_ == nullptr ? enrich::Place{} : places_->find(address);
}

std::string_view class_label(PacketClass class_) {
  return class_labels[static_cast<size_t>(class_)];
}

std::string tool_label(Tool tool) {
  switch (tool) {
    case Tool::mirai:
      return "Mirai";
    case Tool::zmap:
      return "ZMap (up to 4.0)";
    case Tool::masscan:
      return "masscan (before 2023-11)";
    case Tool::masscan_2023:
      return "masscan (since 2023-11)";
    case Tool::nmap:
      return "Nmap";
    case Tool::unicornscan:
      return "Unicornscan";
    case Tool::none:
      break;
  }
  return "";
}

std::string port_service(Dimension dimension, uint32_t port) {
  const auto number = static_cast<uint16_t>(port);
  return std::string(dimension == Dimension::udp_port ? enrich::udp_port_name(number)
                                                      : enrich::tcp_port_name(number));
}

bool is_iot_port(Dimension dimension, uint32_t port) {
  const auto number = static_cast<uint16_t>(port);
  return dimension == Dimension::udp_port ? enrich::is_iot_udp_port(number)
                                          : enrich::is_iot_tcp_port(number);
}

Table class_table(const ClassTotals& totals) {
  const bool several = totals.buckets > 1;
  Table table;
  table.columns = {{"class", "", CellKind::text},
                   {"label", "class", CellKind::text},
                   {"is_sum", "", CellKind::boolean},
                   {"packets", "packets", CellKind::count},
                   {"share", "share", CellKind::share}};
  double largest = 0;
  for (const ClassVolume& entry : totals.classes)
    largest = std::max(largest, entry.volume.mean_hosts);
  add_hosts_columns(table, totals.hosts_level, several, largest);
  if (several) table.columns.push_back({"peak_time", "", CellKind::time});
  const Volume* all = totals.find(PacketClass::any);
  for (const ClassVolume& entry : totals.classes) {
    if (entry.class_ == PacketClass::any) continue;
    const double share = all && all->packets > 0 ? static_cast<double>(entry.volume.packets) /
                                                       static_cast<double>(all->packets)
                                                 : 0;
    std::vector<Cell> row = {std::string(class_names[static_cast<size_t>(entry.class_)]),
                             std::string(class_label(entry.class_)),
                             entry.class_ == PacketClass::scans, entry.volume.packets, share};
    add_hosts_cells(row, entry.volume, several);
    if (several) row.emplace_back(entry.volume.peak_time);
    table.add(std::move(row));
  }
  return table;
}

Table series_table(const Series& series) {
  Table table;
  table.columns = {{"time", "time", series.level == Level::day ? CellKind::day : CellKind::time}};
  std::set<PacketClass> classes;
  for (const SeriesPoint& point : series.points) classes.insert(point.class_);
  std::map<PacketClass, size_t> places;
  for (const PacketClass c : classes) {
    places[c] = table.columns.size();
    const auto name = std::string(class_names[static_cast<size_t>(c)]);
    const std::string label(class_label(c));
    table.columns.push_back({"packets_" + name, label + ": packets", CellKind::count});
    table.columns.push_back({"hosts_" + name, label + ": hosts", CellKind::count});
  }
  Timestamp last{-1};
  for (const SeriesPoint& point : series.points) {
    if (point.time != last) {
      // One empty row stands for a stretch without data, however long it is.
      if (!table.rows.empty() && last + series.step < point.time) {
        table.rows.emplace_back(table.columns.size());
        table.rows.back()[0] = last + series.step;
      }
      // A class that sent nothing while others did sent nothing.
      table.rows.emplace_back(table.columns.size(), Cell(int64_t{0}));
      table.rows.back()[0] = point.time;
      last = point.time;
    }
    table.rows.back()[places[point.class_]] = point.packets;
    table.rows.back()[places[point.class_] + 1] = point.hosts;
  }
  return table;
}

namespace {

// The columns that name what is ranked.
std::vector<Column> value_columns(RankBy by) {
  switch (by) {
    case RankBy::country:
      return {{"country", "", CellKind::text}, {"name", "country", CellKind::text}};
    case RankBy::asn:
      return {{"asn", "AS", CellKind::id}, {"name", "autonomous system", CellKind::text}};
    case RankBy::tool:
      return {{"tool", "", CellKind::text}, {"name", "tool", CellKind::text}};
    case RankBy::organisation:
      return {{"organisation", "organisation", CellKind::text}};
    case RankBy::packet_class:
      return {{"class", "", CellKind::text}, {"label", "class", CellKind::text}};
    default:
      break;
  }
  return {{"name", "port", CellKind::text},
          {"protocol", "", CellKind::text},
          {"port", "", CellKind::id},
          {"service", "service", CellKind::text, 1, 24},
          {"iot", "IoT", CellKind::boolean}};
}

std::vector<Cell> value_cells(RankBy by, const Ranked& ranked, const Names& names) {
  switch (by) {
    case RankBy::country: {
      const auto code = static_cast<enrich::CountryCode>(ranked.value);
      return {country_cell(code), code == 0 ? "unknown" : enrich::country_name(code)};
    }
    case RankBy::asn:
      return {asn_cell(ranked.value),
              ranked.value == 0 ? std::string("unknown") : names.asn(ranked.value)};
    case RankBy::tool: {
      const auto tool = static_cast<Tool>(ranked.value);
      return {std::string(tool_names[ranked.value]), tool_label(tool)};
    }
    case RankBy::organisation:
      return {names.organisation(static_cast<uint16_t>(ranked.value))};
    case RankBy::packet_class:
      return {std::string(class_names[ranked.value]),
              std::string(class_label(static_cast<PacketClass>(ranked.value)))};
    default:
      break;
  }
  const bool udp = ranked.dimension == Dimension::udp_port;
  const std::string protocol = udp ? "udp" : "tcp";
  return {fmt::format("{}/{}", ranked.value, protocol), protocol, uint64_t{ranked.value},
          text_or_unknown(port_service(ranked.dimension, ranked.value)),
          is_iot_port(ranked.dimension, ranked.value)};
}

}  // namespace

RankedName ranked_name(RankBy by, const Ranked& ranked, const Names& names) {
  switch (by) {
    case RankBy::country: {
      const auto code = static_cast<enrich::CountryCode>(ranked.value);
      if (code == 0) return {"", "unknown"};
      return {enrich::country_text(code), enrich::country_name(code)};
    }
    case RankBy::asn:
      if (ranked.value == 0) return {"", "unknown"};
      return {std::to_string(ranked.value), names.asn(ranked.value)};
    case RankBy::tool:
      return {std::string(tool_names[ranked.value]), tool_label(static_cast<Tool>(ranked.value))};
    case RankBy::organisation: {
      const std::string name = names.organisation(static_cast<uint16_t>(ranked.value));
      return {name, name};
    }
    case RankBy::packet_class:
      return {std::string(class_names[ranked.value]),
              std::string(class_label(static_cast<PacketClass>(ranked.value)))};
    default:
      break;
  }
  return {
      fmt::format("{}/{}", ranked.value, ranked.dimension == Dimension::udp_port ? "udp" : "tcp"),
      port_service(ranked.dimension, ranked.value)};
}

Table ranking_table(const Ranking& ranking, RankBy by, const Names& names) {
  const bool several =
      ranking.period.length() > level_length(ranking.hosts_level) && !ranking.exact;
  const bool changes = std::any_of(ranking.rows.begin(), ranking.rows.end(),
                                   [](const Ranked& row) { return row.change.has_value(); });
  double largest = 0;
  for (const Ranked& ranked : ranking.rows) largest = std::max(largest, ranked.volume.mean_hosts);
  Table table;
  table.columns = value_columns(by);
  table.columns.push_back({"packets", "packets", CellKind::count});
  table.columns.push_back({"share", "share", CellKind::share});
  if (ranking.exact)
    table.columns.push_back({"hosts", "hosts", CellKind::count});
  else
    add_hosts_columns(table, ranking.hosts_level, several, largest);
  if (!ranking.exact)
    table.columns.push_back({"change", changes ? "change" : "", CellKind::change});
  for (const Ranked& ranked : ranking.rows) {
    std::vector<Cell> row = value_cells(by, ranked, names);
    row.emplace_back(ranked.volume.packets);
    row.emplace_back(ranked.share);
    if (ranking.exact)
      row.emplace_back(ranked.exact_hosts.value_or(0));
    else
      add_hosts_cells(row, ranked.volume, several);
    if (!ranking.exact) row.push_back(known(ranked.change.has_value(), ranked.change.value_or(0)));
    table.add(std::move(row));
  }
  return table;
}

Table years_table(const std::vector<YearVolume>& years) {
  Table table;
  table.columns = {{"year", "year", CellKind::id},
                   {"packets", "packets", CellKind::count},
                   {"dark_addresses", "dark addresses", CellKind::number, 0},
                   {"packets_per_address", "packets per address", CellKind::number, 1},
                   {"survey_share", "survey scanners", CellKind::share},
                   {"days", "days with data", CellKind::count}};
  for (const YearVolume& year : years) {
    const auto packets = static_cast<double>(year.packets);
    table.add({static_cast<uint64_t>(year.year), year.packets,
               known(year.dark_addresses > 0, year.dark_addresses),
               known(year.dark_addresses > 0, packets / year.dark_addresses),
               known(year.packets > 0, static_cast<double>(year.survey_packets) / packets),
               year.days});
  }
  return table;
}

Table sources_table(const std::vector<SourceSummary>& sources, const Names& names) {
  Table table;
  table.columns = {{"source", "source", CellKind::address},
                   {"country", "in", CellKind::text},
                   {"asn", "AS", CellKind::id},
                   {"as_name", "", CellKind::text},
                   {"scope", "", CellKind::text},
                   {"packets", "packets", CellKind::count},
                   {"bytes", "", CellKind::count},
                   {"first", "", CellKind::time},
                   {"last", "last seen", CellKind::time},
                   {"days", "days", CellKind::count},
                   {"classes", "", CellKind::text},
                   {"ports", "ports", CellKind::text, 1, 30},
                   {"tool", "tool", CellKind::text},
                   {"organisation", "survey", CellKind::text, 1, 16},
                   {"survey_evidence", "", CellKind::text}};
  for (const SourceSummary& source : sources) {
    std::vector<std::string> ports;
    for (const ServicePort& port : source.ports)
      ports.push_back(service_text(port.class_, port.port));
    table.add({source.source, country_cell(source.country), asn_cell(source.asn),
               text_or_unknown(names.asn(source.asn)),
               std::string(scope_names[static_cast<size_t>(source.scope)]), source.packets,
               source.bytes, source.first, source.last, source.days, class_list(source.classes),
               ports,
               known(source.tool != Tool::none,
                     std::string(tool_names[static_cast<size_t>(source.tool)])),
               text_or_unknown(names.organisation(source.organisation)),
               known(source.evidence != SurveyEvidence::none,
                     std::string(survey_evidence_names[static_cast<size_t>(source.evidence)]))});
  }
  return table;
}

Table survey_table(const std::vector<SurveyScanner>& scanners, const Names& names) {
  Table table;
  table.columns = {{"organisation", "organisation", CellKind::text, 1, 30},
                   {"packets", "packets", CellKind::count},
                   {"share", "of scans", CellKind::share},
                   {"hosts", "hosts", CellKind::count},
                   {"ports", "ports", CellKind::count},
                   {"days", "days", CellKind::count},
                   {"listed_hosts", "by list", CellKind::count},
                   {"named_hosts", "by name", CellKind::count},
                   {"behaving_hosts", "by behaviour", CellKind::count}};
  for (const SurveyScanner& scanner : scanners)
    table.add({names.organisation(scanner.organisation), scanner.packets, scanner.share,
               scanner.hosts, scanner.ports, scanner.days, scanner.listed_hosts,
               scanner.named_hosts, scanner.behaving_hosts});
  return table;
}

Table coverage_table(const std::vector<SensorCoverage>& sensors) {
  Table table;
  table.columns = {{"sensor", "sensor", CellKind::text},
                   {"dark_addresses", "dark", CellKind::number, 0},
                   {"from", "from", CellKind::time},
                   {"until", "until", CellKind::time},
                   {"observed", "observed", CellKind::duration},
                   {"gaps", "gaps", CellKind::count},
                   {"gap_time", "in gaps", CellKind::duration}};
  for (const SensorCoverage& sensor : sensors) {
    Duration gap_time;
    for (const Period& gap : sensor.gaps) gap_time = gap_time + gap.length();
    table.add({sensor.sensor.name, sensor.dark_addresses, sensor.seen.from, sensor.seen.until,
               sensor.observed, static_cast<uint64_t>(sensor.gaps.size()),
               known(!sensor.gaps.empty(), gap_time)});
  }
  return table;
}

Table gaps_table(const std::vector<SensorCoverage>& sensors, size_t limit) {
  Table table;
  table.columns = {{"sensor", "sensor", CellKind::text},
                   {"from", "nothing from", CellKind::time},
                   {"until", "until", CellKind::time},
                   {"length", "length", CellKind::duration}};
  std::vector<std::pair<Period, std::string>> gaps;
  for (const SensorCoverage& sensor : sensors)
    for (const Period& gap : sensor.gaps) gaps.emplace_back(gap, sensor.sensor.name);
  std::stable_sort(gaps.begin(), gaps.end(), [](const auto& a, const auto& b) {
    return a.first.length() > b.first.length();
  });
  gaps.resize(std::min(gaps.size(), limit));
  for (const auto& [gap, sensor] : gaps) table.add({sensor, gap.from, gap.until, gap.length()});
  return table;
}

}  // namespace yagura::telescope
