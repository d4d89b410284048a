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
  std::vector<bool> under;  // it stands under the row
};

Layout lay_out(const Table& table) {
  Layout layout;
  for (size_t c = 0; c < table.columns.size(); ++c)
    if (table.columns[c].for_people()) layout.columns.push_back(c);
  for (const size_t c : layout.columns)
    layout.widths.push_back(display_width(table.columns[c].heading));
  layout.under.resize(layout.columns.size());
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

bool is_text(const Column& column) {
  return column.kind == CellKind::text || column.kind == CellKind::json;
}

// Numbers are never cut: a table of many numbers may be wider than asked.
size_t least_width(const Column& column, size_t width) {
  if (!is_text(column) || column.max_width == SIZE_MAX) return width;
  return std::min(column.least_width > 0 ? column.least_width : narrowest, width);
}

// Of the line, by what `width_of` says of each column in it. A last text without a width is told
// beyond the line's end.
size_t line_width(const Table& table, const Layout& layout, const auto& width_of) {
  size_t total = 0;
  for (size_t i = 0; i < layout.columns.size(); ++i) {
    const Column& column = table.columns[layout.columns[i]];
    const bool is_last = i + 1 == layout.columns.size();
    const bool goes_beyond =
        is_last && is_text(column) && column.max_width == SIZE_MAX && column.least_width == 0;
    if (layout.under[i] || goes_beyond) continue;
    total += width_of(i) + (total > 0 ? gap : 0);
  }
  return total;
}

// Puts columns under the row until the rest have what they need: first what needs the most.
void put_under(const Table& table, Layout& layout, size_t width) {
  const auto column = [&](size_t i) -> const Column& { return table.columns[layout.columns[i]]; };
  const auto least = [&](size_t i) { return least_width(column(i), layout.widths[i]); };
  while (line_width(table, layout, least) > width) {
    size_t neediest = layout.columns.size();
    for (size_t i = 0; i < layout.columns.size(); ++i) {
      if (layout.under[i] || column(i).least_width == 0) continue;
      if (neediest == layout.columns.size() ||
          column(i).least_width >= column(neediest).least_width)
        neediest = i;
    }
    if (neediest == layout.columns.size()) return;
    layout.under[neediest] = true;
  }
}

// Takes columns from the widest text column, one at a time, until the line fits.
void fit(const Table& table, Layout& layout, size_t width) {
  put_under(table, layout, width);
  std::vector<size_t> least;
  for (size_t i = 0; i < layout.columns.size(); ++i)
    least.push_back(layout.under[i]
                        ? layout.widths[i]
                        : least_width(table.columns[layout.columns[i]], layout.widths[i]));
  size_t total = line_width(table, layout, [&](size_t i) { return layout.widths[i]; });
  while (total > width) {
    size_t widest = layout.columns.size();
    for (size_t i = 0; i < layout.columns.size(); ++i)
      if (layout.widths[i] > least[i] &&
          (widest == layout.columns.size() || layout.widths[i] > layout.widths[widest]))
        widest = i;
    if (widest == layout.columns.size()) return;
    --layout.widths[widest];
    --total;
  }
}

// What stands under a row, in order, as much of it as there is.
std::string under_row(const Layout& layout, const std::vector<std::string>& cells, size_t width,
                      size_t indent) {
  std::string text;
  for (size_t i = 0; i < cells.size(); ++i) {
    if (!layout.under[i] || cells[i].empty()) continue;
    text += text.empty() ? cells[i] : " | " + cells[i];
  }
  return wrap(text, width, std::string(indent + 4, ' '));
}

void add_line(std::string& out, const Table& table, const Layout& layout,
              const std::vector<std::string>& cells, size_t indent) {
  std::string line(indent, ' ');
  for (size_t i = 0; i < cells.size(); ++i) {
    if (layout.under[i]) continue;
    const bool right = is_right_aligned(table.columns[layout.columns[i]].kind);
    const std::string text =
        right ? cells[i] : cut(cells[i], std::max(layout.widths[i], narrowest));
    const size_t taken = display_width(text);
    const std::string blanks(layout.widths[i] > taken ? layout.widths[i] - taken : 0, ' ');
    line += (right ? blanks + text : text + blanks).append(gap, ' ');
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
  out += under_row(layout, line, width, indent);
  for (size_t i = 0; i < line.size(); ++i) line[i] = std::string(layout.widths[i], '-');
  add_line(out, table, layout, line, indent);
  for (const auto& cells : layout.cells) {
    add_line(out, table, layout, cells, indent);
    out += under_row(layout, cells, width, indent);
  }
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
