// SPDX-License-Identifier: Apache-2.0
//
// The layout of tables on a terminal.
#include <algorithm>

#include "base/table.h"
#include "base/text.h"

namespace yagura {
namespace {

constexpr size_t gap = 2;
constexpr size_t narrowest = 12;  // a text column is not squeezed below this

// A list is cut behind an element: half a port number is another port.
std::string cut(const std::string& text, size_t width) {
  if (display_width(text) <= width) return text;
  constexpr std::string_view more = " ...";
  for (size_t at = text.rfind(", "); at != std::string::npos && at > 0;
       at = text.rfind(", ", at - 1))
    if (display_width(text.substr(0, at)) + more.size() <= width)
      return text.substr(0, at).append(more);
  return shorten(text, width);
}

struct Layout {
  std::vector<size_t> columns;  // those for people
  std::vector<std::vector<std::string>> cells;
  std::vector<size_t> widths;
};

Layout lay_out(const Table& table) {
  Layout layout;
  for (size_t c = 0; c < table.columns.size(); ++c)
    if (table.columns[c].for_people()) layout.columns.push_back(c);
  for (const size_t c : layout.columns)
    layout.widths.push_back(display_width(table.columns[c].heading));
  layout.cells.reserve(table.rows.size());
  for (const auto& row : table.rows) {
    std::vector<std::string> line;
    line.reserve(layout.columns.size());
    for (size_t i = 0; i < layout.columns.size(); ++i) {
      const Column& column = table.columns[layout.columns[i]];
      std::string text = cell_text(column, row[layout.columns[i]]);
      if (column.kind == CellKind::text) text = cut(text, column.max_width);
      layout.widths[i] = std::max(layout.widths[i], display_width(text));
      line.push_back(std::move(text));
    }
    layout.cells.push_back(std::move(line));
  }
  return layout;
}

// Takes columns from the widest text column, one at a time, until the line fits. Numbers are never
// cut: a table of many numbers may be wider than asked. A text without a width is told whole,
// beyond the line's end.
void fit(const Table& table, Layout& layout, size_t width) {
  std::vector<size_t> narrowed;  // what may be
  size_t total = 0;
  for (size_t i = 0; i < layout.widths.size(); ++i) {
    const Column& column = table.columns[layout.columns[i]];
    const bool is_text = column.kind == CellKind::text || column.kind == CellKind::json;
    if (is_text && column.max_width == SIZE_MAX) continue;
    if (is_text) narrowed.push_back(i);
    total += layout.widths[i] + (total > 0 ? gap : 0);
  }
  const auto less_wide = [&](size_t a, size_t b) { return layout.widths[a] < layout.widths[b]; };
  while (total > width && !narrowed.empty()) {
    const size_t widest = *std::max_element(narrowed.begin(), narrowed.end(), less_wide);
    if (layout.widths[widest] <= narrowest) return;
    --layout.widths[widest];
    --total;
  }
}

void add_line(std::string& out, const Table& table, const Layout& layout,
              const std::vector<std::string>& cells, size_t indent) {
  std::string line(indent, ' ');
  for (size_t i = 0; i < cells.size(); ++i) {
    const bool right = is_right_aligned(table.columns[layout.columns[i]].kind);
    const std::string text =
        right ? cells[i] : cut(cells[i], std::max(layout.widths[i], narrowest));
    const size_t taken = display_width(text);
    const std::string blanks(layout.widths[i] > taken ? layout.widths[i] - taken : 0, ' ');
    line += right ? blanks + text : text + blanks;
    if (i + 1 < cells.size()) line.append(gap, ' ');
  }
  line.erase(line.find_last_not_of(' ') + 1);
  out += line + '\n';
}

}  // namespace

std::string table_text(const Table& table, size_t width, size_t indent) {
  if (table.rows.empty()) return std::string(indent, ' ') + "(none)\n";
  Layout layout = lay_out(table);
  fit(table, layout, width > indent ? width - indent : 1);
  std::string out;
  std::vector<std::string> line;
  for (const size_t c : layout.columns) line.push_back(table.columns[c].heading);
  add_line(out, table, layout, line, indent);
  for (size_t i = 0; i < line.size(); ++i) line[i] = std::string(layout.widths[i], '-');
  add_line(out, table, layout, line, indent);
  for (const auto& cells : layout.cells) add_line(out, table, layout, cells, indent);
  return out;
}

std::string facts_text(const Facts& facts, size_t width, size_t indent) {
  struct Line {
    std::string name, value;
    bool right = false;
  };
  size_t name_width = 0, value_width = 0;
  std::vector<Line> lines;
  for (const Fact& fact : facts) {
    if (!fact.column.for_people() || std::holds_alternative<std::monostate>(fact.cell)) continue;
    Line line{fact.column.heading, cell_text(fact.column, fact.cell),
              is_right_aligned(fact.column.kind)};
    name_width = std::max(name_width, display_width(line.name));
    if (line.right) value_width = std::max(value_width, display_width(line.value));
    lines.push_back(std::move(line));
  }
  const size_t start = indent + name_width + gap;
  std::string out;
  for (const Line& line : lines) {
    const std::string name = std::string(indent, ' ') + line.name +
                             std::string(name_width - display_width(line.name) + gap, ' ');
    if (line.right) {
      out += name + std::string(value_width - display_width(line.value), ' ') + line.value + '\n';
      continue;
    }
    // Words: broken into lines under each other, not aligned with the numbers.
    const std::string words =
        wrap(line.value, std::max(width, start + 20), std::string(start, ' '));
    out += words.empty() ? line.name + '\n' : name + words.substr(start);
  }
  return out;
}

}  // namespace yagura
