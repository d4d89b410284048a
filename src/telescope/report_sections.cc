// SPDX-License-Identifier: Apache-2.0
#include "telescope/report_sections.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace yagura::telescope {
namespace {

Fact fact(std::string key, std::string heading, CellKind kind, Cell cell, int decimals = 1) {
  return {{std::move(key), std::move(heading), kind, decimals}, std::move(cell)};
}

Section make_section(std::string key, std::string title) {
  Section section;
  section.key = std::move(key);
  section.title = std::move(title);
  return section;
}

double share_of(int64_t part, int64_t whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
}

int64_t packets_of(const ClassTotals& totals, PacketClass class_) {
  const Volume* volume = totals.find(class_);
  return volume ? volume->packets : 0;
}

int64_t backscatter_packets(const ClassTotals& totals) {
  return packets_of(totals, PacketClass::backscatter_tcp) +
         packets_of(totals, PacketClass::backscatter_udp) +
         packets_of(totals, PacketClass::backscatter_icmp);
}

void add_host_facts(const ClassTotals& totals, Facts& facts) {
  const Volume* all = totals.find(PacketClass::any);
  if (!all) return;
  if (totals.buckets <= 1) {
    facts.push_back(fact("hosts", "hosts", CellKind::count, all->peak_hosts));
    return;
  }
  const std::string each(level_word(totals.hosts_level));
  facts.push_back(fact("mean_hosts", "hosts, mean " + each, CellKind::number, all->mean_hosts,
                       all->mean_hosts < 100 ? 1 : 0));
  facts.push_back(fact("peak_hosts", "hosts, peak " + each, CellKind::count, all->peak_hosts));
  facts.push_back(fact("peak_time", "",
                       totals.hosts_level == Level::day ? CellKind::day : CellKind::time,
                       all->peak_time));
}

}  // namespace

Result<Section> summary_section(const ReportScope& scope) {
  TRY(const ClassTotals totals, class_totals(scope.connection(), scope.period, Survey::with));
  TRY(const ClassTotals survey, class_totals(scope.connection(), scope.period, Survey::only));
  TRY(const EventTotals scans, event_totals(scope.connection(), scope.period));
  TRY(const AttackTotals dos, attack_totals(scope.connection(), scope.period));
  const double dark =
      mean_dark_addresses(scope.sources.sensors, scope.sources.coverage, scope.period);
  const int64_t packets = packets_of(totals, PacketClass::any);
  const Duration observed = observed_time(scope.sources.coverage, scope.period);

  Section section = make_section("summary", "At a glance");
  Facts& facts = section.facts;
  facts.push_back(fact("from", "", CellKind::time, scope.period.from));
  facts.push_back(fact("until", "", CellKind::time, scope.period.until));
  facts.push_back(fact("packets", "packets", CellKind::count, packets));
  add_host_facts(totals, facts);
  facts.push_back(
      fact("dark_addresses", "dark addresses", CellKind::number, known(dark > 0, dark), 0));
  facts.push_back(fact("packets_per_address", "packets per dark address", CellKind::number,
                       known(dark > 0, static_cast<double>(packets) / dark)));
  facts.push_back(
      fact("observed", "observed", CellKind::duration, known(observed.nanoseconds > 0, observed)));
  const double rate = static_cast<double>(packets) / observed.as_seconds();
  facts.push_back(fact("packets_per_second", "packets per second", CellKind::number,
                       known(observed >= Duration::minutes(1), rate), rate < 10 ? 2 : 1));
  facts.push_back(fact("scan_share", "scans and probes", CellKind::share,
                       share_of(packets_of(totals, PacketClass::scans), packets)));
  facts.push_back(fact("backscatter_share", "backscatter", CellKind::share,
                       share_of(backscatter_packets(totals), packets)));
  facts.push_back(fact("survey_share", "from survey scanners", CellKind::share,
                       share_of(packets_of(survey, PacketClass::any), packets)));
  facts.push_back(fact("scan_events", "scan events", CellKind::count, scans.events));
  facts.push_back(fact("scanning_hosts", "hosts with scan events", CellKind::count, scans.sources));
  facts.push_back(fact("attacks", "denial-of-service attacks", CellKind::count, dos.attacks));
  facts.push_back(fact("victims", "victims of them", CellKind::count, dos.victims));
  return section;
}

Result<Section> years_section(const ReportScope& scope) {
  Section section = make_section("years", "Packets per year");
  TRY(const auto all, years(scope.connection(), [&](const Period& period) {
        return mean_dark_addresses(scope.sources.sensors, scope.sources.coverage, period);
      }));
  section.table = years_table(all);
  section.notes = {
      "All data, whatever the period of this report. Dark addresses are the mean over the time "
      "observed."};
  return section;
}

