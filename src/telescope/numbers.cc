// SPDX-License-Identifier: Apache-2.0
#include "telescope/numbers.h"

#include <algorithm>
#include <tuple>

#include "telescope/tools.h"

namespace yagura::telescope {
namespace {

constexpr size_t port_space = 65536;
constexpr std::array<PacketClass, 4> tcp_classes = {
    PacketClass::scan_tcp, PacketClass::backscatter_tcp, PacketClass::other_tcp, PacketClass::any};
constexpr std::array<PacketClass, 4> udp_classes = {
    PacketClass::scan_udp, PacketClass::probe_amplification, PacketClass::backscatter_udp,
    PacketClass::scans};
constexpr size_t udp_scans = 3;

constexpr uint64_t cell_key(Dimension dimension, uint32_t value, uint16_t organisation) {
  return static_cast<uint64_t>(dimension) << 48 | static_cast<uint64_t>(organisation) << 32 | value;
}

// The table and column that count a class's ports; false for classes without ports.
bool port_column(PacketClass c, Dimension& dimension, size_t& column) {
  switch (c) {
    case PacketClass::scan_tcp:
      dimension = Dimension::tcp_port, column = 0;
      return true;
    case PacketClass::backscatter_tcp:
      dimension = Dimension::tcp_port, column = 1;
      return true;
    case PacketClass::other_tcp:
      dimension = Dimension::tcp_port, column = 2;
      return true;
    case PacketClass::scan_udp:
      dimension = Dimension::udp_port, column = 0;
      return true;
    case PacketClass::probe_amplification:
      dimension = Dimension::udp_port, column = 1;
      return true;
    case PacketClass::backscatter_udp:
      dimension = Dimension::udp_port, column = 2;
      return true;
    default:
      return false;
  }
}

}  // namespace

Tool tool_of_source(std::span<const SourceRow> rows) {
  for (const SourceRow& row : rows)
    if (row.class_ == PacketClass::scan_tcp)
      return tool_of(row.packets, row.marks, row.mark_packets);
  return Tool::none;
}

Numbers::Numbers() : ports_(2 * port_space), port_seen_(2 * port_space) {}

Numbers::ClassCounts& Numbers::cell(Dimension dimension, uint32_t value, uint16_t organisation) {
  const uint64_t key = cell_key(dimension, value, organisation);
  const auto [it, added] = index_.try_emplace(key, cells_.size());
  if (added) {
    cells_.emplace_back();
    keys_.push_back(key);
  }
  return cells_[it->second];
}

Numbers::PortCounts& Numbers::port_cell(Dimension dimension, uint16_t port, uint16_t organisation) {
  if (organisation != 0) return survey_ports_[cell_key(dimension, port, organisation)];
  const size_t i = (dimension == Dimension::udp_port ? port_space : 0) + port;
  port_seen_[i] = true;
  return ports_[i];
}

void Numbers::add(std::span<const SourceRow> rows, const SourceFacts& facts, int sign) {
  ClassCounts counts{};
  for (const SourceRow& row : rows) {
    const auto packets = static_cast<int64_t>(row.packets) * sign;
    const auto count = [&](PacketClass c) {
      counts[static_cast<size_t>(c)].packets += packets;
      counts[static_cast<size_t>(c)].hosts = sign;
    };
    count(row.class_);
    count(PacketClass::any);
    if (is_scan(row.class_)) count(PacketClass::scans);
  }
  const auto add_to = [&](Dimension dimension, uint32_t value) {
    ClassCounts& target = cell(dimension, value, facts.organisation);
    for (size_t c = 0; c < counts.size(); ++c) {
      target[c].packets += counts[c].packets;
      target[c].hosts += counts[c].hosts;
    }
  };
  add_to(Dimension::total, 0);
  add_to(Dimension::country, facts.place.country);
  add_to(Dimension::asn, facts.place.asn);
  if (facts.tool != Tool::none) add_to(Dimension::tool, static_cast<uint32_t>(facts.tool));
  if (facts.organisation != 0) add_to(Dimension::organisation, facts.organisation);
  add_ports(rows, facts.organisation, sign);
}

void Numbers::add_ports(std::span<const SourceRow> rows, uint16_t organisation, int sign) {
  const SourceRow* scan = nullptr;
  const SourceRow* probe = nullptr;
  for (const SourceRow& row : rows) {
    Dimension dimension;
    size_t column;
    if (!port_column(row.class_, dimension, column)) continue;
    if (row.class_ == PacketClass::scan_udp) scan = &row;
    if (row.class_ == PacketClass::probe_amplification) probe = &row;
    const bool one_scan_class =
        row.class_ == PacketClass::scan_udp || row.class_ == PacketClass::probe_amplification;
    for (size_t i = 0; i < row.ports.size(); ++i) {
      PortCounts& counts = port_cell(dimension, row.ports[i], organisation);
      const auto packets = static_cast<int64_t>(row.port_packets[i]) * sign;
      counts[column].packets += packets;
      counts[column].hosts += sign;
      if (!one_scan_class) continue;
      counts[udp_scans].packets += packets;
      counts[udp_scans].hosts += sign;
    }
  }
  if (scan != nullptr && probe != nullptr) add_udp_union(*scan, *probe, organisation, sign);
}

// A port that the source both scanned and probed was counted as two hosts: take one back.
void Numbers::add_udp_union(const SourceRow& scan, const SourceRow& probe, uint16_t organisation,
                            int sign) {
  for (size_t i = 0, j = 0; i < scan.ports.size() && j < probe.ports.size();) {
    if (scan.ports[i] < probe.ports[j]) {
      ++i;
    } else if (probe.ports[j] < scan.ports[i]) {
      ++j;
    } else {
      port_cell(Dimension::udp_port, scan.ports[i], organisation)[udp_scans].hosts -= sign;
      ++i, ++j;
    }
  }
}

void Numbers::collect_port(Dimension dimension, uint16_t port, uint16_t organisation,
                           const PortCounts& counts) {
  const auto& classes = dimension == Dimension::tcp_port ? tcp_classes : udp_classes;
  for (size_t i = 0; i < counts.size(); ++i) {
    if (counts[i].packets == 0 && counts[i].hosts == 0) continue;
    NumbersRow row;
    row.dimension = dimension;
    row.value = port;
    row.class_ = classes[i];
    row.organisation = organisation;
    row.packets = counts[i].packets;
    row.hosts = counts[i].hosts;
    rows_.push_back(row);
  }
}

void Numbers::emit(Level level, uint32_t time, const Sink& sink) {
  rows_.clear();
  for (size_t i = 0; i < cells_.size(); ++i) {
    for (size_t c = 0; c < cells_[i].size(); ++c) {
      const Count& count = cells_[i][c];
      if (count.packets == 0 && count.hosts == 0) continue;
      NumbersRow row;
      row.dimension = static_cast<Dimension>(keys_[i] >> 48);
      row.organisation = static_cast<uint16_t>(keys_[i] >> 32);
      row.value = static_cast<uint32_t>(keys_[i]);
      row.class_ = static_cast<PacketClass>(c);
      row.packets = count.packets;
      row.hosts = count.hosts;
      rows_.push_back(row);
    }
  }
  for (size_t i = 0; i < ports_.size(); ++i) {
    if (!port_seen_[i]) continue;
    collect_port(i < port_space ? Dimension::tcp_port : Dimension::udp_port,
                 static_cast<uint16_t>(i % port_space), 0, ports_[i]);
    ports_[i] = {};
  }
  for (const auto& [key, counts] : survey_ports_)
    collect_port(static_cast<Dimension>(key >> 48), static_cast<uint16_t>(key),
                 static_cast<uint16_t>(key >> 32), counts);
  port_seen_.assign(port_seen_.size(), false);
  survey_ports_.clear();
  index_.clear();
  cells_.clear();
  keys_.clear();

  std::sort(rows_.begin(), rows_.end(), [](const NumbersRow& a, const NumbersRow& b) {
    return std::tie(a.dimension, a.value, a.class_, a.organisation) <
           std::tie(b.dimension, b.value, b.class_, b.organisation);
  });
  for (NumbersRow& row : rows_) {
    row.level = level;
    row.time = time;
    sink(row);
  }
}

std::vector<PortHour> Numbers::scanned_ports() const {
  std::vector<PortHour> ports;
  for (size_t i = 0; i < ports_.size(); ++i) {
    if (!port_seen_[i]) continue;
    const bool udp = i >= port_space;
    const Count& count = ports_[i][udp ? udp_scans : 0];
    if (count.hosts <= 0) continue;
    ports.push_back({static_cast<uint8_t>(udp ? 17 : 6), static_cast<uint16_t>(i % port_space),
                     static_cast<uint64_t>(count.packets), static_cast<uint64_t>(count.hosts)});
  }
  return ports;
}

}  // namespace yagura::telescope
