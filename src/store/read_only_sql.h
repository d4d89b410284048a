// SPDX-License-Identifier: Apache-2.0
//
// What SQL that a person typed may call; private to this room.
//
// This is a look at the words of a statement, not a parser: it refuses too much rather than too
// little, and stands beside the engine's parser and its readonly mode, not in place of them.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/block.h"

namespace yagura::store {

// Functions that reach outside of the store, in lower case.
class DeniedFunctions {
 public:
  // Every table function the engine has but the few that only make or reshape rows, and the
  // ordinary functions that read files or call services.
  explicit DeniedFunctions(const std::vector<std::string>& table_functions);
  bool contains(std::string_view name) const;

 private:
  std::set<std::string, std::less<>> names_;
};

struct ReadStatement {
  std::string text;        // without the semicolon at its end
  bool is_select = false;  // SELECT, WITH or a bracketed SELECT: it can stand in a FROM
};

// Refuses empty text, denied functions, INTO OUTFILE and FORMAT.
Result<ReadStatement> inspect_read(std::string_view sql, const DeniedFunctions& denied);

// The query `sql`, with the columns that `described` (the engine's DESCRIBE of it) gives a type
// that ColumnData cannot hold turned into text.
std::string with_readable_types(std::string_view sql, const Block& described);

}  // namespace yagura::store
