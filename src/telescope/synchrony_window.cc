// SPDX-License-Identifier: Apache-2.0
#include "telescope/synchrony_window.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <utility>

#include "base/text.h"
#include "telescope/synchrony.h"

namespace yagura::telescope {
namespace {

constexpr double common_share = 0.1;
constexpr size_t attack_hosts = 20;
constexpr double single_share = 0.7;

bool holds(std::span<const uint16_t> rising, uint16_t value) {
  return std::binary_search(rising.begin(), rising.end(), value);
}

// What is known of a port in the window: its rows by host.
struct PortRows {
  uint32_t packets = 0;
  std::map<uint16_t, std::vector<const SynchronyRow*>> by_host;
};

std::map<uint16_t, PortRows> rows_by_port(std::span<const SynchronyRow> rows,
                                          std::span<const uint16_t> hosts,
                                          std::span<const uint16_t> left_out) {
  std::map<uint16_t, PortRows> ports;
  for (const SynchronyRow& row : rows) {
    if (holds(left_out, row.port) || !holds(hosts, row.prefix)) continue;
    PortRows& port = ports[row.port];
    port.packets += row.packets;
    port.by_host[row.prefix].push_back(&row);
  }
  return ports;
}

// Whether one dark address was the target. The rows tell of each host and 50 s the address that
// received most; the pairs of a host are at least as many as it reached in any of them.
bool has_single_target(const PortRows& port) {
  std::map<uint32_t, double> packets_to;
  for (const auto& [host, rows] : port.by_host)
    for (const SynchronyRow* row : rows) {
      if (row->dark_addresses == 0) return false;  // an old row, that does not know
      packets_to[row->top_dark] += double{row->top_share} * row->packets;
    }
  const auto target =
      std::max_element(packets_to.begin(), packets_to.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  double pairs = 0, reaching = 0;
  for (const auto& [host, rows] : port.by_host) {
    std::set<uint32_t> targets;
    size_t most = 0;
    for (const SynchronyRow* row : rows) {
      targets.insert(row->top_dark);
      most = std::max<size_t>(most, row->dark_addresses);
    }
    pairs += static_cast<double>(std::max(most, targets.size()));
    reaching += targets.contains(target->first) ? 1 : 0;
  }
  return port.by_host.size() > 1 && target->second > single_share * port.packets &&
         reaching > single_share * pairs;
}

}  // namespace

Result<std::vector<uint16_t>> parse_ports(std::string_view text) {
  std::vector<uint16_t> ports;
  for (std::string_view rest = trim(text); !rest.empty();) {
    const size_t comma = std::min(rest.find(','), rest.size());
    const std::string_view word = trim(rest.substr(0, comma));
    uint16_t port = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), port);
    if (error != std::errc() || end != word.data() + word.size())
      return failure(fmt::format("'{}' is no port; write ports as 22,23,445", word));
    ports.push_back(port);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  std::sort(ports.begin(), ports.end());
  ports.erase(std::unique(ports.begin(), ports.end()), ports.end());
  return ports;
}

HostMatrix host_matrix(std::span<const SynchronyRow> rows, uint32_t start, size_t slots,
                       std::span<const uint16_t> left_out, uint64_t key) {
  HostMatrix matrix;
  for (const SynchronyRow& row : rows)
    if (!holds(left_out, row.port)) matrix.prefixes.push_back(row.prefix);
  auto& prefixes = matrix.prefixes;
  std::sort(prefixes.begin(), prefixes.end());
  prefixes.erase(std::unique(prefixes.begin(), prefixes.end()), prefixes.end());
  if (prefixes.size() > Synchrony::prefixes_max) {
    std::sort(prefixes.begin(), prefixes.end(), [key](uint16_t a, uint16_t b) {
      return Synchrony::rank(a, key) < Synchrony::rank(b, key);
    });
    prefixes.resize(Synchrony::prefixes_max);
    std::sort(prefixes.begin(), prefixes.end());
  }
  matrix.packets = learn::Matrix<double>(slots, prefixes.size());
  for (const SynchronyRow& row : rows) {
    const auto at = std::lower_bound(prefixes.begin(), prefixes.end(), row.prefix);
    if (holds(left_out, row.port) || at == prefixes.end() || *at != row.prefix) continue;
    const size_t slot = (row.time - start) / Synchrony::slot_seconds;
    CHECK(row.time >= start && slot < slots);
    matrix.packets(slot, static_cast<size_t>(at - prefixes.begin())) += row.packets;
    matrix.total += row.packets;
  }
  return matrix;
}

std::vector<NamedPort> named_ports(std::span<const SynchronyRow> rows,
                                   std::span<const uint16_t> hosts,
                                   std::span<const uint16_t> left_out) {
  const auto ports = rows_by_port(rows, hosts, left_out);
  std::vector<NamedPort> falling;
  for (const auto& [port, known] : ports)
    falling.push_back(
        {port, PortLevel::next, static_cast<uint16_t>(known.by_host.size()), known.packets});
  std::stable_sort(falling.begin(), falling.end(), [](const NamedPort& a, const NamedPort& b) {
    return std::pair(a.hosts, a.packets) > std::pair(b.hosts, b.packets);
  });
  const double common = common_share * static_cast<double>(hosts.size());
  size_t named = 0;
  for (; named < falling.size() && falling[named].hosts >= common; ++named)
    falling[named].level =
        falling[named].hosts >= attack_hosts ? PortLevel::attack : PortLevel::survey;
  // The next best, and what is as good.
  const size_t next = named;
  while (named < falling.size() && falling[named].hosts == falling[next].hosts) ++named;
  falling.resize(std::min(named, named_ports_max));
  for (NamedPort& port : falling)
    if (has_single_target(ports.at(port.port))) port.level = PortLevel::single_target;
  return falling;
}

std::vector<uint16_t> probing_prefixes(std::span<const SynchronyRow> rows,
                                       std::span<const uint16_t> hosts,
                                       std::span<const uint16_t> ports, size_t most) {
  std::map<uint16_t, uint64_t> packets;
  for (const SynchronyRow& row : rows)
    if (holds(hosts, row.prefix) && std::find(ports.begin(), ports.end(), row.port) != ports.end())
      packets[row.prefix] += row.packets;
  std::vector<std::pair<uint16_t, uint64_t>> falling(packets.begin(), packets.end());
  std::stable_sort(falling.begin(), falling.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<uint16_t> prefixes;
  for (size_t i = 0; i < std::min(most, falling.size()); ++i) prefixes.push_back(falling[i].first);
  return prefixes;
}

}  // namespace yagura::telescope
