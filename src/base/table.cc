// SPDX-License-Identifier: Apache-2.0
#include "base/table.h"

#include <fmt/format.h>

#include <cmath>

#include "base/overloaded.h"
#include "base/result.h"
#include "base/text.h"

namespace yagura {
namespace {

// Six significant digits suffice for shares and rates and keep files small; whole numbers stay so.
std::string plain_number(double value) {
  if (!std::isfinite(value)) return "null";
  if (value == std::floor(value) && std::abs(value) < 1e15)
    return fmt::format("{}", static_cast<int64_t>(value));
  return fmt::format("{:.6g}", value);
}

std::string real_text(const Column& column, double value) {
  switch (column.kind) {
    case CellKind::share:
      return format_share(value);
    case CellKind::change:
      return format_change(value);
    case CellKind::bytes:
      return format_bytes(static_cast<uint64_t>(std::max(0.0, value)));
    default:
      return format_number(value, column.decimals);
  }
}

std::string whole_text(const Column& column, uint64_t value) {
  switch (column.kind) {
    case CellKind::id:
      return std::to_string(value);
    case CellKind::bytes:
      return format_bytes(value);
    case CellKind::share:
    case CellKind::change:
      return real_text(column, static_cast<double>(value));
    default:
      return format_count(value);
  }
}

std::string time_text(const Column& column, Timestamp time) {
  if (column.kind == CellKind::day) return format_day(time);
  return format_time_for_people(Timestamp::from_seconds(time.seconds()));
}

template <typename List, typename Write>
std::string joined(const List& list, std::string_view separator, const Write& write) {
  std::string out;
  for (const auto& element : list) {
    if (!out.empty()) out += separator;
    out += write(element);
  }
  return out;
}

template <typename Value>
Cell known_cell(bool is_known, Value value) {
  Cell cell;
  if (is_known) cell.emplace<Value>(std::move(value));
  return cell;
}

}  // namespace

Cell known(bool is_known, std::string value) { return known_cell(is_known, std::move(value)); }
Cell known(bool is_known, uint64_t value) { return known_cell(is_known, value); }
Cell known(bool is_known, double value) { return known_cell(is_known, value); }
Cell known(bool is_known, Duration value) { return known_cell(is_known, value); }

void Table::add(std::vector<Cell> row) {
  CHECK(row.size() == columns.size());
  rows.push_back(std::move(row));
}

std::string cell_text(const Column& column, const Cell& cell) {
  return std::visit(
      Overloaded{[](std::monostate) { return std::string(); },
                 [](const std::string& text) { return escape_terminal(text); },
                 [&](uint64_t value) { return whole_text(column, value); },
                 [&](int64_t value) {
                   if (value >= 0) return whole_text(column, static_cast<uint64_t>(value));
                   return format_signed_count(value);
                 },
                 [&](double value) { return real_text(column, value); },
                 [](bool value) { return std::string(value ? "yes" : ""); },
                 [](IpAddress address) { return address.to_string(); },
                 [&](Timestamp time) { return time_text(column, time); },
                 [](Duration duration) { return format_duration(duration); },
                 [](const std::vector<std::string>& list) {
                   return joined(list, ", ",
                                 [](const auto& text) { return escape_terminal(text); });
                 },
                 [](const std::vector<uint64_t>& list) {
                   return joined(list, ", ", [](uint64_t value) { return std::to_string(value); });
                 }},
      cell);
}

std::string cell_json(const Column& column, const Cell& cell) {
  return std::visit(
      Overloaded{
          [](std::monostate) { return std::string("null"); },
          [&](const std::string& text) {
            return column.kind == CellKind::json ? text : json_quote(text);
          },
          [](uint64_t value) { return std::to_string(value); },
          [](int64_t value) { return std::to_string(value); },
          [](double value) { return plain_number(value); },
          [](bool value) { return std::string(value ? "true" : "false"); },
          [](IpAddress address) { return json_quote(address.to_string()); },
          [&](Timestamp time) {
            return json_quote(column.kind == CellKind::day ? format_day(time) : format_time(time));
          },
          [](Duration duration) { return plain_number(duration.as_seconds()); },
          [](const std::vector<std::string>& list) {
            return "[" + joined(list, ",", [](const auto& text) { return json_quote(text); }) + "]";
          },
          [](const std::vector<uint64_t>& list) {
            return "[" + joined(list, ",", [](uint64_t value) { return std::to_string(value); }) +
                   "]";
          }},
      cell);
}

std::string cell_csv(const Column& column, const Cell& cell) {
  return std::visit(
      Overloaded{
          [](std::monostate) { return std::string(); },
          [](const std::string& text) { return csv_field(text); },
          [](double value) { return std::isfinite(value) ? plain_number(value) : std::string(); },
          [](IpAddress address) { return address.to_string(); },
          [&](Timestamp time) {
            return column.kind == CellKind::day ? format_day(time) : format_time(time);
          },
          [](const std::vector<std::string>& list) {
            return csv_field(joined(list, " ", [](const auto& text) { return text; }));
          },
          [](const std::vector<uint64_t>& list) {
            return joined(list, " ", [](uint64_t value) { return std::to_string(value); });
          },
          [&](const auto&) { return cell_json(column, cell); }},
      cell);
}

bool is_right_aligned(CellKind kind) {
  switch (kind) {
    case CellKind::text:
    case CellKind::address:
    case CellKind::time:
    case CellKind::day:
    case CellKind::boolean:
    case CellKind::json:
      return false;
    default:
      return true;
  }
}

double cell_number(const Cell& cell) {
  return std::visit(
      Overloaded{[](uint64_t value) { return static_cast<double>(value); },
                 [](int64_t value) { return static_cast<double>(value); },
                 [](double value) { return value; },
                 [](Timestamp time) { return static_cast<double>(time.nanoseconds) / 1e9; },
                 [](Duration duration) { return duration.as_seconds(); },
                 [](const auto&) { return 0.0; }},
      cell);
}

std::string table_json(const Table& table, std::string_view indent) {
  if (table.rows.empty()) return "[]";
  std::string out = "[";
  for (size_t r = 0; r < table.rows.size(); ++r) {
    out += fmt::format("{}\n{}  {{", r == 0 ? "" : ",", indent);
    std::string_view separator;
    for (size_t c = 0; c < table.columns.size(); ++c) {
      if (!table.columns[c].for_programs) continue;
      out += fmt::format("{}{}: {}", separator, json_quote(table.columns[c].key),
                         cell_json(table.columns[c], table.rows[r][c]));
      separator = ", ";
    }
    out += '}';
  }
  return out + fmt::format("\n{}]", indent);
}

std::string table_csv(const Table& table) {
  const auto line = [&](const auto& field) {
    std::string out;
    bool first = true;
    for (size_t c = 0; c < table.columns.size(); ++c) {
      if (!table.columns[c].for_programs) continue;
      if (!first) out += ',';
      first = false;
      out += field(c);
    }
    return out + "\r\n";
  };
  std::string out = line([&](size_t c) { return csv_field(table.columns[c].key); });
  for (const auto& row : table.rows)
    out += line([&](size_t c) { return cell_csv(table.columns[c], row[c]); });
  return out;
}

std::string write_table(const Table& table, OutputFormat format, size_t width) {
  switch (format) {
    case OutputFormat::json:
      return table_json(table) + "\n";
    case OutputFormat::csv:
      return table_csv(table);
    case OutputFormat::text:
      break;
  }
  return table_text(table, width);
}

std::string facts_json(const Facts& facts, std::string_view indent) {
  std::string out = "{";
  for (size_t i = 0; i < facts.size(); ++i)
    out += fmt::format("{}\n{}  {}: {}", i == 0 ? "" : ",", indent, json_quote(facts[i].column.key),
                       cell_json(facts[i].column, facts[i].cell));
  return out + fmt::format("\n{}}}", indent);
}

std::string facts_csv(const Facts& facts) {
  std::string out = "key,value\r\n";
  for (const Fact& fact : facts)
    out += csv_field(fact.column.key) + "," + cell_csv(fact.column, fact.cell) + "\r\n";
  return out;
}

std::string write_facts(const Facts& facts, OutputFormat format, size_t width) {
  switch (format) {
    case OutputFormat::json:
      return facts_json(facts) + "\n";
    case OutputFormat::csv:
      return facts_csv(facts);
    case OutputFormat::text:
      break;
  }
  return facts_text(facts, width);
}

}  // namespace yagura
