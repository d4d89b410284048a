// SPDX-License-Identifier: Apache-2.0
#include "telescope/report_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "base/text.h"

namespace yagura::telescope {
namespace {

constexpr double width = 900, left = 64, right = 16, top = 14;
constexpr double plot_height = 240, axis_height = 26;
constexpr int colours = 10;  // classes c0 … c9 of the style sheet

std::optional<size_t> column_of(const Table& table, std::string_view key) {
  for (size_t c = 0; c < table.columns.size(); ++c)
    if (table.columns[c].key == key) return c;
  return {};
}

std::string label_of(const Column& column) {
  return column.heading.empty() ? column.key : column.heading;
}

std::string open_svg(double height, const std::string& title) {
  return fmt::format("<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">\n", width, height,
                     escape_html(title));
}

struct Frame {
  double x0, x1, y0, y1;  // times and values at the edges
  double x(double value) const { return left + (value - x0) / (x1 - x0) * (width - left - right); }
  double y(double value) const { return top + (y1 - value) / (y1 - y0) * plot_height; }
};

std::string time_label(Timestamp time, Duration span) {
  const std::string text = format_time_for_people(time);  // 2009-03-15 08:45:06
  const std::string hour = text.substr(11, 5);
  // The day stands where it begins, the hours between.
  if (span <= Duration::days(90)) return hour == "00:00" ? text.substr(5, 5) : hour;
  if (span <= Duration::days(1500)) return text.substr(0, 7);
  return text.substr(0, 4);
}

std::string axes(const Frame& frame, const std::vector<double>& values) {
  std::string out;
  for (const double value : values)
    out += fmt::format(
        "<line class=\"grid\" x1=\"{0}\" x2=\"{1}\" y1=\"{2:.1f}\" y2=\"{2:.1f}\"/>"
        "<text class=\"tick\" x=\"{3}\" y=\"{4:.1f}\" text-anchor=\"end\">{5}</text>"
        "\n",
        left, width - right, frame.y(value), left - 6, frame.y(value) + 4, format_short(value));
  const Timestamp from = Timestamp::from_seconds(static_cast<int64_t>(frame.x0));
  const Timestamp until = Timestamp::from_seconds(static_cast<int64_t>(frame.x1));
  for (const Timestamp time : time_ticks(from, until, 8)) {
    const double x = frame.x(static_cast<double>(time.seconds()));
    out += fmt::format(
        "<line class=\"grid\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1}\" y2=\"{2}\"/>"
        "<text class=\"tick\" x=\"{0:.1f}\" y=\"{3}\" text-anchor=\"middle\">{4}"
        "</text>\n",
        x, top, top + plot_height, top + plot_height + 17, time_label(time, until - from));
  }
  return out;
}

bool is_unknown(const Table& table, size_t row, size_t column) {
  return std::holds_alternative<std::monostate>(table.rows[row][column]);
}

// A line that breaks where a cell is unknown. A point without neighbours is a dot.
std::string line(const Table& table, size_t x, size_t y, const Frame& frame, size_t colour) {
  std::string path, dots;
  bool drawing = false;
  for (size_t r = 0; r < table.rows.size(); ++r) {
    if (is_unknown(table, r, y)) {
      drawing = false;
      continue;
    }
    const double at_x = frame.x(cell_number(table.rows[r][x]));
    const double at_y = frame.y(cell_number(table.rows[r][y]));
    const bool last = r + 1 == table.rows.size() || is_unknown(table, r + 1, y);
    if (!drawing && last)
      dots += fmt::format("<circle class=\"bar c{}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3\"/>\n",
                          colour, at_x, at_y);
    else
      path += fmt::format("{}{:.1f} {:.1f}", drawing ? "L" : "M", at_x, at_y);
    drawing = true;
  }
  if (path.empty()) return dots;
  return fmt::format("<path class=\"line c{}\" d=\"{}\"/>\n", colour, path) + dots;
}

// The names of the lines, in as many rows as they need. `y` is moved below them.
std::string legend(const Table& table, const std::vector<size_t>& lines, double& y) {
  constexpr double letter = 7.2, sample = 18, row_height = 18;
  std::string out;
  double x = left;
  for (size_t i = 0; i < lines.size(); ++i) {
    const std::string label = label_of(table.columns[lines[i]]);
    const double need = sample + 24 + letter * static_cast<double>(display_width(label));
    if (x > left && x + need > width) {
      x = left;
      y += row_height;
    }
    out += fmt::format(
        "<line class=\"line c{}\" x1=\"{:.1f}\" x2=\"{:.1f}\" y1=\"{}\" y2=\"{}\"/>"
        "<text class=\"key\" x=\"{:.1f}\" y=\"{}\">{}</text>\n",
        i, x, x + sample, y - 4, y - 4, x + sample + 6, y, escape_html(label));
    x += need;
  }
  y += row_height / 2;
  return out;
}

std::string line_plot(const Section& section) {
  const Table& table = section.table;
  const auto x = column_of(table, section.plot->x);
  std::vector<size_t> lines;
  for (const std::string& key : section.plot->y)
    if (const auto y = column_of(table, key); y && lines.size() < colours) lines.push_back(*y);
  if (!x || lines.empty()) return "";
  double largest = 0;
  for (const auto& row : table.rows)
    for (const size_t y : lines) largest = std::max(largest, cell_number(row[y]));
  const std::vector<double> ticks = axis_ticks(largest, 5);
  Frame frame{cell_number(table.rows.front()[*x]), cell_number(table.rows.back()[*x]), 0,
              ticks.back()};
  if (frame.x1 <= frame.x0) frame.x1 = frame.x0 + 1;
  double end = top + plot_height + axis_height + 14;
  const std::string names = legend(table, lines, end);
  std::string out = open_svg(end, section.title) + axes(frame, ticks);
  for (size_t i = 0; i < lines.size(); ++i) out += line(table, *x, lines[i], frame, i);
  return out + names + "</svg>\n";
}

std::string bar_plot(const Section& section) {
  constexpr double row_height = 22, bar_height = 14, label_width = 210, value_width = 90;
  const Table& table = section.table;
  const auto x = column_of(table, section.plot->x);
  const auto y = section.plot->y.empty() ? std::nullopt : column_of(table, section.plot->y[0]);
  if (!x || !y) return "";
  const auto mark = column_of(table, section.plot->mark);
  double largest = 0;
  for (const auto& row : table.rows) largest = std::max(largest, cell_number(row[*y]));
  const double room = width - label_width - value_width;
  bool any_marked = false;
  std::string bars;
  for (size_t r = 0; r < table.rows.size(); ++r) {
    const auto& row = table.rows[r];
    const bool* flag = mark ? std::get_if<bool>(&row[*mark]) : nullptr;
    const bool marked = flag != nullptr && *flag;
    any_marked = any_marked || marked;
    const double length = largest > 0 ? cell_number(row[*y]) / largest * room : 0;
    const double y0 = top + static_cast<double>(r) * row_height;
    bars += fmt::format(
        "<text class=\"key\" x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>"
        "<rect class=\"bar c{}\" x=\"{}\" y=\"{}\" width=\"{:.1f}\" height=\"{}\"/>"
        "<text class=\"tick\" x=\"{:.1f}\" y=\"{}\">{}</text>\n",
        label_width - 8, y0 + bar_height - 2,
        escape_html(shorten(cell_text(table.columns[*x], row[*x]), 28)), marked ? 1 : 0,
        label_width, y0, std::max(length, 0.5), bar_height, label_width + length + 6,
        y0 + bar_height - 2, escape_html(cell_text(table.columns[*y], row[*y])));
  }
  const double end = top + static_cast<double>(table.rows.size()) * row_height;
  std::string out = open_svg(end + (any_marked ? row_height + 4 : 4), section.title) + bars;
  if (any_marked)
    out += fmt::format(
        "<rect class=\"bar c1\" x=\"{}\" y=\"{}\" width=\"18\" height=\"10\"/>"
        "<text class=\"key\" x=\"{}\" y=\"{}\">{}</text>\n",
        label_width, end + 6, label_width + 26, end + 15, escape_html(section.plot->mark_meaning));
  return out + "</svg>\n";
}

}  // namespace

std::vector<double> axis_ticks(double top_value, int count) {
  if (!(top_value > 0)) return {0, 1};
  const double rough = top_value / std::max(count, 1);
  const double power = std::pow(10, std::floor(std::log10(rough)));
  double step = power;
  for (const double factor : {1.0, 2.0, 5.0, 10.0}) {
    step = factor * power;
    if (step >= rough) break;
  }
  if (step < 1 && top_value >= 1 && top_value == std::floor(top_value)) step = 1;
  std::vector<double> ticks = {0};
  while (ticks.back() < top_value) ticks.push_back(static_cast<double>(ticks.size()) * step);
  return ticks;
}

std::vector<Timestamp> time_ticks(Timestamp from, Timestamp until, int count) {
  constexpr std::array<int64_t, 14> steps = {
      60,        300,    600,        1800,       3600,        3 * 3600,    6 * 3600,
      12 * 3600, 86'400, 2 * 86'400, 7 * 86'400, 14 * 86'400, 31 * 86'400, 92 * 86'400};
  std::vector<Timestamp> ticks;
  const int64_t span = until.seconds() - from.seconds();
  if (span <= 0) return {from};
  const auto fits = [&](int64_t step) { return span / step <= count; };
  const auto it = std::find_if(steps.begin(), steps.end(), fits);
  if (it != steps.end() && *it < 31 * 86'400) {
    const Duration step = Duration::seconds(*it);
    Timestamp time = from.floor(step);
    for (; time <= until; time = time + step)
      if (time >= from) ticks.push_back(time);
    return ticks;
  }
  // Calendar steps: starts of months, quarters, or every so many years.
  const int years_step = std::max(1, static_cast<int>(span / (366 * 86'400LL) / count + 1));
  const int months_step = it == steps.end() ? 12 * years_step : *it == 31 * 86'400 ? 1 : 3;
  for (int year = year_of(from); year <= year_of(until); ++year)
    for (int month = 1; month <= 12; month += std::min(months_step, 12)) {
      if (months_step > 12 && (year - year_of(from)) % years_step != 0) continue;
      const auto time = parse_time(fmt::format("{:04}-{:02}", year, month));
      if (time && *time >= from && *time <= until) ticks.push_back(*time);
    }
  return ticks;
}

std::string plot_svg(const Section& section) {
  if (!section.plot || section.table.rows.empty()) return "";
  return section.plot->kind == PlotKind::lines ? line_plot(section) : bar_plot(section);
}

}  // namespace yagura::telescope
