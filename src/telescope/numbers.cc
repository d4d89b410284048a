// SPDX-License-Identifier: Apache-2.0
#include "telescope/numbers.h"

#include <algorithm>

#include "telescope/tools.h"

namespace yagura::telescope {
namespace {

constexpr size_t country_codes = 65536;
constexpr uint64_t cell_key(Dimension dimension, uint32_t value, uint16_t organisation) {
  return static_cast<uint64_t>(dimension) << 48 | static_cast<uint64_t>(organisation) << 32 | value;
}

// Rises in the store's order: dimension, value, class, organisation.
uint64_t store_order(const NumbersRow& row) {
  return static_cast<uint64_t>(row.dimension) << 56 | static_cast<uint64_t>(row.value) << 24 |
         static_cast<uint64_t>(row.class_) << 16 | row.organisation;
}

// The key of a port of a survey organisation, in the same order.
uint64_t survey_port_key(bool udp, uint16_t port, unsigned column, uint16_t organisation) {
  return static_cast<uint64_t>(udp) << 35 | static_cast<uint64_t>(port) << 19 |
         static_cast<uint64_t>(column) << 16 | organisation;
}

}  // namespace

Tool tool_of_source(std::span<const SourceRow> rows) {
  for (const SourceRow& row : rows)
    if (row.class_ == PacketClass::scan_tcp)
      return row.marks.empty() ? Tool::none : tool_of(row.packets, row.marks, row.mark_packets);
  return Tool::none;
}

Numbers::Numbers() : country_places_(country_codes) {}

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

ClassCounts& Numbers::survey_cell(Dimension dimension, uint32_t value, uint16_t organisation) {
  return survey_cells_[cell_key(dimension, value, organisation)];
}

ClassCounts& Numbers::country_cell(enrich::CountryCode country) {
  uint32_t& place = country_places_[country];
  if (place == 0) {
    countries_.emplace_back();
    place = static_cast<uint32_t>(countries_.size());
  }
  return countries_[place - 1];
}

void Numbers::add(std::span<const SourceRow> rows, const SourceFacts& facts, int sign) {
  bool first = true, first_scan = true;
  const auto add_to = [&](ClassCounts& counts, const SourceRow& row) {
    add_class(counts, row.class_, static_cast<int64_t>(row.packets) * sign, sign, first,
              first_scan);
  };
  const auto tool = static_cast<uint32_t>(facts.tool);
  const uint16_t organisation = facts.organisation;
  for (const SourceRow& row : rows) {
    if (organisation == 0) [[likely]] {
      add_to(total_, row);
      add_to(country_cell(facts.place.country), row);
      autonomous_systems_.add(facts.place.asn, row.class_, static_cast<int64_t>(row.packets) * sign,
                              sign, first, first_scan);
      if (tool != 0) add_to(tools_[tool], row);
    } else {
      add_to(survey_cell(Dimension::total, 0, organisation), row);
      add_to(survey_cell(Dimension::country, facts.place.country, organisation), row);
      add_to(survey_cell(Dimension::asn, facts.place.asn, organisation), row);
      if (tool != 0) add_to(survey_cell(Dimension::tool, tool, organisation), row);
      add_to(survey_cell(Dimension::organisation, organisation, organisation), row);
    }
    first = false;
    first_scan &= !is_scan(row.class_);
  }
  add_ports(rows, organisation, sign);
}

void Numbers::add_port(Column column, uint16_t port, uint16_t organisation, Count count) {
  if (organisation == 0)
    ports_[column].add(port, count);
  else
    survey_ports_.add(survey_port_key(column >= udp_scan, port, column, organisation), count);
}

void Numbers::add_ports_of(Column column, const SourceRow& row, uint16_t organisation, int sign) {
  const auto count_at = [&](size_t i) {
    return Count{static_cast<int64_t>(row.port_packets[i]) * sign, sign};
  };
  if (organisation == 0) {  // nearly always: worth a loop of its own
    PortCounts& counts = ports_[column];
    for (size_t i = 0; i < row.ports.size(); ++i) counts.add(row.ports[i], count_at(i));
  } else {
    for (size_t i = 0; i < row.ports.size(); ++i)
      add_port(column, row.ports[i], organisation, count_at(i));
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
      add_port(udp_scans, scan->ports[i], organisation, {0, -sign});
      ++i, ++j;
    }
  }
}

// In order.
std::vector<NumbersRow> Numbers::survey_rows() {
  std::vector<NumbersRow> rows;
  for (const auto& [key, counts] : survey_cells_) {
    NumbersRow row;
    row.dimension = static_cast<Dimension>(key >> 48);
    row.organisation = static_cast<uint16_t>(key >> 32);
    row.value = static_cast<uint32_t>(key);
    const ClassCounts all = with_sums(counts);
    for (size_t c = 0; c < all.size(); ++c) {
      row.class_ = static_cast<PacketClass>(c);
      row.packets = all[c].packets;
      row.hosts = all[c].hosts;
      if (!all[c].zero()) rows.push_back(row);
    }
  }
  std::sort(rows.begin(), rows.end(),
            [](const auto& a, const auto& b) { return store_order(a) < store_order(b); });
  const auto behind_total = std::find_if(rows.begin(), rows.end(), [](const NumbersRow& row) {
    return row.dimension != Dimension::total;
  });
  std::vector<NumbersRow> others(behind_total, rows.end());
  rows.erase(behind_total, rows.end());
  append_survey_ports(rows);
  rows.insert(rows.end(), others.begin(), others.end());
  return rows;
}

