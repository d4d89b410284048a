// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "telescope/report_tables.h"

namespace yagura::telescope {
namespace {

template <typename T>
std::vector<uint64_t> numbers(const std::vector<T>& values) {
  return {values.begin(), values.end()};
}

// "23, 37215 +2": the ports with most hosts.
std::string port_list(const std::vector<uint16_t>& ports) {
  constexpr size_t shown = 4;
  std::string text;
  for (size_t i = 0; i < std::min(shown, ports.size()); ++i)
    text += fmt::format("{}{}", i == 0 ? "" : ", ", ports[i]);
  return ports.size() > shown ? text + fmt::format(" +{}", ports.size() - shown) : text;
}

// In brackets where no engine named them.
std::string alarm_ports(const JudgedWindow& alarm) {
  const std::string text = port_list(alarm.ports);
  return names_ports(alarm) || text.empty() ? text : "(" + text + ")";
}

std::vector<std::string> prefix_texts(const std::vector<uint16_t>& prefixes) {
  std::vector<std::string> texts;
  for (const uint16_t prefix : prefixes)
    texts.push_back(fmt::format("{}.{}.0.0/16", prefix >> 8U, prefix & 0xffU));
  return texts;
}

std::vector<std::string> level_texts(const std::vector<uint8_t>& levels) {
  std::vector<std::string> texts;
  for (const uint8_t level : levels) texts.emplace_back(level_word(static_cast<PortLevel>(level)));
  return texts;
}

std::vector<std::string> time_texts(const std::vector<uint32_t>& times) {
  std::vector<std::string> texts;
  for (const uint32_t time : times) texts.push_back(format_time(Timestamp::from_seconds(time)));
  return texts;
}

std::string votes_text(uint8_t votes, const char* separator) {
  return fmt::format("{}", fmt::join(engine_words(votes), separator));
}

// The density that leaves the usual at the largest penalty, where several do.
Cell unusual_density(const JudgedWindow& window) {
  for (size_t i = window.densities.size(); i-- > 0;)
    if ((window.facts.alarmed >> i & 1U) != 0) return window.densities[i];
  return {};
}

}  // namespace

Table campaigns_table(std::span<const SynchronyCampaign> campaigns, const Names& names) {
  Table table;
  table.columns = {{"from", "from", CellKind::time},
                   {"until", "until", CellKind::time},
                   {"sensor", "sensor", CellKind::text},
                   {"level", "level", CellKind::text},
                   {"port_list", "ports", CellKind::text, 1, 32, false},
                   {"ports", "", CellKind::text},
                   {"port_levels", "", CellKind::text},
                   {"port_hosts", "", CellKind::text},
                   {"port_packets", "", CellKind::text},
                   {"port_votes", "", CellKind::text},
                   {"hosts", "hosts", CellKind::count},
                   {"packets", "packets", CellKind::count},
                   {"vote_list", "votes", CellKind::text, 1, SIZE_MAX, false},
                   {"votes", "", CellKind::text},
                   {"windows", "", CellKind::text},
                   {"ends", "", CellKind::text},
                   {"prefixes", "", CellKind::text}};
  for (const SynchronyCampaign& campaign : campaigns) {
    std::vector<uint16_t> ports;
    std::vector<uint8_t> levels;
    std::vector<uint64_t> hosts, packets;
    std::vector<std::string> votes;
    for (const CampaignPort& port : campaign.ports) {
      ports.push_back(port.port);
      levels.push_back(port.level);
      hosts.push_back(port.hosts);
      packets.push_back(port.packets);
      votes.push_back(votes_text(port.votes, " "));
    }
    table.add({campaign.from, campaign.until, names.sensor(campaign.sensor),
               std::string(level_word(static_cast<PortLevel>(campaign.level))), port_list(ports),
               numbers(ports), level_texts(levels), std::move(hosts), std::move(packets),
               std::move(votes), uint64_t{campaign.hosts}, campaign.packets,
               votes_text(campaign.votes, ", "), engine_words(campaign.votes),
               time_texts(campaign.windows), time_texts(campaign.ends),
               prefix_texts(campaign.prefixes)});
  }
  return table;
}

Table synchrony_table(std::span<const JudgedWindow> alarms, const Names& names) {
  Table table;
  table.columns = {{"time", "window", CellKind::time},
                   {"sensor", "sensor", CellKind::text},
                   {"level", "level", CellKind::text},
                   {"port_list", "ports", CellKind::text, 1, 32, false},
                   {"ports", "", CellKind::text},
                   {"port_levels", "", CellKind::text},
                   {"port_hosts", "", CellKind::text},
                   {"port_packets", "", CellKind::text},
                   {"port_votes", "", CellKind::text},
                   {"hosts", "hosts", CellKind::count},
                   {"packets", "packets", CellKind::count},
                   {"density", "density", CellKind::number, 4},
                   {"vote_list", "votes", CellKind::text, 1, SIZE_MAX, false},
                   {"votes", "", CellKind::text},
                   {"densities", "", CellKind::text},
                   {"alarmed", "", CellKind::id},
                   {"learned", "", CellKind::count},
                   {"packets_score", "", CellKind::number},
                   {"hosts_score", "", CellKind::number},
                   {"groups", "", CellKind::count},
                   {"prefixes", "", CellKind::text},
                   {"why", "", CellKind::text}};
  for (const JudgedWindow& alarm : alarms) {
    const SynchronyWindowRow& facts = alarm.facts;
    std::vector<std::string> densities, port_votes;
    for (const double density : alarm.densities) densities.push_back(fmt::format("{}", density));
    for (const uint8_t votes : alarm.port_votes) port_votes.push_back(votes_text(votes, " "));
    table.add({Timestamp::from_seconds(facts.time),
               names.sensor(facts.sensor),
               std::string(level_word(static_cast<PortLevel>(facts.level))),
               alarm_ports(alarm),
               numbers(alarm.ports),
               level_texts(alarm.port_levels),
               numbers(alarm.port_hosts),
               numbers(alarm.port_packets),
               port_votes,
               uint64_t{facts.hosts},
               facts.packets,
               unusual_density(alarm),
               votes_text(facts.votes, ", "),
               engine_words(facts.votes),
               densities,
               uint64_t{facts.alarmed},
               uint64_t{facts.learned},
               known(facts.counted != 0, facts.packets_score),
               known(facts.counted != 0, facts.hosts_score),
               uint64_t{facts.groups},
               prefix_texts(alarm.prefixes),
               synchrony_reason(alarm)});
  }
  return table;
}

Table synchrony_series_table(const SynchronySeries& series) {
  Table table;
  table.columns = {{"time", "window", CellKind::time}, {"hosts", "hosts", CellKind::count}};
  for (const double penalty : synchrony_penalties)
    table.columns.push_back({fmt::format("density_{:02.0f}", penalty * 10),
                             fmt::format("{:.1f}", penalty), CellKind::number, 4});
  for (Column column :
       std::initializer_list<Column>{{"packets_score", "packets' change", CellKind::number},
                                     {"hosts_score", "hosts' change", CellKind::number},
                                     {"groups", "groups", CellKind::count},
                                     {"vote_list", "votes", CellKind::text, 1, SIZE_MAX, false},
                                     {"votes", "", CellKind::text}})
    table.columns.push_back(std::move(column));
  for (const SynchronyPoint& point : series.points) {
    std::vector<Cell> row = {point.time, point.hosts};
    for (size_t i = 0; i < synchrony_penalties.size(); ++i)
      row.push_back(
          known(i < point.densities.size(), i < point.densities.size() ? point.densities[i] : 0.0));
    row.insert(row.end(),
               {known(point.counted, point.packets_score), known(point.counted, point.hosts_score),
                point.groups, votes_text(point.votes, ", "), engine_words(point.votes)});
    table.add(std::move(row));
  }
  return table;
}

}  // namespace yagura::telescope
