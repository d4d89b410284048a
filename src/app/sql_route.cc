// SPDX-License-Identifier: Apache-2.0
#include "app/sql_route.h"

#include <fmt/format.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/account_requests.h"
#include "app/sql_text.h"
#include "base/log.h"
#include "base/text.h"
#include "http/schema.h"

namespace yagura::app {
namespace {

namespace schema = http::schema;

// One of so many places, given back at the end.
class Place {
 public:
  Place(std::atomic<size_t>& taken, size_t places) : taken_(taken) {
    free_ = taken_.fetch_add(1) < places;
  }
  ~Place() { taken_.fetch_sub(1); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  bool free() const { return free_; }

 private:
  std::atomic<size_t>& taken_;
  bool free_ = false;
};

// Gathers a result, as far as the limits go.
class Gatherer {
 public:
  explicit Gatherer(bool csv) : csv_(csv) {}

  Result<void> take(const store::Block& block) {
    if (columns_.empty()) begin(block);
    for (size_t row = 0; row < block.rows; ++row) {
      if (rows_ == most_sql_rows || text_.size() > most_sql_bytes) {
        too_much_ = true;
        return failure("the result is larger than one answer can be");
      }
      if (csv_) {
        text_ += sql_csv_row(block, row);
      } else {
        text_ += (rows_ == 0 ? "" : ",") + sql_json_row(block, row);
      }
      ++rows_;
    }
    return {};
  }
  bool too_much() const { return too_much_; }

  http::Response response() {
    if (csv_) return http::csv(std::move(text_));
    return http::json(
        fmt::format(R"({{"columns":[{}],"rows":[{}]}})", fmt::join(columns_, ","), text_));
  }

 private:
  void begin(const store::Block& block) {
    for (const store::ColumnData& column : block.columns)
      columns_.push_back(fmt::format(R"({{"name":{},"type":{}}})", json_quote(column.name),
                                     json_quote(column.type)));
    if (csv_) text_ = sql_csv_header(block);
  }

  bool csv_;
  bool too_much_ = false;
  std::vector<std::string> columns_;
  std::string text_;
  size_t rows_ = 0;
};

// What the store said to a statement: beyond a limit, or no good.
http::Response refused_by_store(const Error& error) {
  const std::string& message = error.message();
  for (const std::string_view limit : {"(MEMORY_LIMIT_EXCEEDED)", "(TIMEOUT_EXCEEDED)",
                                       "(TOO_MANY_ROWS_OR_BYTES)", "(TOO_MANY_ROWS)"})
    if (message.find(limit) != std::string::npos)
      return http::problem(422,
                           "the statement needs more time or memory than one may have; "
                           "narrow it, or run `yagura sql` with limits of your own");
  return http::problem(400, message);
}

bool asks_for_csv(const http::Call& call) {
  if (const auto format = call.text("format")) return *format == "csv";
  const auto accept = call.request().headers.find("Accept");
  return accept && accept->starts_with("text/csv");
}

http::Response answer(const SqlContext& context, const http::Call& call) {
  const auto fields = BodyFields::parse(call.body());
  if (!fields) return http::problem(400, fields.error().message());
  const auto only = fields->only({"statement"});
  if (!only) return http::problem(400, only.error().message());
  const auto statement = fields->needed_text("statement");
  if (!statement) return http::problem(400, statement.error().message());

  log_info(fmt::format("sql by {}: {}", call.principal().name,
                       shorten(escape_terminal(*statement), 400)));
  Gatherer gatherer(asks_for_csv(call));
  const Result<void> done =
      context.connection(call.worker()).stream(*statement, {}, [&](const store::Block& block) {
        return gatherer.take(block);
      });
  if (gatherer.too_much())
    return http::problem(422,
                         fmt::format("the result is larger than {} rows or {}; add a LIMIT, "
                                     "or run `yagura sql`, which writes any size",
                                     format_count(most_sql_rows), format_bytes(most_sql_bytes)));
  if (!done) return refused_by_store(done.error());
  return gatherer.response();
}

http::Answer rows_answer() {
  return {
      200,
      "The rows, each an object by column. As CSV with format=csv or Accept: text/csv.",
      {"application/json", "text/csv"},
      schema::object({{"columns", schema::array(schema::object(
                                      {{"name", schema::text()},
                                       {"type", schema::text("of ClickHouse, such as UInt64")}}))},
                      {"rows", schema::array(schema::object({}, true))}})};
}

}  // namespace

http::Route sql_route(const SqlContext& context) {
  http::Route route;
  route.method = http::Method::post;
  route.pattern = "/api/v1/sql";
  route.summary = "Ask the store in SQL (ClickHouse's, read-only)";
  route.tag = "sql";
  route.parameters = {http::choice_parameter(
      "format", "how to lay the answer out; otherwise as Accept says", {"json", "csv"})};
  route.body = http::BodyRule{
      schema::object({{"statement", schema::text("one SELECT, SHOW, DESCRIBE or EXPLAIN")}}),
      "an object with the statement"};
  const std::vector<std::string> problem = {"application/problem+json"};
  route.answers = {
      rows_answer(),
      {400, "The statement is no good, or does more than read; the detail says why.", problem, ""},
      {422, "It needs more rows, bytes, time or memory than one may have.", problem, ""},
      {503, "As many statements run as may; try again.", problem, ""}};
  route.scope = "sql";
  // Shared by the copies of the handler, which run on all workers.
  const auto taken = std::make_shared<std::atomic<size_t>>(0);
  route.handler = [context, taken](const http::Call& call) -> http::Response {
    const Place place(*taken, context.at_once);
    if (place.free()) return answer(context, call);
    http::Response busy = http::problem(503, "as many SQL statements run as may; try again");
    busy.headers.set("Retry-After", "5");
    return busy;
  };
  return route;
}

}  // namespace yagura::app
