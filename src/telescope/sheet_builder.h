// SPDX-License-Identifier: Apache-2.0
//
// Folds numbers, which come one by one, into sheets: the numbers of all values of a dimension in
// one bucket.
//
// Numbers in the order of Numbers::emit fill one dimension of a bucket after another, and each
// gives one row per class and "survey scanner or not". Any other order gives more rows, which add
// up to the same. Its memory is used again for the next ones. Not thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "telescope/rows.h"

namespace yagura::telescope {

class SheetBuilder {
 public:
  // Whether a number belongs to the sheets that are being filled; if not, take() first.
  bool fits(const NumbersRow& row) const {
    return !any_ || (row.time == time_ && row.dimension == dimension_ && row.level == level_);
  }
  void add(const NumbersRow& row);
  // Hands out what was added, as rows whose `commit` is 0, and starts again with nothing.
  template <typename Visit>
  void take(const Visit& visit);

 private:
  // Of one class, of survey scanners or of the others. Numbers of several survey organisations for
  // a value follow each other, and are added up as they come.
  struct Column {
    std::vector<uint32_t> values;
    std::vector<int64_t> packets, hosts;
  };
  // Lets the row refer to the column, and to its counts as packets_ and hosts_ hold them then.
  void pack(const Column& column, NumberSheetRow& row);

  bool any_ = false;
  Level level_ = Level::five_minutes;
  Dimension dimension_ = Dimension::total;
  uint32_t time_ = 0;
  std::array<std::array<Column, 2>, class_count> columns_;
  std::string packets_, hosts_;
};

template <typename Visit>
void SheetBuilder::take(const Visit& visit) {
  if (!any_) return;
  any_ = false;
  for (size_t c = 0; c < columns_.size(); ++c)
    for (size_t survey = 0; survey < columns_[c].size(); ++survey) {
      Column& column = columns_[c][survey];
      if (column.values.empty()) continue;
      NumberSheetRow row;
      row.level = level_;
      row.time = time_;
      row.dimension = dimension_;
      row.class_ = static_cast<PacketClass>(c);
      row.survey = static_cast<uint8_t>(survey);
      pack(column, row);
      visit(row);
      column.values.clear();
      column.packets.clear();
      column.hosts.clear();
    }
}

}  // namespace yagura::telescope
