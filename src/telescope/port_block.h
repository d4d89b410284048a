// SPDX-License-Identifier: Apache-2.0
//
// Folds the numbers of ports, which come one by one, into rows of a block of neighbouring ports.
//
// Numbers in the order of Numbers::emit fill one block after another, and each gives one row per
// class and "survey scanner or not". Any other order gives more rows, which add up to the same.
// No allocation. Not thread-safe.
#pragma once

#include <array>
#include <cstdint>

#include "telescope/rows.h"

namespace yagura::telescope {

inline bool is_port(Dimension dimension) {
  return dimension == Dimension::tcp_port || dimension == Dimension::udp_port;
}

class PortBlock {
 public:
  // Whether a number of a port belongs to the block that is being filled; if not, take() first.
  bool fits(const NumbersRow& row) const {
    return !any_ || (row.time == time_ && block_of(row) == block_ && row.dimension == dimension_ &&
                     row.level == level_);
  }
  void add(const NumbersRow& row);
  // Hands out what was added, as rows whose `commit` is 0, and starts again with nothing.
  template <typename Visit>
  void take(const Visit& visit);

 private:
  // Of one class, of survey scanners or of the others. What lies at and after `end` is 0.
  struct Column {
    std::array<int64_t, ports_of_block> packets{}, hosts{};
    size_t end = 0;
  };
  static uint16_t block_of(const NumbersRow& row) {
    return static_cast<uint16_t>(row.value / ports_of_block);
  }

  bool any_ = false;
  Level level_ = Level::five_minutes;
  Dimension dimension_ = Dimension::tcp_port;
  uint32_t time_ = 0;
  uint16_t block_ = 0;
  std::array<std::array<Column, 2>, class_count> columns_;
};

template <typename Visit>
void PortBlock::take(const Visit& visit) {
  if (!any_) return;
  any_ = false;
  for (size_t c = 0; c < columns_.size(); ++c)
    for (size_t survey = 0; survey < columns_[c].size(); ++survey) {
      Column& column = columns_[c][survey];
      if (column.end == 0) continue;
      PortNumbersRow row;
      row.level = level_;
      row.time = time_;
      row.dimension = dimension_;
      row.class_ = static_cast<PacketClass>(c);
      row.block = block_;
      row.survey = static_cast<uint8_t>(survey);
      row.packets = std::span(column.packets).first(column.end);
      row.hosts = std::span(column.hosts).first(column.end);
      visit(row);
      column = {};
    }
}

}  // namespace yagura::telescope
