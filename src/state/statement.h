// SPDX-License-Identifier: Apache-2.0
//
// Prepared SQLite statements; private to this room.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "state/database.h"

struct sqlite3_stmt;

namespace yagura::state {

// One statement of one Database, which must outlive it. Values are bound in order by `bind`; a
// statement can run again after `reset`.
class Statement {
 public:
  static Result<Statement> prepare(Database& database, std::string_view sql);

  // Binds `values` to the parameters 1, 2, …: integers, texts, times, optional times, blobs.
  template <typename... Values>
  Statement& bind(const Values&... values) {
    reset();
    int index = 0;
    (bind_one(++index, values), ...);
    return *this;
  }

  // Moves to the next row; false when there is none.
  Result<bool> step();
  // Runs a statement that returns no rows.
  Result<void> run();
  void reset();

  int64_t integer(int column) const;
  template <typename T>
  T integer_as(int column) const {
    return static_cast<T>(integer(column));
  }
  bool is_null(int column) const;
  std::string text(int column) const;
  std::span<const uint8_t> blob(int column) const;  // valid until the next step
  Timestamp time(int column) const { return Timestamp{integer(column)}; }
  std::optional<Timestamp> optional_time(int column) const {
    if (is_null(column)) return std::nullopt;
    return time(column);
  }

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };

  Statement(sqlite3* database, sqlite3_stmt* statement)
      : database_(database), statement_(statement) {}

  void bind_one(int index, std::string_view value);
  void bind_one(int index, std::span<const uint8_t> value);
  void bind_integer(int index, int64_t value);
  void bind_null(int index);
  template <typename T>
    requires std::is_integral_v<T>
  void bind_one(int index, T value) {
    bind_integer(index, static_cast<int64_t>(value));
  }
  void bind_one(int index, Timestamp value) { bind_integer(index, value.nanoseconds); }
  template <typename T>
  void bind_one(int index, const std::optional<T>& value) {
    if (value) {
      bind_one(index, *value);
    } else {
      bind_null(index);
    }
  }

  sqlite3* database_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

// Prepares, binds and runs a statement that returns no rows.
template <typename... Values>
Result<void> run(Database& database, std::string_view sql, const Values&... values) {
  TRY(Statement statement, Statement::prepare(database, sql));
  return statement.bind(values...).run();
}

// How many rows the last INSERT, UPDATE or DELETE of this connection touched.
int64_t changed_rows(Database& database);

// What SQLite says of its last failure, with the file.
Error database_error(sqlite3* database);

}  // namespace yagura::state