Result<Section> classes_section(const ReportScope& scope) {
  TRY(const ClassTotals totals, class_totals(scope.connection(), scope.period, Survey::with));
  Section section = make_section("classes", "Packets and hosts per class");
  section.table = class_table(totals);
  section.plot = Plot{PlotKind::bars, "label", {"packets"}, "is_sum", "the sum of others"};
  section.notes = {
      "\"All scans and probes\" holds the scan classes and the amplifier probes once "
      "more: its hosts are fewer than their sum, because one host may do several."};
  return section;
}

Result<std::vector<Section>> series_sections(const ReportScope& scope) {
  TRY(const Series over_time, series(scope.connection(), scope.period, Survey::with));
  const Table table = series_table(over_time);
  std::vector<Section> sections;
  const auto add = [&](const std::string& what, std::string title) {
    Section section = make_section(what + "_over_time", std::move(title));
    section.long_table = true;
    Plot plot;
    plot.x = "time";
    std::vector<size_t> columns = {0};
    for (size_t c = 1; c < table.columns.size(); ++c) {
      if (!table.columns[c].key.starts_with(what + "_")) continue;
      columns.push_back(c);
      const bool sum = table.columns[c].key == what + "_any";
      if (!sum && table.columns[c].key != what + "_scans") plot.y.push_back(table.columns[c].key);
    }
    // A sum over its own parts is drawn only where the parts do not add up, and last: a class has
    // the same colour in every plot.
    if (what == "hosts") plot.y.push_back(what + "_any");
    for (const size_t c : columns) {
      Column column = table.columns[c];
      const size_t colon = column.heading.find(": ");
      if (colon != std::string::npos) column.heading.resize(colon);
      section.table.columns.push_back(std::move(column));
    }
    for (const auto& row : table.rows) {
      std::vector<Cell> cells;
      for (const size_t c : columns) cells.push_back(row[c]);
      section.table.add(std::move(cells));
    }
    section.plot = std::move(plot);
    section.notes = {fmt::format(
        "One point per {}{}.", format_duration(over_time.step),
        what == "hosts" && over_time.step > level_length(over_time.level)
            ? fmt::format(", the highest of its values per {}", level_word(over_time.level))
            : "")};
    sections.push_back(std::move(section));
  };
  add("packets", "Packets over time");
  add("hosts", "Hosts over time");
  return sections;
}

Result<std::vector<Section>> port_sections(const ReportScope& scope) {
  std::vector<Section> sections;
  struct Choice {
    RankBy by;
    RankOrder order;
    const char* key;
    const char* title;
  };
  const Choice choices[] = {
      {RankBy::port, RankOrder::packets, "ports", "Ports by packets, without survey scanners"},
      {RankBy::tcp_port, RankOrder::hosts, "tcp_ports_by_hosts",
       "TCP ports by hosts, without survey scanners"},
      {RankBy::udp_port, RankOrder::hosts, "udp_ports_by_hosts",
       "UDP ports by hosts, without survey scanners"}};
  for (const Choice& choice : choices) {
    RankQuestion question;
    question.by = choice.by;
    question.order = choice.order;
    question.period = scope.period;
    question.filter.survey = Survey::without;
    question.limit = choice.order == RankOrder::packets ? 2 * scope.ranks : scope.ranks;
    TRY(const Ranking ranked, ranking(scope.connection(), question));
    Section section = make_section(choice.key, choice.title);
    section.table = ranking_table(ranked, choice.by, scope.names());
    const bool several = ranked.period.length() > level_length(ranked.hosts_level);
    const std::string hosts = several ? "mean_hosts" : "hosts";
    section.plot = Plot{PlotKind::bars,
                        "name",
                        {choice.order == RankOrder::packets ? "share" : hosts},
                        "iot",
                        "port that IoT devices are known to use"};
    if (choice.by == RankBy::port)
      section.notes = {
          "Share of all scan and probe packets that are not from survey scanners. IoT: "
          "a port that IoT devices are known to use."};
    sections.push_back(std::move(section));
  }
  return sections;
}

