// SPDX-License-Identifier: Apache-2.0
//
// The control plane: what people edit and what must survive to the byte, in one SQLite file
// (state.db, WAL mode) in the data folder. The analytical rows are not here but in store/.
//
// A Database is one SQLite connection; not thread-safe. Threads and processes that each open one of
// their own work side by side: readers wait for nobody and see what was committed when they began,
// writers wait for each other, for 10 s at most. Its tables are made and upgraded on open; a file
// from a newer Yagura is refused.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "base/result.h"

struct sqlite3;

namespace yagura::state {

class Database {
 public:
  static Result<std::unique_ptr<Database>> open(const std::filesystem::path& file);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Runs `work` inside one transaction: committed if it succeeds, rolled back if it fails. One
  // within another belongs to it: it becomes true with the outer one, or fails alone.
  Result<void> transaction(const std::function<Result<void>()>& work);

  sqlite3* handle() { return handle_; }  // for this room only

 private:
  explicit Database(sqlite3* handle) : handle_(handle) {}
  sqlite3* handle_;
};

}  // namespace yagura::state
