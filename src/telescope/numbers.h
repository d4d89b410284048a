// SPDX-License-Identifier: Apache-2.0
//
// The plain numbers of one bucket of time: packets and exact distinct hosts per dimension, value,
// class and survey organisation.
//
// Fed source by source, each source once per bucket, so a host is counted by adding one: no sets,
// no sketches. Sources that are no survey scanners, nearly all, are counted in dense tables and
// come out in order. Of the few others the ports are noted down and added up in order (one of them
// may probe all ports), the rest is counted in a map. Autonomous systems are too many for a table
// that stays in the cache: what they sent is noted down, too (as_tally.h). Not thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <unordered_map>
#include <vector>

#include "telescope/as_tally.h"
#include "telescope/class_counts.h"
#include "telescope/port_counts.h"
#include "telescope/rising_ports.h"
#include "telescope/rows.h"
#include "telescope/source_row.h"

namespace yagura::telescope {

// The tool verdict of a source over `rows` (its classes in one bucket).
Tool tool_of_source(std::span<const SourceRow> rows);

class Numbers {
 public:
  using Sink = std::function<void(const NumbersRow&)>;

  Numbers();

  // Counts one source: `rows` are its classes in this bucket. `sign` -1 takes it out again, for
  // corrections.
  void add(std::span<const SourceRow> rows, const SourceFacts& facts, int sign = 1);

  // Hands out every number that is not zero, in the store's order (dimension, value, class,
  // organisation), and starts again with nothing. `commit` of the rows is 0.
  void emit(Level level, uint32_t time, const Sink& sink);

  // Packets and hosts of the scan classes per port, survey scanners left out. Before emit().
  std::vector<PortHour> scanned_ports() const;

 private:
  // The classes that have ports, in the order of the store.
  enum Column {
    tcp_scan,
    tcp_backscatter,
    tcp_other,
    udp_scan,
    udp_probe,
    udp_backscatter,
    udp_scans,
    column_count
  };
  static bool column_of(PacketClass c, Column& column);
  static PacketClass class_of(Column column);
  struct Emission;

  ClassCounts& survey_cell(Dimension dimension, uint32_t value, uint16_t organisation);
  ClassCounts& country_cell(enrich::CountryCode country);
  void add_ports(std::span<const SourceRow> rows, uint16_t organisation, int sign);
  void add_ports_of(Column column, const SourceRow& row, uint16_t organisation, int sign);
  void add_port(Column column, uint16_t port, uint16_t organisation, Count count);
  std::vector<NumbersRow> survey_rows();
  void append_survey_ports(std::vector<NumbersRow>& rows);
  void emit_ports(Dimension dimension, Column first, Column last, Emission& emission);

  ClassCounts total_{};
  std::vector<uint32_t> country_places_;  // by code: place in countries_, plus 1
  std::vector<ClassCounts> countries_;
  std::array<ClassCounts, tool_count> tools_{};
  AsTally autonomous_systems_;
  std::array<PortCounts, column_count> ports_;
  // Of survey scanners.
  std::unordered_map<uint64_t, ClassCounts> survey_cells_;
  SurveyPorts survey_ports_;
};

}  // namespace yagura::telescope
