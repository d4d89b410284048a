// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>

#include "app/session.h"
#include "app/sql_text.h"
#include "app/telescope_data.h"
#include "app/verbs.h"
#include "base/text.h"

namespace yagura::app {
namespace {

struct Options {
  std::string statement;
  uint64_t seconds = 300;
  uint64_t memory_mebibytes = 500;
};

// Prints block by block: a result may be larger than memory.
class Printer {
 public:
  explicit Printer(Session& session) : session_(session) {}

  Result<void> block(const store::Block& block) {
    if (session_.out.closed()) return {};
    switch (session_.format) {
      case OutputFormat::json:
        return json(block);
      case OutputFormat::csv:
        return csv(block);
      case OutputFormat::text:
        break;
    }
    return gather(block);
  }

  Result<void> finish() {
    if (session_.format == OutputFormat::json)
      return session_.out.write(rows_ == 0 ? "[]\n" : "\n]\n");
    if (session_.format == OutputFormat::csv || table_.columns.empty()) return {};
    TRY_VOID(session_.out.write(table_text(table_, session_.out.width())));
    if (rows_ > table_.rows.size() && !session_.out.closed())
      session_.note(fmt::format("{} of {} rows are shown; --format csv or json gives all",
                                format_count(table_.rows.size()), format_count(rows_)));
    return {};
  }

 private:
  static constexpr size_t most_table_rows = 10'000;  // nobody reads more, and widths need them all

  Result<void> csv(const store::Block& block) {
    std::string out = rows_ == 0 && !header_written_ ? sql_csv_header(block) : "";
    header_written_ = true;
    for (size_t row = 0; row < block.rows; ++row) out += sql_csv_row(block, row);
    rows_ += block.rows;
    return session_.out.write(out);
  }

  Result<void> json(const store::Block& block) {
    std::string out;
    for (size_t row = 0; row < block.rows; ++row) {
      out += rows_ + row == 0 ? "[\n  " : ",\n  ";
      out += sql_json_row(block, row);
    }
    rows_ += block.rows;
    return session_.out.write(out);
  }

  Result<void> gather(const store::Block& block) {
    if (table_.columns.empty())
      for (const store::ColumnData& column : block.columns) {
        const bool right = is_number_type(column.type);
        table_.columns.push_back(
            {column.name, escape_terminal(column.name), right ? CellKind::change : CellKind::text});
      }
    for (size_t row = 0; row < block.rows && table_.rows.size() < most_table_rows; ++row) {
      std::vector<Cell> cells;
      for (const store::ColumnData& column : block.columns) cells.emplace_back(column.text_at(row));
      table_.add(std::move(cells));
    }
    rows_ += block.rows;
    return {};
  }

  Session& session_;
  Table table_;
  size_t rows_ = 0;
  bool header_written_ = false;
};

Result<ExitCode> sql(Session& session, const Options& options) {
  TRY(const TelescopeData data, open_for_questions(session));
  store::QueryLimits limits;
  limits.seconds = static_cast<double>(options.seconds);
  limits.memory_bytes = options.memory_mebibytes << 20;
  TRY(const auto connection, data.connect_read_only(limits));
  Printer printer(session);
  TRY_VOID(connection->stream(options.statement, {},
                              [&](const store::Block& block) { return printer.block(block); }));
  TRY_VOID(printer.finish());
  return ExitCode::done;
}

}  // namespace

void add_sql(Verb& parent) {
  auto options = std::make_shared<Options>();
  Verb verb = parent.verb(
      "sql", "Ask the store in SQL (ClickHouse's, read-only)",
      "docs/data-dictionary.md describes the tables. Rows of `numbers` and `port_numbers`\n"
      "add up: always read sum(packets), sum(hosts).\n\n"
      "Example:\n"
      "  yagura sql \"SELECT class, sum(packets) FROM source_day GROUP BY class\"");
  verb.argument("statement", options->statement, "one SELECT, SHOW, DESCRIBE or EXPLAIN", true)
      .number("--seconds", options->seconds, "longest time it may take", 1, 86'400)
      .number("--query-memory", options->memory_mebibytes, "most MiB it may use", 16, 1 << 20)
      .settings({"store.memory", "store.library"});
  verb.answers([options](Session& session) { return sql(session, *options); });
}

}  // namespace yagura::app
