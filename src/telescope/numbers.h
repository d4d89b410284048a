// SPDX-License-Identifier: Apache-2.0
//
// The plain numbers of one bucket of time: packets and exact distinct hosts per dimension, value,
// class and survey organisation.
//
// Fed source by source, each source once per bucket, so a host is counted by adding one: no sets,
// no sketches. Sources rise, which keeps the enrichment look-ups of the caller cheap. Not
// thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <unordered_map>
#include <vector>

#include "enrich/places.h"
#include "telescope/rising_ports.h"
#include "telescope/rows.h"
#include "telescope/source_row.h"

namespace yagura::telescope {

// What is known of a source in a bucket beside its packets.
struct SourceFacts {
  enrich::Place place;
  Tool tool = Tool::none;
  uint16_t organisation = 0;  // survey organisation, 0 = none
};

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
  struct Count {
    int64_t packets = 0, hosts = 0;
  };
  using ClassCounts = std::array<Count, class_count>;
  // The classes that have ports: a dense table of all ports each, 1 MiB, so that the busiest one
  // stays in the second-level cache.
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

  ClassCounts& cell(Dimension dimension, uint32_t value, uint16_t organisation);
  // `at(port)` is the count of a port of the column.
  template <typename At>
  static void add_row(const SourceRow& row, int sign, At at);
  void add_ports(std::span<const SourceRow> rows, uint16_t organisation, int sign);
  void add_ports_of(Column column, const SourceRow& row, uint16_t organisation, int sign);
  Count& port_count(Column column, uint16_t port, uint16_t organisation);
  void collect_port(Column column, size_t port, uint16_t organisation, const Count& count);

  std::unordered_map<uint64_t, size_t> index_;  // key of a cell -> its place in cells_
  std::vector<ClassCounts> cells_;
  std::vector<uint64_t> keys_;
  std::array<std::vector<Count>, column_count> ports_;  // of sources that are no survey scanners
  std::unordered_map<uint64_t, Count> survey_ports_;    // of the others, few as they are
  std::vector<NumbersRow> rows_;
};

}  // namespace yagura::telescope
