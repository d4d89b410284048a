// SPDX-License-Identifier: Apache-2.0
//
// The C functions of libchdb.so that Yagura calls, found by name at run time. The library is loaded
// only by commands that need the store: linking it costs every start 70 ms and 147 MB.
//
// Declarations as in chdb.h of chDB 26.7; private to this room.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "base/result.h"

namespace yagura::store::chdb {

// Opaque handles.
struct ConnectionHandle;
struct InsertHandle;
struct ResultHandle;

enum class State : int { success = 0, error = 1 };

// What a statement would do, by the engine's own parser. Ordered by how restricted it is.
enum class QueryClass : uint32_t {
  read_only = 0,
  mutating = 1,
  mutating_global = 2,
  control = 3,
  unknown = 4,
};

struct QueryAnalysis {
  uint32_t struct_size = sizeof(QueryAnalysis);
  uint32_t statement_count = 0;
  uint32_t flags = 0;
  uint32_t query_class = 0;
};

// The entry points of a loaded library. The library stays loaded until the process ends: its
// threads do not survive an unload.
struct Library {
  std::filesystem::path file;

  const char* (*version)();
  ConnectionHandle** (*connect)(int argc, char** argv);
  void (*close_connection)(ConnectionHandle** connection);

  ResultHandle* (*query_with_parameters)(ConnectionHandle* connection, const char* query,
                                         size_t query_size, const char* format, size_t format_size,
                                         const char* const* names, const size_t* name_sizes,
                                         const char* const* values, const size_t* value_sizes,
                                         size_t count);
  ResultHandle* (*stream_query_with_parameters)(ConnectionHandle* connection, const char* query,
                                                size_t query_size, const char* format,
                                                size_t format_size, const char* const* names,
                                                const size_t* name_sizes, const char* const* values,
                                                const size_t* value_sizes, size_t count);
  ResultHandle* (*stream_fetch)(ConnectionHandle* connection, ResultHandle* stream);
  void (*stream_cancel)(ConnectionHandle* connection, ResultHandle* stream);

  char* (*result_bytes)(ResultHandle* result);
  size_t (*result_size)(ResultHandle* result);
  const char* (*result_error)(ResultHandle* result);
  void (*destroy_result)(ResultHandle* result);

  InsertHandle* (*begin_insert)(ConnectionHandle* connection, const char* query, size_t query_size,
                                const char* format, size_t format_size);
  State (*append)(InsertHandle* insert, const void* data, size_t size);
  ResultHandle* (*finish_insert)(InsertHandle* insert);
  void (*cancel_insert)(InsertHandle* insert);
  const char* (*insert_error)(InsertHandle* insert);
  void (*destroy_insert)(InsertHandle* insert);

  State (*classify)(ConnectionHandle* connection, const char* sql, size_t sql_size,
                    const char* database, size_t database_size, QueryAnalysis* analysis);
  void (*set_signal_handlers)(int enabled);
};

// Loads `file`, or looks in the usual places if it is empty: the environment variable YAGURA_CHDB,
// beside the program, the system's folder. Loaded once per process. The error says where it looked.
Result<const Library*> load(const std::filesystem::path& file);

}  // namespace yagura::store::chdb
