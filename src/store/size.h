// SPDX-License-Identifier: Apache-2.0
//
// How much the store holds, and whether it is whole.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/engine.h"

namespace yagura::store {

struct TableSize {
  std::string table;
  uint64_t rows = 0;
  uint64_t bytes = 0;  // on disk, with indexes and marks
  uint64_t parts = 0;

  double bytes_per_row() const {
    return rows == 0 ? 0 : static_cast<double>(bytes) / static_cast<double>(rows);
  }
};

// Every table, largest first. Counts active parts; rows that were deleted but not yet merged away
// still count.
Result<std::vector<TableSize>> table_sizes(Connection& connection);

// The levels of a table that is partitioned by level first, as tables of the name of the level.
Result<std::vector<TableSize>> level_sizes(Connection& connection, const std::string& table);

struct TableCheck {
  std::string table;
  bool whole = true;
  std::string complaint;  // the first damaged part and what is wrong with it
};

// Reads every part of every table and compares it with its checksums.
Result<std::vector<TableCheck>> check_tables(Connection& connection);

}  // namespace yagura::store
