// SPDX-License-Identifier: Apache-2.0
#include "telescope/numbers.h"

#include <algorithm>
#include <tuple>

#include "telescope/tools.h"

namespace yagura::telescope {
namespace {

constexpr size_t port_space = 65536;
constexpr uint64_t cell_key(Dimension dimension, uint32_t value, uint16_t organisation) {
  return static_cast<uint64_t>(dimension) << 48 | static_cast<uint64_t>(organisation) << 32 | value;
}

}  // namespace

Tool tool_of_source(std::span<const SourceRow> rows) {
  for (const SourceRow& row : rows)
    if (row.class_ == PacketClass::scan_tcp)
      return tool_of(row.packets, row.marks, row.mark_packets);
  return Tool::none;
}

Numbers::Numbers() {
  for (auto& table : ports_) table.resize(port_space);
}

bool Numbers::column_of(PacketClass c, Column& column) {
  switch (c) {
    case PacketClass::scan_tcp:
      column = tcp_scan;
      return true;
    case PacketClass::backscatter_tcp:
      column = tcp_backscatter;
      return true;
    case PacketClass::other_tcp:
      column = tcp_other;
      return true;
    case PacketClass::scan_udp:
      column = udp_scan;
      return true;
    case PacketClass::probe_amplification:
      column = udp_probe;
      return true;
    case PacketClass::backscatter_udp:
      column = udp_backscatter;
      return true;
    default:
      return false;
  }
}

PacketClass Numbers::class_of(Column column) {
  constexpr std::array<PacketClass, column_count> classes = {
      PacketClass::scan_tcp, PacketClass::backscatter_tcp,     PacketClass::other_tcp,
      PacketClass::scan_udp, PacketClass::probe_amplification, PacketClass::backscatter_udp,
      PacketClass::scans};
  return classes[column];
}

Numbers::ClassCounts& Numbers::cell(Dimension dimension, uint32_t value, uint16_t organisation) {
  const uint64_t key = cell_key(dimension, value, organisation);
  const auto [it, added] = index_.try_emplace(key, cells_.size());
  if (added) {
    cells_.emplace_back();
    keys_.push_back(key);
  }
  return cells_[it->second];
}

Numbers::Count& Numbers::port_count(Column column, uint16_t port, uint16_t organisation) {
  if (organisation == 0) return ports_[column][port];
  return survey_ports_[static_cast<uint64_t>(organisation) << 32 |
                       static_cast<uint64_t>(column) << 16 | port];
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

template <typename At>
void Numbers::add_row(const SourceRow& row, int sign, At at) {
  for (size_t i = 0; i < row.ports.size(); ++i) {
    Count& count = at(row.ports[i]);
    count.packets += static_cast<int64_t>(row.port_packets[i]) * sign;
    count.hosts += sign;
  }
}

void Numbers::add_ports_of(Column column, const SourceRow& row, uint16_t organisation, int sign) {
  if (organisation == 0) {  // nearly always: worth a loop of its own
    Count* const counts = ports_[column].data();
    add_row(row, sign, [counts](uint16_t port) -> Count& { return counts[port]; });
  } else {
    add_row(row, sign,
            [&](uint16_t port) -> Count& { return port_count(column, port, organisation); });
  }
}

void Numbers::add_ports(std::span<const SourceRow> rows, uint16_t organisation, int sign) {
  const SourceRow* scan = nullptr;
  const SourceRow* probe = nullptr;
  for (const SourceRow& row : rows) {
    Column column;
    if (!column_of(row.class_, column)) continue;
    add_ports_of(column, row, organisation, sign);
    if (column == udp_scan) scan = &row;
    if (column == udp_probe) probe = &row;
    if (column == udp_scan || column == udp_probe) add_ports_of(udp_scans, row, organisation, sign);
  }
  if (scan == nullptr || probe == nullptr) return;
  // A port that the source both scanned and probed was counted as two hosts: take one back.
  for (size_t i = 0, j = 0; i < scan->ports.size() && j < probe->ports.size();) {
    if (scan->ports[i] < probe->ports[j]) {
      ++i;
    } else if (probe->ports[j] < scan->ports[i]) {
      ++j;
    } else {
      port_count(udp_scans, scan->ports[i], organisation).hosts -= sign;
      ++i, ++j;
    }
  }
}

void Numbers::collect_port(Column column, size_t port, uint16_t organisation, const Count& count) {
  if (count.packets == 0 && count.hosts == 0) return;
  NumbersRow row;
  row.dimension = column < udp_scan ? Dimension::tcp_port : Dimension::udp_port;
  row.value = static_cast<uint32_t>(port);
  row.class_ = class_of(column);
  row.organisation = organisation;
  row.packets = count.packets;
  row.hosts = count.hosts;
  rows_.push_back(row);
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
  for (size_t column = 0; column < ports_.size(); ++column) {
    for (size_t port = 0; port < port_space; ++port) {
      collect_port(static_cast<Column>(column), port, 0, ports_[column][port]);
      ports_[column][port] = {};
    }
  }
  for (const auto& [key, count] : survey_ports_)
    collect_port(static_cast<Column>(key >> 16 & 0xffff), key & 0xffff,
                 static_cast<uint16_t>(key >> 32), count);
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
  for (const auto& [column, protocol] : {std::pair{tcp_scan, 6}, std::pair{udp_scans, 17}}) {
    for (size_t port = 0; port < port_space; ++port) {
      const Count& count = ports_[column][port];
      if (count.hosts <= 0) continue;
      ports.push_back({static_cast<uint8_t>(protocol), static_cast<uint16_t>(port),
                       static_cast<uint64_t>(count.packets), static_cast<uint64_t>(count.hosts)});
    }
  }
  return ports;
}

}  // namespace yagura::telescope