Result<std::vector<Section>> place_sections(const ReportScope& scope) {
  std::vector<Section> sections;
  RankQuestion question;
  question.by = RankBy::country;
  question.order = RankOrder::hosts;
  question.period = scope.period;
  question.limit = scope.ranks;
  TRY(const Ranking countries, ranking(scope.connection(), question));
  Section section = make_section("countries", "Countries of scanning hosts");
  section.table = ranking_table(countries, RankBy::country, scope.names());
  const bool several = countries.period.length() > level_length(countries.hosts_level);
  section.plot = Plot{PlotKind::bars, "name", {several ? "mean_hosts" : "hosts"}, "", ""};
  sections.push_back(std::move(section));

  question.by = RankBy::asn;
  TRY(const Ranking systems, ranking(scope.connection(), question));
  section = make_section("asns", "Autonomous systems of scanning hosts");
  section.table = ranking_table(systems, RankBy::asn, scope.names());
  sections.push_back(std::move(section));

  if (scope.home_country == 0) return sections;
  const std::string home = enrich::country_name(scope.home_country);
  TRY(const ClassTotals totals, class_totals(scope.connection(), scope.period, Survey::with,
                                             Dimension::country, scope.home_country));
  section = make_section("home", fmt::format("Hosts in {}", home));
  section.table = class_table(totals);
  section.notes = {fmt::format("The home country ({}): hosts here can be reached and helped.",
                               enrich::country_text(scope.home_country))};
  sections.push_back(std::move(section));
  RankQuestion ports;
  ports.period = scope.period;
  ports.order = RankOrder::hosts;
  ports.filter.country = scope.home_country;
  ports.filter.survey = Survey::without;
  ports.limit = scope.ranks;
  TRY(const Ranking home_ports, ranking(scope.connection(), ports));
  section = make_section("home_ports", fmt::format("Ports scanned from {}", home));
  section.table = ranking_table(home_ports, RankBy::port, scope.names());
  section.notes = {"Distinct hosts over the whole days of the period, without survey scanners."};
  sections.push_back(std::move(section));
  return sections;
}

Result<Section> tools_section(const ReportScope& scope) {
  RankQuestion question;
  question.by = RankBy::tool;
  question.period = scope.period;
  TRY(const Ranking tools, ranking(scope.connection(), question));
  Section section = make_section("tools", "Scanners by tool");
  section.table = ranking_table(tools, RankBy::tool, scope.names());
  section.notes = {
      "By marks in the packets, per source and day. Most scanners carry none, and newer versions "
      "of ZMap hide theirs: these are lower bounds."};
  return section;
}

Result<Section> events_section(const ReportScope& scope) {
  EventQuestion question;
  question.period = scope.period;
  question.order = EventOrder::dark_addresses;
  question.limit = scope.ranks;
  TRY(const auto largest, events(scope.connection(), question));
  Section section = make_section("scan_events", "Largest scan events");
  section.table = events_table(largest, scope.names());
  section.notes = {
      "A scan event is one source's scanning until a long silence; \"dark\" are the "
      "distinct dark addresses it reached."};
  return section;
}

Result<Section> attacks_section(const ReportScope& scope) {
  AttackQuestion question;
  question.period = scope.period;
  question.limit = scope.ranks;
  TRY(const auto largest, attacks(scope.connection(), question));
  Section section = make_section("attacks", "Victims of denial of service");
  section.table = attacks_table(largest, scope.names());
  section.notes = {
      "Seen by the replies of the victim to forged packets; \"dark\" are the dark "
      "addresses that received them, \"max/min\" the most packets in a minute."};
  return section;
}

Result<Section> survey_section(const ReportScope& scope) {
  TRY(const auto scanners, survey_scanners(scope.connection(), scope.period, {}, scope.ranks));
  Section section = make_section("survey_scanners", "Survey scanners");
  section.table = survey_table(scanners, scope.names());
  section.notes = {
      "Organisations that scan the Internet for research or business: by published "
      "list, by host name, or by behaviour (then \"unknown\")."};
  return section;
}

Result<Section> rising_section(const ReportScope& scope) {
  TRY(const auto rising, rising_ports(scope.connection(), scope.period, {}, scope.ranks));
  Section section = make_section("rising_ports", "Rising ports");
  section.table = rising_table(rising, scope.names());
  section.notes = {
      "Hours in which a port left its usual range of packets or hosts. A port is "
      "judged once it has been observed for 24 hours."};
  return section;
}

Result<std::vector<Section>> sensor_sections(const ReportScope& scope) {
  const auto coverage =
      sensor_coverage(scope.sources.sensors, scope.sources.coverage, scope.period);
  std::vector<Section> sections;
  Section section = make_section("sensors", "Sensors and their coverage");
  section.table = coverage_table(coverage);
  sections.push_back(std::move(section));
  const Table gaps = gaps_table(coverage, scope.ranks);
  if (gaps.rows.empty()) return sections;
  section = make_section("gaps", "Longest gaps in observation");
  section.table = gaps;
  section.notes = {"Stretches without any capture; nothing is estimated for them."};
  sections.push_back(std::move(section));
  return sections;
}

Section notes_section(const ReportScope& scope) {
  Section section = make_section("notes", "What the figures mean");
  const std::string_view level = level_word(hosts_level(scope.period));
  section.notes = {
      "Packets are those sent to addresses that are announced but unused, so nobody has a reason "
      "to "
      "send them: scans, replies to forged packets, and mistakes.",
      fmt::format("Hosts are distinct source addresses, exact per {0}. Over several, the mean and "
                  "the highest {0} are shown; they do not add up over time, classes or ports.",
                  level),
      "A source address can be forged; scans rarely are, because the scanner wants the answer. "
      "A victim is the address that forged packets were sent to.",
      "Countries and autonomous systems are those of the address at the time it was read, from the "
      "address data in use."};
  return section;
}

}  // namespace yagura::telescope