void Numbers::append_survey_ports(std::vector<NumbersRow>& rows) {
  for (const auto& [key, count] : survey_ports_.sums()) {
    if (count.zero()) continue;
    const auto column = static_cast<Column>(key >> 16 & 7);
    NumbersRow row;
    row.dimension = column < udp_scan ? Dimension::tcp_port : Dimension::udp_port;
    row.organisation = static_cast<uint16_t>(key);
    row.value = static_cast<uint32_t>(key >> 19 & 0xffff);
    row.class_ = class_of(column);
    row.packets = count.packets;
    row.hosts = count.hosts;
    rows.push_back(row);
  }
}

// Merges the numbers of sources that are no survey scanners, which come in order, with the others.
struct Numbers::Emission {
  const Sink& sink;
  std::vector<NumbersRow> survey;
  NumbersRow row;  // level and time of all
  size_t next = 0;

  // Hands out the survey scanners' numbers that come before the place `order`.
  void survey_before(uint64_t order) {
    for (; next < survey.size() && store_order(survey[next]) < order; ++next) {
      survey[next].level = row.level;
      survey[next].time = row.time;
      sink(survey[next]);
    }
  }
  void add(Dimension dimension, uint32_t value, PacketClass c, const Count& count) {
    if (count.zero()) return;
    row.dimension = dimension;
    row.value = value;
    row.class_ = c;
    row.packets = count.packets;
    row.hosts = count.hosts;
    survey_before(store_order(row));
    sink(row);
  }
  void add(Dimension dimension, uint32_t value, const ClassCounts& counts) {
    const ClassCounts all = with_sums(counts);
    for (size_t c = 0; c < all.size(); ++c)
      add(dimension, value, static_cast<PacketClass>(c), all[c]);
  }
};

void Numbers::emit_ports(Dimension dimension, Column first, Column last, Emission& emission) {
  const auto columns = std::span(ports_).subspan(first, static_cast<size_t>(last - first) + 1);
  for (size_t stretch = 0; stretch < PortCounts::stretches; ++stretch) {
    const auto touched = [&](const PortCounts& counts) { return counts.touched(stretch); };
    if (std::none_of(columns.begin(), columns.end(), touched)) continue;
    const size_t begin = stretch * PortCounts::stretch_ports;
    for (size_t port = begin; port < begin + PortCounts::stretch_ports; ++port)
      for (size_t i = 0; i < columns.size(); ++i)
        if (touched(columns[i]))
          emission.add(dimension, static_cast<uint32_t>(port),
                       class_of(static_cast<Column>(first + i)), columns[i][port]);
    for (PortCounts& counts : columns)
      if (touched(counts)) counts.clear(stretch);
  }
}

void Numbers::emit(Level level, uint32_t time, const Sink& sink) {
  Emission emission{sink, survey_rows(), {}};
  emission.row.level = level;
  emission.row.time = time;
  emission.add(Dimension::total, 0, total_);
  emit_ports(Dimension::tcp_port, tcp_scan, tcp_other, emission);
  emit_ports(Dimension::udp_port, udp_scan, udp_scans, emission);
  for (uint32_t code = 0; code < country_codes; ++code)
    if (const uint32_t place = country_places_[code])
      emission.add(Dimension::country, code, countries_[place - 1]);
  for (const auto& [asn, counts] : autonomous_systems_.sums())
    emission.add(Dimension::asn, asn, counts);
  for (uint32_t tool = 0; tool < tools_.size(); ++tool)
    emission.add(Dimension::tool, tool, tools_[tool]);
  emission.survey_before(UINT64_MAX);

  total_ = {};
  std::fill(country_places_.begin(), country_places_.end(), 0u);
  countries_.clear();
  tools_ = {};
  autonomous_systems_.clear();
  survey_cells_.clear();
  survey_ports_.clear();
}

std::vector<PortHour> Numbers::scanned_ports() const {
  std::vector<PortHour> ports;
  for (const auto& [column, protocol] : {std::pair{tcp_scan, 6}, std::pair{udp_scans, 17}}) {
    const PortCounts& counts = ports_[column];
    for (size_t port = 0; port < port_space; ++port) {
      if (!counts.touched(port / PortCounts::stretch_ports)) continue;
      const Count& count = counts[port];
      if (count.hosts <= 0) continue;
      ports.push_back({static_cast<uint8_t>(protocol), static_cast<uint16_t>(port),
                       static_cast<uint64_t>(count.packets), static_cast<uint64_t>(count.hosts)});
    }
  }
  return ports;
}

}  // namespace yagura::telescope
