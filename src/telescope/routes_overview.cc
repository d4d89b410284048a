// SPDX-License-Identifier: Apache-2.0
#include "telescope/routes_overview.h"

#include <fmt/format.h>

#include <array>

#include "base/text.h"
#include "http/schema.h"
#include "state/ledger.h"
#include "state/sensors.h"
#include "telescope/report.h"
#include "telescope/route_answer.h"
#include "telescope/tables_breakdown.h"
#include "telescope/tables_coverage.h"

namespace yagura::telescope {
namespace {

namespace schema = http::schema;
using http::Call;
using http::Response;

constexpr std::array<std::string_view, 8> series_filter = {
    "class", "port", "source", "country", "asn", "tool", "organisation", "survey"};

constexpr Choice<Level> step_choices[] = {
    {"5min", Level::five_minutes}, {"hour", Level::hour}, {"day", Level::day}};

Result<std::vector<SensorSpace>> sensor_spaces(state::Database& database) {
  std::vector<SensorSpace> spaces;
  TRY(const auto all, state::sensors(database));
  for (const state::Sensor& sensor : all) {
    TRY(auto prefixes, state::dark_space(database, sensor.id));
    spaces.push_back({sensor, std::move(prefixes)});
  }
  return spaces;
}

// Dark addresses are secret: of a sensor's dark space only its size is told.
Result<std::string> overview(const RouteContext& context, const Call& call) {
  TRY(const Asked with, asked(context, call));
  TRY(const auto spaces, sensor_spaces(with.desk.database));
  TRY(const auto coverage, state::coverage(with.desk.database));
  const std::vector<SensorCoverage> sensors =
      with.data ? sensor_coverage(spaces, coverage, with.data->days)
                : std::vector<SensorCoverage>();
  return fmt::format(
      R"({{"data":{},"sensors":{},"home_country":{},"version":{}}})",
      with.data ? period_json({with.data->days.from, with.data->end}) : "null",
      table_json(coverage_table(sensors)),
      context.home_country == 0 ? "null" : json_quote(enrich::country_text(context.home_country)),
      json_quote(YAGURA_VERSION));
}

Result<BreakdownQuestion> series_question(const Call& call, const Asked& with) {
  BreakdownQuestion q;
  q.by = value_of(call, "by", rank_by_choices).value_or(q.by);
  q.measure = value_of(call, "measure", rank_order_choices).value_or(q.measure);
  q.level = value_of(call, "step", step_choices);
  q.top = static_cast<uint64_t>(call.integer("top").value_or(1));
  TRY(q.period, period_of(call, with.data));
  TRY(q.filter, filter_of(call, series_filter, with.organisations));
  q.compare = call.boolean("compare").value_or(false);
  TRY_VOID(check(q));
  return q;
}

template <typename Value>
std::string list_json(const std::vector<Value>& values) {
  return fmt::format("[{}]", fmt::join(values, ","));
}

// "times", "values" and "rest" of the steps.
std::string steps_json(const BreakdownSteps& steps) {
  std::vector<std::string> times, values;
  for (const Timestamp time : steps.times) times.push_back(json_quote(format_time(time)));
  for (const auto& line : steps.values) values.push_back(list_json(line));
  return fmt::format(R"("times":[{}],"values":[{}],"rest":{})", fmt::join(times, ","),
                     fmt::join(values, ","), steps.rest.empty() ? "null" : list_json(steps.rest));
}

std::string series_json(const BreakdownQuestion& question, const Breakdown& found,
                        const Names& names) {
  std::vector<std::string> named;
  for (const Ranked& line : found.lines) {
    const RankedName name = ranked_name(question.by, line, names);
    named.push_back(fmt::format(R"({{"value":{},"label":{}}})",
                                name.value.empty() ? "null" : json_quote(name.value),
                                json_quote(name.label)));
  }
  std::string before = "null";
  if (found.before)
    before = fmt::format(R"({{"period":{},{}}})", period_json(period_before(question.period)),
                         steps_json(*found.before));
  return fmt::format(R"({{"period":{},"step_seconds":{:.0f},"names":[{}],{},"before":{}}})",
                     period_json(question.period), found.step.as_seconds(), fmt::join(named, ","),
                     steps_json(found.steps), before);
}

http::Answer series_answer() {
  const std::string values = schema::array(schema::integer());
  const std::vector<http::NameValue> steps = {{"times", schema::array(schema::time())},
                                              {"values", schema::array(values)},
                                              {"rest", schema::nullable(values)}};
  std::vector<http::NameValue> before = {{"period", period_schema()}};
  before.insert(before.end(), steps.begin(), steps.end());
  std::vector<http::NameValue> all = {
      {"period", period_schema()},
      {"step_seconds", schema::integer()},
      {"names", schema::array(schema::object(
                    {{"value", schema::nullable(schema::text("as the filter takes it; null: "
                                                             "unknown"))},
                     {"label", schema::text("as people call it")}}))},
      {"before", schema::nullable(schema::object(before))}};
  all.insert(all.end(), steps.begin(), steps.end());
  return {200,
          "For each of the names a list of values, one for each of the times: steps in which "
          "nothing was observed are absent. rest: packets of everything else, where that is known. "
          "before: the same names in the period before, if compare is true.",
          {"application/json"},
          schema::object(all)};
}

enum class ReportFormat { json, csv, html };
constexpr Choice<ReportFormat> report_format_choices[] = {
    {"json", ReportFormat::json}, {"csv", ReportFormat::csv}, {"html", ReportFormat::html}};

Response report_response(const Document& document, ReportFormat format) {
  if (format == ReportFormat::csv) return http::csv(document_csv(document));
  if (format == ReportFormat::json) return http::json(document_json(document));
  Response page;
  page.content_type = "text/html; charset=utf-8";
  page.body = document_html(document);
  // The page carries its style within itself, and nothing else: no script, no request.
  page.headers.set("Content-Security-Policy",
                   "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
                   "frame-ancestors 'none'; base-uri 'none'; form-action 'none'");
  return page;
}

}  // namespace

http::Route overview_route(const RouteContext& context) {
  http::Route route;
  route.pattern = "/api/v1/telescope/overview";
  route.summary = "What there is: from which day on to when there is data, the sensors";
  route.tag = "telescope";
  route.answers = {{200,
                    "",
                    {"application/json"},
                    schema::object({{"data", schema::nullable(period_schema())},
                                    {"sensors", schema::array(schema::object({}, true))},
                                    {"home_country", schema::nullable(schema::text())},
                                    {"version", schema::text()}})}};
  route.scope = "read";
  route.handler = [context](const Call& call) -> Response {
    const Result<std::string> body = overview(context, call);
    return body ? http::json(*body) : store_failure(body.error());
  };
  return route;
}

http::Route series_route(const RouteContext& context) {
  constexpr int64_t usual_top = 8;
  http::Route route;
  route.pattern = "/api/v1/telescope/series";
  route.summary = "Packets or hosts over time, broken down by what leads over the period";
  route.tag = "telescope";
  route.parameters = {
      word_parameter("by", "what the lines are", rank_by_choices,
                     std::optional(RankBy::packet_class)),
      word_parameter("measure", "packets, or the peak of the hosts in the buckets of a step",
                     rank_order_choices, std::optional(RankOrder::packets)),
      word_parameter("step", "without it as fine as some 400 steps allow", step_choices),
      http::integer_parameter("top", "most lines", 1, static_cast<int64_t>(most_lines_of_breakdown),
                              usual_top),
      http::boolean_parameter("compare", "beside it the period before, of the same length")};
  for (const auto& list : {period_parameters(), filter_parameters(series_filter)})
    route.parameters.insert(route.parameters.end(), list.begin(), list.end());
  route.answers = {series_answer(),
                   {422,
                    "The rows that would answer it are no longer kept, or too many.",
                    {"application/problem+json"},
                    ""}};
  route.scope = "read";
  route.handler = [context](const Call& call) -> Response {
    const Result<Asked> with = asked(context, call);
    if (!with) return store_failure(with.error());
    const Result<BreakdownQuestion> question = series_question(call, *with);
    if (!question) return http::problem(400, question.error().message());
    const auto refusal = refusal_of(with->desk.connection, *question);
    if (!refusal) return store_failure(refusal.error());
    if (*refusal) return http::problem(422, **refusal);
    const Result<Breakdown> found = breakdown(with->desk.connection, *question, with->desk.known);
    if (!found) return store_failure(found.error());
    return http::json(series_json(*question, *found, with->names));
  };
  return route;
}

http::Route report_route(const RouteContext& context) {
  static constexpr int64_t usual_ranks = 10;
  http::Route route;
  route.pattern = "/api/v1/telescope/report";
  route.summary = "The observation report of a period";
  route.tag = "telescope";
  route.parameters = period_parameters();
  route.parameters.push_back(
      http::integer_parameter("ranks", "lines of each ranking", 1, 1000, usual_ranks));
  route.parameters.push_back(word_parameter("format", "how to lay it out", report_format_choices,
                                            std::optional(ReportFormat::json)));
  route.answers = {{200,
                    "Sections as of `yagura telescope report --format json`.",
                    {"application/json", "text/csv", "text/html"},
                    schema::object({}, true)},
                   {404, "There is no data yet.", {"application/problem+json"}, ""}};
  route.scope = "read";
  route.handler = [context](const Call& call) -> Response {
    const Result<Asked> with = asked(context, call);
    if (!with) return store_failure(with.error());
    const Result<Period> period = period_of(call, with->data);
    if (!period) return http::problem(400, period.error().message());
    if (!with->data) return http::problem(404, "No packet to a dark address has been stored yet.");
    const auto spaces = sensor_spaces(with->desk.database);
    if (!spaces) return store_failure(spaces.error());
    const auto coverage = state::coverage(with->desk.database);
    if (!coverage) return store_failure(coverage.error());
    ReportOptions options;
    options.period = *period;
    options.home_country = context.home_country;
    options.ranks = static_cast<uint64_t>(call.integer("ranks").value_or(usual_ranks));
    const auto document =
        observation_report({with->desk.connection, with->names, *spaces, *coverage}, options);
    if (!document) return store_failure(document.error());
    const auto format = value_of(call, "format", report_format_choices);
    return report_response(*document, format.value_or(ReportFormat::json));
  };
  return route;
}

}  // namespace yagura::telescope
