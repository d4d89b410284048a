// SPDX-License-Identifier: Apache-2.0
#include "telescope/synchrony_judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "learn/factorisation.h"
#include "learn/graphical_lasso.h"
#include "telescope/synchrony.h"

namespace yagura::telescope {
namespace {

constexpr size_t half_hour_slots = 3 * judged_slots;
constexpr size_t shown_prefixes = 64;
// A group is as many hosts as make a port an attack: any two hosts of a quiet telescope are in step
// now and then.
constexpr size_t group_hosts = 20;

uint8_t vote_of(SynchronyEngine engine) {
  return static_cast<uint8_t>(1U << static_cast<unsigned>(engine));
}

Result<std::vector<double>> densities_of(const HostMatrix& matrix) {
  std::vector<double> densities(synchrony_penalties.size(), 0);
  if (matrix.hosts() < 2) return densities;
  learn::Matrix<double> logs = matrix.packets;
  for (double& number : logs.numbers()) number = learn::log_of_count(number);
  TRY(const auto path, learn::graphical_lasso_path(logs.view(), synchrony_penalties));
  for (size_t i = 0; i < path.size(); ++i)
    densities[i] = learn::graph_density(path[i].edges, matrix.hosts());
  return densities;
}

// The groups of hosts in step in a half hour.
struct Groups {
  std::vector<uint16_t> hosts;                   // that were looked at, as /16s
  size_t found = 0;                              // groups
  std::map<uint16_t, size_t> hosts_of_port;      // in the largest group that is after it
  std::map<uint16_t, uint32_t> packets_of_port;  // in the last ten minutes of it
};

// The authors look at 30 minutes in rows of a minute; ours are 36 rows of 50 s, so that what a host
// may send at most in one is five sixths of theirs.
Groups groups_of(const OpenWindow& window, const SynchronyOptions& options, uint64_t key) {
  Groups groups;
  if (window.half_hour.empty()) return groups;
  const uint32_t start = window.time - 2 * judged_seconds;
  HostMatrix matrix = host_matrix(window.half_hour, start, half_hour_slots, options.left_out, key);
  learn::GroupRules rules;
  rules.most_packets *= Synchrony::slot_seconds / 60.0;
  std::vector<std::set<uint32_t>> probed(matrix.hosts());
  for (const SynchronyRow& row : window.half_hour) {
    if (std::binary_search(options.left_out.begin(), options.left_out.end(), row.port)) continue;
    const auto at = std::lower_bound(matrix.prefixes.begin(), matrix.prefixes.end(), row.prefix);
    if (at == matrix.prefixes.end() || *at != row.prefix) continue;
    probed[static_cast<size_t>(at - matrix.prefixes.begin())].insert(row.port);
  }
  for (const SynchronyRow& row : window.rows) groups.packets_of_port[row.port] += row.packets;
  std::vector<std::vector<uint32_t>> ports_of_host;
  for (const auto& ports : probed) ports_of_host.emplace_back(ports.begin(), ports.end());
  for (const auto& group : learn::synchronous_groups(matrix.packets.view(), rules)) {
    if (group.hosts.size() < group_hosts) continue;
    const auto ports = learn::ports_of_group(group, ports_of_host);
    if (!ports.empty()) ++groups.found;
    for (const auto& [port, hosts] : ports) {
      size_t& most = groups.hosts_of_port[static_cast<uint16_t>(port)];
      most = std::max(most, hosts);
    }
  }
  groups.hosts = std::move(matrix.prefixes);
  return groups;
}

uint8_t level_of(std::span<const uint8_t> levels) {
  for (const PortLevel level : {PortLevel::attack, PortLevel::single_target, PortLevel::survey})
    if (std::find(levels.begin(), levels.end(), static_cast<uint8_t>(level)) != levels.end())
      return static_cast<uint8_t>(level);
  return static_cast<uint8_t>(PortLevel::next);
}

struct VotedPort {
  NamedPort port;
  uint8_t votes = 0;
};

// Adds the ports of the groups to those of the window. What a group of many hosts is after is an
// attack, however few of them the last ten minutes saw.
void add_ports_of(const Groups& groups, std::vector<VotedPort>& ports) {
  std::map<uint16_t, size_t> places;
  for (size_t i = 0; i < ports.size(); ++i) places[ports[i].port.port] = i;
  for (const auto& [number, hosts] : groups.hosts_of_port) {
    const auto [at, added] = places.try_emplace(number, ports.size());
    if (added) {
      const auto sent = groups.packets_of_port.find(number);
      const uint32_t packets = sent == groups.packets_of_port.end() ? 0 : sent->second;
      ports.push_back({{number, PortLevel::next, 0, packets}, 0});
    }
    auto& [port, votes] = ports[at->second];
    votes |= vote_of(SynchronyEngine::factorisation);
    port.hosts = std::max(port.hosts, static_cast<uint16_t>(hosts));
    if (hosts >= group_hosts && port.level != PortLevel::single_target)
      port.level = PortLevel::attack;
  }
}

// The ports that the engines of `votes` name, most hosts first. Where none can, the most probed
// stand there without a vote, to tell what the telescope saw.
std::vector<VotedPort> ports_of(const OpenWindow& window, const HostMatrix& matrix,
                                const Groups& groups, const SynchronyOptions& options,
                                uint8_t votes) {
  const auto lasso = static_cast<uint8_t>(votes & vote_of(SynchronyEngine::graphical_lasso));
  std::vector<VotedPort> ports;
  if (lasso != 0 || groups.found == 0)
    for (const NamedPort& port : named_ports(window.rows, matrix.prefixes, options.left_out))
      ports.push_back({port, lasso});
  if (lasso == 0 && groups.found == 0)
    for (VotedPort& port : ports) port.port.level = PortLevel::next;
  add_ports_of(groups, ports);
  std::stable_sort(ports.begin(), ports.end(), [](const VotedPort& a, const VotedPort& b) {
    return std::pair(a.port.hosts, a.port.packets) > std::pair(b.port.hosts, b.port.packets);
  });
  ports.resize(std::min(ports.size(), named_ports_max));
  return ports;
}

}  // namespace

SynchronyWindowRow JudgedWindow::row() const {
  SynchronyWindowRow row = facts;
  row.densities = densities;
  row.ports = ports;
  row.port_levels = port_levels;
  row.port_hosts = port_hosts;
  row.port_packets = port_packets;
  row.port_votes = port_votes;
  row.prefixes = prefixes;
  return row;
}

SynchronyJudge::SynchronyJudge(uint16_t sensor, uint64_t key, SynchronyOptions options)
    : sensor_(sensor), key_(key), options_(std::move(options)) {
  // The largest of n values takes its squared deviation ÷ n of the variance with it: over another
  // history the authors' threshold means the same number of deviations, 2.9.
  learn::VarianceRatioOptions usual;
  const double deviations = (1 - usual.threshold) * static_cast<double>(usual.history);
  usual.history = options_.history;
  usual.threshold = 1 - deviations / static_cast<double>(usual.history);
  usual_.assign(synchrony_penalties.size(), learn::VarianceRatioAlarm(usual));
}

// Which penalties find the newest window unusual. One before it may be alarmed again (the authors
// call it "pre"): that was told when it was the newest.
uint8_t SynchronyJudge::learn(std::span<const double> densities) {
  uint8_t alarmed = 0;
  for (size_t i = 0; i < densities.size(); ++i) {
    const auto alarms = usual_[i].add(densities[i]);
    if (std::find(alarms.begin(), alarms.end(), 0) != alarms.end())
      alarmed |= static_cast<uint8_t>(1U << i);
  }
  return alarmed;
}

SynchronyJudge::Changes SynchronyJudge::learn(uint64_t packets, uint64_t hosts) {
  Changes changes{packets_.add(static_cast<double>(packets)),
                  hosts_.add(static_cast<double>(hosts)), false};
  counted_ = std::min(counted_ + 1, options_.history);
  changes.alarm = (changes.packets.alarm || changes.hosts.alarm) && counted_ == options_.history;
  return changes;
}

void SynchronyJudge::remember(const JudgedWindow& window) {
  learn(window.densities);
  if (window.facts.counted != 0) learn(window.facts.total_packets, window.facts.total_hosts);
}

Result<JudgedWindow> SynchronyJudge::judge(const OpenWindow& window) {
  const HostMatrix matrix =
      host_matrix(window.rows, window.time, judged_slots, options_.left_out, key_);
  JudgedWindow judged;
  TRY(judged.densities, densities_of(matrix));
  const Groups groups = groups_of(window, options_, key_);
  SynchronyWindowRow& facts = judged.facts;
  facts.time = window.time;
  facts.sensor = sensor_;
  facts.run = window.run;
  facts.hosts = static_cast<uint16_t>(matrix.hosts());
  facts.packets = matrix.total;
  facts.groups = static_cast<uint16_t>(std::min<size_t>(groups.found, UINT16_MAX));
  facts.alarmed = learn(judged.densities);
  facts.learned = static_cast<uint16_t>(usual_[0].size());
  if (facts.alarmed != 0) facts.votes |= vote_of(SynchronyEngine::graphical_lasso);
  if (window.totals) {
    facts.counted = 1;
    facts.total_packets = window.totals->packets;
    facts.total_hosts = window.totals->hosts;
    const Changes changes = learn(facts.total_packets, facts.total_hosts);
    facts.packets_score = changes.packets.score;
    facts.hosts_score = changes.hosts.score;
    if (changes.alarm) facts.votes |= vote_of(SynchronyEngine::change_finder);
  }
  if (groups.found != 0) facts.votes |= vote_of(SynchronyEngine::factorisation);
  if (facts.votes == 0) return judged;
  for (const auto& [port, votes] : ports_of(window, matrix, groups, options_, facts.votes)) {
    judged.ports.push_back(port.port);
    judged.port_levels.push_back(static_cast<uint8_t>(port.level));
    judged.port_hosts.push_back(port.hosts);
    judged.port_packets.push_back(port.packets);
    judged.port_votes.push_back(votes);
  }
  facts.level = level_of(judged.port_levels);
  const bool half_hour = groups.found != 0;
  judged.prefixes =
      probing_prefixes(half_hour ? window.half_hour : window.rows,
                       half_hour ? groups.hosts : matrix.prefixes, judged.ports, shown_prefixes);
  return judged;
}

}  // namespace yagura::telescope
