// SPDX-License-Identifier: Apache-2.0
//
// A table as data: named columns that know their meaning, and typed cells. Text for people, JSON
// and CSV are written from the same cells, so they cannot disagree. Plain values; no thread rules.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/ip_address.h"
#include "base/time.h"

namespace yagura {

// What a column holds; decides how its cells are written.
enum class CellKind {
  text,      // string, list of strings; cut where a text table grows too wide
  address,   // never cut
  count,     // whole numbers; text has thousands separators
  id,        // whole numbers that name something: no separators
  number,    // real numbers; text has `decimals` of them
  share,     // a fraction of 1; text in per cent
  change,    // a fraction added to 1: 0.25 is a quarter more
  bytes,     // whole numbers; text in KiB, MiB
  time,      // text to the second, JSON to the nanosecond
  day,       // a time of which only the day matters
  duration,  // text in units, JSON and CSV in seconds
  boolean,   // text "yes" or ""
  json,      // a JSON value as text (a cell of a query an analyst wrote)
};

// monostate: unknown, which is not 0. Lists become JSON arrays.
using Cell = std::variant<std::monostate, std::string, uint64_t, int64_t, double, bool, IpAddress,
                          Timestamp, Duration, std::vector<std::string>, std::vector<uint64_t>>;

// The value where it is known, else the unknown cell.
Cell known(bool is_known, std::string value);
Cell known(bool is_known, uint64_t value);
Cell known(bool is_known, double value);
Cell known(bool is_known, Duration value);

struct Column {
  std::string key;      // of JSON and CSV: snake_case, never changed once published
  std::string heading;  // for people; empty = only in JSON and CSV
  CellKind kind = CellKind::text;
  int decimals = 1;          // for number
  size_t max_width = 48;     // of a text cell in a text table; SIZE_MAX: whole, past the line's end
  bool for_programs = true;  // in JSON and CSV; false where other columns tell the same better
  // What it needs of a line. Where the others leave less, it stands on lines of its own under the
  // row, whole. SIZE_MAX: as much as its widest cell; 0: it stays in the row.
  size_t least_width = 0;

  bool for_people() const { return !heading.empty(); }
};

struct Table {
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows;  // each as long as `columns`

  void add(std::vector<Cell> row);  // CHECKs the length
};

enum class OutputFormat { text, json, csv };

// One cell as its column says: for people; as a JSON value; as a CSV field.
std::string cell_text(const Column& column, const Cell& cell);
std::string cell_json(const Column& column, const Cell& cell);
std::string cell_csv(const Column& column, const Cell& cell);
bool is_right_aligned(CellKind kind);
// The cell as a number to plot, or 0 where it is none.
double cell_number(const Cell& cell);

// Lines of at most `width` columns: the columns that may stand under the row do so, then the widest
// text columns give way, by "...". `indent` blanks stand before each line. An empty table is the
// line "(none)".
std::string table_text(const Table& table, size_t width = 100, size_t indent = 0);
// An array of objects, one a line: [{"victim":"192.0.2.1",...},\n...].
std::string table_json(const Table& table, std::string_view indent = "");
std::string table_csv(const Table& table);  // RFC 4180, with a header line

// The table in `format`, ending in a line end.
std::string write_table(const Table& table, OutputFormat format, size_t width = 100);

// One figure with its name: a record of facts is a table turned on its side.
struct Fact {
  Column column;
  Cell cell;
};
using Facts = std::vector<Fact>;

// "packets   1,234", a line each, numbers aligned; facts without a heading are left out, and so are
// unknown ones.
std::string facts_text(const Facts& facts, size_t width = 100, size_t indent = 0);
std::string facts_json(const Facts& facts, std::string_view indent = "");  // one object
std::string facts_csv(const Facts& facts);  // lines of key and value under "key,value"
std::string write_facts(const Facts& facts, OutputFormat format, size_t width = 100);

}  // namespace yagura
