// SPDX-License-Identifier: Apache-2.0
#include "telescope/sheet_builder.h"

#include <algorithm>
#include <array>
#include <span>

#include "telescope/packed_counts.h"
#include "telescope/port_block.h"

namespace yagura::telescope {
namespace {

constexpr size_t block_size = PackedCounts::block_size;

void write(const PackedCounts& counts, std::string& out) {
  out.clear();
  counts.write_to(out);
}

// Counts of values that follow each other without a gap.
void write_counts(std::span<const int64_t> counts, std::string& out) {
  PackedCounts packed;
  for (size_t at = 0; at < counts.size(); at += block_size)
    packed.add(at / block_size, counts.subspan(at, std::min(block_size, counts.size() - at)));
  write(packed, out);
}

void write_counts_of_ports(std::span<const uint32_t> ports, std::span<const int64_t> counts,
                           std::string& out) {
  PackedCounts packed;
  std::array<int64_t, block_size> of_block{};
  for (size_t i = 0; i < ports.size(); ++i) {
    of_block[ports[i] % block_size] += counts[i];
    if (i + 1 < ports.size() && ports[i + 1] / block_size == ports[i] / block_size) continue;
    packed.add(ports[i] / block_size, of_block);
    of_block = {};
  }
  write(packed, out);
}

}  // namespace

void SheetBuilder::add(const NumbersRow& row) {
  any_ = true;
  level_ = row.level;
  time_ = row.time;
  dimension_ = row.dimension;
  // The values of the total are the classes.
  const bool total = row.dimension == Dimension::total;
  const PacketClass class_ = total ? PacketClass::any : row.class_;
  const uint32_t value = total ? static_cast<uint32_t>(row.class_) : row.value;
  Column& column = columns_[static_cast<size_t>(class_)][row.organisation == 0 ? 0 : 1];
  if (!column.values.empty() && column.values.back() == value) {
    column.packets.back() += row.packets;
    column.hosts.back() += row.hosts;
    return;
  }
  column.values.push_back(value);
  column.packets.push_back(row.packets);
  column.hosts.push_back(row.hosts);
}

void SheetBuilder::pack(const Column& column, NumberSheetRow& row) {
  if (is_port(dimension_)) {
    write_counts_of_ports(column.values, column.packets, packets_);
    write_counts_of_ports(column.values, column.hosts, hosts_);
  } else {
    row.values = column.values;
    write_counts(column.packets, packets_);
    write_counts(column.hosts, hosts_);
  }
  row.packets = packets_;
  row.hosts = hosts_;
}

}  // namespace yagura::telescope
