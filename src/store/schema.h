// SPDX-License-Identifier: Apache-2.0
//
// The tables of the store: making and upgrading them, how long they keep rows, and taking rows out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/engine.h"

namespace yagura::store {

// Brings the tables to this version of Yagura by applying the SQL files of schema/ that the store
// has not seen. A store written by a newer Yagura is refused.
Result<void> migrate(Connection& connection);

// How many days rows are kept, counted from the day they were stored (not from their event time, so
// that an old capture stays). 0 = for ever.
struct Retention {
  uint32_t activity = 30;
  uint32_t synchrony = 30;
  uint32_t sample = 30;
  uint32_t numbers_five_minutes = 30;
  uint32_t numbers_hour = 730;
  uint32_t numbers_day = 0;
  uint32_t source_day = 0;
};

// Applies to rows already stored too. Does nothing if the tables have this retention already.
Result<void> set_retention(Connection& connection, const Retention& retention);

// Takes the rows of `commits` out of every table that has a `commit` column. Done when it returns;
// costs little where they are alone in their parts, as those written last are.
Result<void> delete_commits(Connection& connection, const std::vector<uint64_t>& commits);

}  // namespace yagura::store
