// SPDX-License-Identifier: Apache-2.0
//
// The analytical store: ClickHouse, today embedded through libchdb.
//
// An Engine owns the data folder's store; a Connection runs one statement at a time and belongs to
// one thread. Open and close both in main's thread, never from a static destructor (libchdb crashes
// there). A second process on the same folder is refused with an error that names the folder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "store/block.h"

namespace yagura::store {

// Values for the {name:Type} placeholders of a statement, as text.
using Parameters = std::vector<std::pair<std::string, std::string>>;

struct QueryLimits {
  double seconds = 0;        // 0 = none
  uint64_t result_rows = 0;  // 0 = none; more is an error
  uint64_t memory_bytes = 0;
};

class Connection {
 public:
  virtual ~Connection() = default;

  // Runs a statement that returns nothing.
  virtual Result<void> execute(std::string_view sql, const Parameters& parameters = {}) = 0;

  // Runs a query and returns its whole result.
  virtual Result<Block> query(std::string_view sql, const Parameters& parameters = {}) = 0;

  // Runs a query and hands its result over block by block, in order, in bounded memory. `consume`
  // may take out what it wants to keep; where it fails, that ends the query and is returned.
  virtual Result<void> stream(std::string_view sql, const Parameters& parameters,
                              const std::function<Result<void>(Block&)>& consume) = 0;

  // Inserts one encoded block (native_block.h) of up to a million rows, given as pieces that follow
  // each other: all or nothing. `columns` is a comma-separated list.
  virtual Result<void> insert(std::string_view table, std::string_view columns,
                              std::span<const std::string_view> native_block) = 0;
};

struct EngineOptions {
  std::filesystem::path folder;                   // absolute; made if missing
  uint64_t memory_ceiling_bytes = 1'000'000'000;  // the engine's own allocations
  std::filesystem::path library;                  // libchdb.so; empty = search
};

class Engine {
 public:
  virtual ~Engine() = default;
  virtual Result<std::unique_ptr<Connection>> connect() = 0;
  // A connection on which nothing can be changed, for SQL that a person typed: only statements the
  // engine's own parser calls read-only, one per call, without INTO OUTFILE, file, url, remote and
  // other table functions that reach outside, within `limits`.
  virtual Result<std::unique_ptr<Connection>> connect_read_only(const QueryLimits& limits) = 0;
  virtual std::string version() const = 0;
};

// Lets this process keep memory that was freed, the engine's too, in place of giving it back to the
// kernel after seconds: who answers questions takes and frees the same tens of MB again and again,
// and taking a page anew costs more than reading what goes into it (docs/performance.md). Before
// the engine is loaded and before there are other threads.
void keep_freed_memory();

// Loads libchdb and opens (or makes) the store in `options.folder`.
Result<std::unique_ptr<Engine>> open_embedded(const EngineOptions& options);

}  // namespace yagura::store
