// SPDX-License-Identifier: Apache-2.0
//
// A report as data: sections with facts, a table, a plot of the table's columns, and notes. Text,
// JSON, CSV and HTML are all written from it, so they cannot disagree. Plain values; no thread
// rules.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/table.h"

namespace yagura::telescope {

enum class PlotKind {
  lines,  // over time: `x` is a column of times; an unknown cell breaks the line
  bars,   // one a row: `x` is a column of texts, `y` one column of numbers
};

// A picture of a section's table: it shows nothing that the table does not have.
struct Plot {
  PlotKind kind = PlotKind::lines;
  std::string x;               // key of a column
  std::vector<std::string> y;  // keys of columns; at most 8
  std::string mark;            // bars: key of a boolean column that sets a bar apart, or empty
  std::string mark_meaning;    // what that says: "port used by IoT devices"
};

struct Section {
  std::string key;  // in JSON and CSV: snake_case, never changed once published
  std::string title;
  Facts facts;
  Table table;  // no columns = none
  std::optional<Plot> plot;
  bool long_table = false;  // many rows that draw a plot: left out of the text, folded in HTML
  std::vector<std::string> notes;  // sentences
};

struct Document {
  std::string title;
  std::string subtitle;  // what and when
  std::vector<Section> sections;

  const Section* find(std::string_view key) const;
};

std::string document_text(const Document& document, size_t width = 100);
// {"title": …, "subtitle": …, "summary": {facts}, "years": [rows], …, "remarks": {"years":
// [notes]}}. A section with facts and a table is {"facts": {…}, "rows": […]}.
std::string document_json(const Document& document);
// One block a section: a line "# key", the header, the rows, an empty line.
std::string document_csv(const Document& document);
// One self-contained page: no script, no request to anywhere, light and dark, printable.
std::string document_html(const Document& document);

}  // namespace yagura::telescope
