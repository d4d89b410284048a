// SPDX-License-Identifier: Apache-2.0
#include "telescope/port_block.h"

#include <algorithm>

namespace yagura::telescope {

void PortBlock::add(const NumbersRow& row) {
  any_ = true;
  level_ = row.level;
  time_ = row.time;
  dimension_ = row.dimension;
  block_ = block_of(row);
  Column& column = columns_[static_cast<size_t>(row.class_)][row.organisation == 0 ? 0 : 1];
  const size_t at = row.value % ports_of_block;
  column.packets[at] += row.packets;
  column.hosts[at] += row.hosts;
  column.end = std::max(column.end, at + 1);
}

}  // namespace yagura::telescope
