// SPDX-License-Identifier: Apache-2.0
#include "telescope/route_answer.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "base/text.h"
#include "http/schema.h"
#include "state/sensors.h"
#include "telescope/observed_times.h"
#include "telescope/question_text.h"

namespace yagura::telescope {
namespace {

namespace schema = http::schema;

std::string time_json(Timestamp time) { return json_quote(format_time(time)); }

// What a cell can be, as cell_json writes it. Every cell may be unknown; texts and counts may be
// lists.
std::string cell_schema(const Column& column) {
  const auto or_list = [](const std::string& one) {
    return fmt::format(R"({{"anyOf":[{0},{1},{{"type":"null"}}]}})", one, schema::array(one));
  };
  switch (column.kind) {
    case CellKind::text:  // a list may also be of whole numbers, such as ports
      return fmt::format(R"({{"anyOf":[{0},{1},{2},{{"type":"null"}}]}})", schema::text(),
                         schema::array(schema::text()), schema::array(schema::integer()));
    case CellKind::count:
    case CellKind::id:
      return or_list(schema::integer());
    case CellKind::bytes:
      return schema::nullable(schema::integer());
    case CellKind::number:
    case CellKind::share:
    case CellKind::change:
    case CellKind::duration:
      return schema::nullable(schema::number());
    case CellKind::address:
    case CellKind::day:
      return schema::nullable(schema::text());
    case CellKind::time:
      return schema::nullable(schema::time());
    case CellKind::boolean:
      return schema::nullable(schema::boolean());
    case CellKind::json:
      break;
  }
  return schema::anything();
}

bool has(FilterNames names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

Result<Asked> asked(const RouteContext& context, const http::Call& call) {
  const Desk desk = context.desk(call.worker());
  TRY(auto organisations, state::organisations(desk.database));
  TRY(const auto sensors, state::sensors(desk.database));
  TRY(const auto data, data_period(desk.connection, desk.known));
  Names names(context.places, organisations, sensors);
  return Asked{desk, std::move(organisations), std::move(names), data};
}

std::string period_json(const Period& period) {
  return fmt::format(R"({{"from":{},"until":{}}})", time_json(period.from),
                     time_json(period.until));
}

std::string period_schema() {
  return schema::object({{"from", schema::time("first moment")},
                         {"until", schema::time("first moment that is no longer in it")}});
}

bool wants_csv(const http::Call& call) {
  if (const auto format = call.text("format")) return *format == "csv";
  const auto accept = call.request().headers.find("Accept");
  return accept && accept->starts_with("text/csv");
}

http::Response table_response(const http::Call& call, const TableAnswer& answer) {
  if (wants_csv(call)) return http::csv(table_csv(answer.table));
  std::vector<std::string> notes;
  for (const std::string& note : answer.notes) notes.push_back(json_quote(note));
  return http::json(
      fmt::format(R"({{{}"rows":{},"more":{},"notes":[{}]}})",
                  answer.period ? fmt::format(R"("period":{},)", period_json(*answer.period)) : "",
                  table_json(answer.table), answer.more, fmt::join(notes, ",")));
}

http::Answer table_answer(const Table& empty, std::vector<std::string_view> optional) {
  std::vector<http::NameValue> columns;
  for (const Column& column : empty.columns) {
    if (!column.for_programs) continue;
    const bool may_miss = std::find(optional.begin(), optional.end(), column.key) != optional.end();
    columns.push_back({column.key + (may_miss ? "?" : ""), cell_schema(column)});
  }
  return {200,
          "The rows. As CSV with format=csv or Accept: text/csv.",
          {"application/json", "text/csv"},
          schema::object({{"period?", period_schema()},
                          {"rows", schema::array(schema::object(columns))},
                          {"more", schema::boolean("whether there are rows beyond the limit")},
                          {"notes", schema::array(schema::text())}})};
}

http::Response store_failure(const Error& error) {
  log_warning("answering a request: " + error.message());
  const bool beyond = error.message().find("memory") != std::string::npos ||
                      error.message().find("TIMEOUT") != std::string::npos;
  if (!beyond) return http::problem(500, "The store could not answer; the log says why.");
  return http::problem(503,
                       "The question needs more memory or time than one may have; ask for a "
                       "shorter period or a narrower filter.");
}

std::vector<http::Parameter> period_parameters() {
  return {http::text_parameter("period",
                               "a year, month or day (UTC): 2026, 2026-11, 2026-11-23; "
                               "without any of these parameters all data"),
          http::text_parameter("from", "first moment, such as 2026-11-23T08:00:00Z"),
          http::text_parameter("until", "first moment that is no longer in it"),
          http::text_parameter("last", "so much before the end of the data: 12h, 7d")};
}

std::vector<http::Parameter> page_parameters(int64_t usual_limit) {
  constexpr int64_t most_rows = 10'000, last_offset = 1'000'000'000;
  return {http::integer_parameter("limit", "most rows of the answer", 1, most_rows, usual_limit),
          http::integer_parameter("offset", "rows to leave out before them", 0, last_offset, 0)};
}

std::vector<http::Parameter> filter_parameters(FilterNames names) {
  std::vector<http::Parameter> parameters;
  const auto add = [&](std::string_view name, const char* description) {
    if (has(names, name))
      parameters.push_back(http::text_parameter(std::string(name), description));
  };
  add("class", "packet class: scan_tcp, scans, backscatter_tcp, any ...");
  add("port", "service port: 23, 23/tcp, 53/udp");
  add("source", "source address or prefix");
  add("country", "country of the source: JP");
  add("asn", "autonomous system of the source: 64496");
  add("tool", "tool of the source: mirai, zmap, masscan, nmap ...");
  add("organisation", "survey organisation of the source");
  if (has(names, "survey"))
    parameters.push_back(word_parameter("survey", "sources that are survey scanners",
                                        survey_choices, std::optional(Survey::with)));
  return parameters;
}

http::Parameter format_parameter() {
  return http::choice_parameter("format", "how to lay the answer out; otherwise as Accept says",
                                {"json", "csv"});
}

Result<Period> period_of(const http::Call& call, const std::optional<DataPeriod>& data) {
  const auto given = [&](std::string_view name) {
    return std::string(call.text(name).value_or(""));
  };
  return period_within({given("period"), given("from"), given("until"), given("last")}, data, "");
}

Result<Filter> filter_of(const http::Call& call, FilterNames names,
                         const std::vector<state::Organisation>& organisations) {
  const auto given = [&](std::string_view name) {
    return has(names, name) ? std::string(call.text(name).value_or("")) : std::string();
  };
  FilterText text{given("class"), given("port"), given("source"),      given("country"),
                  given("asn"),   given("tool"), given("organisation")};
  if (has(names, "survey"))
    text.survey = value_of(call, "survey", survey_choices).value_or(Survey::with);
  return read_filter(text, organisations, "");
}

}  // namespace yagura::telescope
