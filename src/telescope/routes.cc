// SPDX-License-Identifier: Apache-2.0
#include "telescope/routes.h"

#include <fmt/format.h>

#include <array>
#include <memory>

#include "base/text.h"
#include "http/schema.h"
#include "state/scanner_registry.h"
#include "telescope/numbers_where.h"
#include "telescope/report_source.h"
#include "telescope/route_answer.h"
#include "telescope/routes_overview.h"
#include "telescope/source_counts.h"
#include "telescope/tables_events.h"
#include "telescope/tables_numbers.h"
#include "telescope/tables_sources.h"

namespace yagura::telescope {
namespace {

using http::Call;
using http::Response;

constexpr std::array<std::string_view, 8> every_filter = {
    "class", "port", "source", "country", "asn", "tool", "organisation", "survey"};
constexpr std::array<std::string_view, 2> attack_filter = {"country", "asn"};
constexpr std::array<std::string_view, 5> scanner_filter = {"port", "source", "country", "asn",
                                                            "organisation"};
constexpr std::array<std::string_view, 1> port_filter = {"port"};

// A handler in two steps: `read` understands the request (what fails there is the client's), `find`
// asks the store.
template <typename Read, typename Find>
http::Handler table_handler(const RouteContext& context, Read read, Find find) {
  return [context, read, find](const Call& call) {
    const Result<Asked> with = asked(context, call);
    if (!with) return store_failure(with.error());
    const auto question = read(call, *with);
    if (!question) return http::problem(400, question.error().message());
    const Result<TableAnswer> answer = find(*with, *question);
    if (!answer) return store_failure(answer.error());
    if (!answer->refusal.empty()) return http::problem(422, answer->refusal);
    return table_response(call, *answer);
  };
}

std::vector<http::Parameter> joined(std::vector<std::vector<http::Parameter>> lists) {
  std::vector<http::Parameter> all;
  for (auto& list : lists) all.insert(all.end(), list.begin(), list.end());
  return all;
}

http::Route table_route(const std::string& path, std::string summary,
                        std::vector<std::vector<http::Parameter>> parameters, http::Answer answer,
                        http::Handler handler) {
  parameters.push_back({format_parameter()});
  http::Route route;
  route.pattern = "/api/v1/telescope/" + path;
  route.summary = std::move(summary);
  route.tag = "telescope";
  route.parameters = joined(std::move(parameters));
  route.answers = {std::move(answer)};
  route.scope = "read";
  route.handler = std::move(handler);
  return route;
}

uint64_t number_of(const Call& call, std::string_view name) {
  return static_cast<uint64_t>(call.integer(name).value_or(0));
}

struct Page {
  uint64_t limit, offset;
};
Page page_of(const Call& call) { return {number_of(call, "limit"), number_of(call, "offset")}; }

struct PeriodQuestion {
  Period period;
  Filter filter;
};

http::Route totals_route(const RouteContext& context) {
  const auto read = [](const Call& call, const Asked& with) -> Result<PeriodQuestion> {
    TRY(const Period period, period_of(call, with.data));
    TRY(const Filter filter, filter_of(call, every_filter, with.organisations));
    return PeriodQuestion{period, filter};
  };
  const auto find = [](const Asked& with, const PeriodQuestion& q) -> Result<TableAnswer> {
    if (!slice_of(q.filter)) {
      TRY(const auto refusal, refusal_of(with.desk.connection, q.period, aligned_level(q.period)));
      if (refusal) return TableAnswer{{}, {}, false, {}, *refusal};
    }
    TRY(const ClassTotals totals,
        class_totals(with.desk.connection, q.period, q.filter, with.desk.known));
    return TableAnswer{class_table(totals), q.period, false, {}, {}};
  };
  // One bucket has its hosts, several have their mean and peak.
  ClassTotals several;
  several.buckets = 2;
  Table columns = class_table(several);
  for (const Column& column : class_table({}).columns)
    if (column.key == "hosts") columns.columns.push_back(column);
  http::Answer answer = table_answer(columns, {"hosts", "mean_hosts", "peak_hosts", "peak_time"});
  return table_route("totals", "Packets and hosts per class",
                     {period_parameters(), filter_parameters(every_filter)}, std::move(answer),
                     table_handler(context, read, find));
}

http::Route ranking_route(const RouteContext& context) {
  const auto read = [](const Call& call, const Asked& with) -> Result<RankQuestion> {
    RankQuestion q;
    q.by = value_of(call, "by", rank_by_choices).value_or(q.by);
    q.order = value_of(call, "order", rank_order_choices).value_or(q.order);
    q.exact_hosts = call.boolean("exact-hosts").value_or(false);
    q.limit = page_of(call).limit + 1;
    q.offset = page_of(call).offset;
    TRY(q.period, period_of(call, with.data));
    TRY(q.filter, filter_of(call, every_filter, with.organisations));
    return q;
  };
  const auto find = [](const Asked& with, const RankQuestion& q) -> Result<TableAnswer> {
    TRY(Ranking found, ranking(with.desk.connection, q, with.desk.known));
    TableAnswer answer;
    answer.more = drop_beyond(found.rows, q.limit - 1);
    answer.period = found.period;
    answer.table = ranking_table(found, q.by, with.names);
    if (found.exact && found.period != q.period)
      answer.notes.emplace_back("Counted from daily rows, in whole days.");
    return answer;
  };
  http::Answer answer = table_answer({});  // the columns are those of what is ranked
  answer.schema = http::schema::object(
      {{"period", period_schema()},
       {"rows",
        http::schema::array(http::schema::object(
            {{"packets", http::schema::integer()}, {"share", http::schema::number()}}, true))},
       {"more", http::schema::boolean()},
       {"notes", http::schema::array(http::schema::text())}});
  std::vector<http::Parameter> own = {
      word_parameter("by", "what to rank", rank_by_choices, std::optional(RankBy::port)),
      word_parameter("order", "rank by", rank_order_choices, std::optional(RankOrder::packets)),
      http::boolean_parameter("exact-hosts", "count the distinct hosts of the whole period")};
  return table_route(
      "ranking", "Ports, countries, tools ... by packets or hosts",
      {std::move(own), page_parameters(20), period_parameters(), filter_parameters(every_filter)},
      std::move(answer), table_handler(context, read, find));
}

http::Route sources_route(const RouteContext& context) {
  const auto read = [](const Call& call, const Asked& with) -> Result<SourceQuestion> {
    SourceQuestion q;
    q.order = value_of(call, "order", source_order_choices).value_or(q.order);
    q.limit = page_of(call).limit + 1;
    q.offset = page_of(call).offset;
    TRY(q.period, period_of(call, with.data));
    TRY(q.filter, filter_of(call, every_filter, with.organisations));
    return q;
  };
  const auto find = [](const Asked& with, const SourceQuestion& q) -> Result<TableAnswer> {
    TRY(auto found, sources(with.desk.connection, q));
    TableAnswer answer;
    answer.more = drop_beyond(found, q.limit - 1);
    answer.period = whole_days(q.period);
    answer.table = sources_table(found, with.names);
    if (answer.period != q.period) answer.notes.emplace_back("Sources are counted in whole days.");
    return answer;
  };
  return table_route("sources", "Sources, largest or latest first",
                     {{word_parameter("order", "largest or latest first by", source_order_choices,
                                      std::optional(SourceOrder::packets))},
                      page_parameters(50),
                      period_parameters(),
                      filter_parameters(every_filter)},
                     table_answer(sources_table({}, {})), table_handler(context, read, find));
}

http::Route events_route(const RouteContext& context) {
  const auto read = [](const Call& call, const Asked& with) -> Result<EventQuestion> {
    EventQuestion q;
    q.order = value_of(call, "order", event_order_choices).value_or(q.order);
    q.state = value_of(call, "state", event_state_choices);
    q.least_packets = number_of(call, "least-packets");
    q.least_dark_addresses = number_of(call, "least-dark-addresses");
    q.limit = page_of(call).limit + 1;
    q.offset = page_of(call).offset;
    TRY(q.period, period_of(call, with.data));
    TRY(q.filter, filter_of(call, every_filter, with.organisations));
    return q;
  };
  const auto find = [](const Asked& with, const EventQuestion& q) -> Result<TableAnswer> {
    TRY(auto found, events(with.desk.connection, q));
    const bool more = drop_beyond(found, q.limit - 1);
    return TableAnswer{events_table(found, with.names), q.period, more, {}, {}};
  };
  std::vector<http::Parameter> own = {
      word_parameter("order", "largest first by", event_order_choices,
                     std::optional(EventOrder::packets)),
      word_parameter("state", "only events in this state", event_state_choices),
      http::integer_parameter("least-packets", "packets at least", 0, INT64_MAX, 0),
      http::integer_parameter("least-dark-addresses", "dark addresses reached at least", 0,
                              INT64_MAX, 0)};
  return table_route(
      "events", "Scan events: one source's scanning, start to end",
      {std::move(own), page_parameters(50), period_parameters(), filter_parameters(every_filter)},
      table_answer(events_table({}, {})), table_handler(context, read, find));
}

enum class AttackState { all, ongoing, ended };
constexpr Choice<AttackState> attack_state_choices[] = {
    {"all", AttackState::all}, {"ongoing", AttackState::ongoing}, {"ended", AttackState::ended}};

Result<AttackQuestion> attack_question(const Call& call, const Asked& with) {
  constexpr uint8_t tcp = 6, udp = 17;
  AttackQuestion q;
  q.order = value_of(call, "order", attack_order_choices).value_or(q.order);
  q.protocol = value_of(call, "protocol", attacked_protocol_choices);
  const auto state = value_of(call, "state", attack_state_choices).value_or(AttackState::all);
  if (state != AttackState::all) q.ended = state == AttackState::ended;
  if (const auto victim = call.text("victim")) {
    TRY(q.victim, within("victim", Prefix::parse(*victim)));
  }
  if (const auto text = call.text("port")) {
    TRY(const PortFilter port, within("port", parse_port_filter(*text)));
    q.port = port.port;
    if (!port.udp) q.protocol = tcp;
    if (!port.tcp) q.protocol = udp;
  }
  q.least_packets = number_of(call, "least-packets");
  q.limit = page_of(call).limit + 1;
  q.offset = page_of(call).offset;
  TRY(q.period, period_of(call, with.data));
  TRY(const Filter filter, filter_of(call, attack_filter, with.organisations));
  q.country = filter.country;
  q.asn = filter.asn;
  return q;
}

http::Route attacks_route(const RouteContext& context) {
  const auto find = [](const Asked& with, const AttackQuestion& q) -> Result<TableAnswer> {
    TRY(auto found, attacks(with.desk.connection, q));
    const bool more = drop_beyond(found, q.limit - 1);
    return TableAnswer{attacks_table(found, with.names), q.period, more, {}, {}};
  };
  std::vector<http::Parameter> own = {
      word_parameter("order", "largest first by", attack_order_choices,
                     std::optional(AttackOrder::packets)),
      word_parameter("state", "which attacks", attack_state_choices,
                     std::optional(AttackState::all)),
      word_parameter("protocol", "attacked protocol", attacked_protocol_choices),
      http::text_parameter("victim", "attacked address or prefix"),
      http::text_parameter("port", "attacked port: 80, 80/tcp, 53/udp"),
      http::integer_parameter("least-packets", "packets at least", 0, INT64_MAX, 0)};
  return table_route(
      "attacks", "Victims of denial of service, seen by their backscatter",
      {std::move(own), page_parameters(50), period_parameters(), filter_parameters(attack_filter)},
      table_answer(attacks_table({}, {})), table_handler(context, attack_question, find));
}

struct LimitedQuestion {
  Period period;
  Filter filter;
  uint64_t limit = 0;
};
// Reads a question whose filter is by `names`.
auto limited_question(FilterNames names) {
  return [names](const Call& call, const Asked& with) -> Result<LimitedQuestion> {
    LimitedQuestion q;
    TRY(q.period, period_of(call, with.data));
    TRY(q.filter, filter_of(call, names, with.organisations));
    q.limit = number_of(call, "limit");
    return q;
  };
}
std::vector<http::Parameter> limit_parameter() {
  return {http::integer_parameter("limit", "most rows of the answer", 1, 1000, 50)};
}

http::Route scanners_route(const RouteContext& context) {
  const auto find = [](const Asked& with, const LimitedQuestion& q) -> Result<TableAnswer> {
    TRY(auto found, survey_scanners(with.desk.connection, q.period, q.filter, q.limit + 1));
    const bool more = drop_beyond(found, q.limit);
    return TableAnswer{survey_table(found, with.names), whole_days(q.period), more, {}, {}};
  };
  return table_route("scanners", "Survey organisations, and how their hosts were recognised",
                     {limit_parameter(), period_parameters(), filter_parameters(scanner_filter)},
                     table_answer(survey_table({}, {})),
                     table_handler(context, limited_question(scanner_filter), find));
}

http::Route rising_ports_route(const RouteContext& context) {
  const auto find = [](const Asked& with, const LimitedQuestion& q) -> Result<TableAnswer> {
    TRY(auto found, rising_ports(with.desk.connection, q.period, q.filter.port, q.limit + 1));
    const bool more = drop_beyond(found, q.limit);
    return TableAnswer{rising_table(found, with.names), q.period, more, {}, {}};
  };
  return table_route("rising-ports", "Hours in which a port left its usual range, strongest first",
                     {limit_parameter(), period_parameters(), filter_parameters(port_filter)},
                     table_answer(rising_table({}, {})),
                     table_handler(context, limited_question(port_filter), find));
}

// The sensor that a request names, if it does.
Result<std::optional<uint16_t>> sensor_of(const Call& call, const Asked& with) {
  const auto name = call.text("sensor");
  if (!name) return std::nullopt;
  TRY(const auto sensors, state::sensors(with.desk.database));
  for (const state::Sensor& sensor : sensors)
    if (sensor.name == *name) return sensor.id;
  return failure(fmt::format("there is no sensor '{}'", *name));
}
http::Parameter sensor_parameter() { return http::text_parameter("sensor", "name of one sensor"); }

Result<SynchronyQuestion> synchrony_question(const Call& call, const Asked& with) {
  SynchronyQuestion q;
  q.engine = value_of(call, "engine", synchrony_engine_choices);
  q.level = value_of(call, "level", port_level_choices);
  q.limit = page_of(call).limit + 1;
  q.offset = page_of(call).offset;
  TRY(q.sensor, sensor_of(call, with));
  TRY(q.period, period_of(call, with.data));
  TRY(const Filter filter, filter_of(call, port_filter, with.organisations));
  q.port = filter.port;
  return q;
}
std::vector<std::vector<http::Parameter>> synchrony_parameters() {
  return {{word_parameter("engine", "what this engine voted for", synchrony_engine_choices),
           word_parameter("level", "of this level", port_level_choices), sensor_parameter()},
          page_parameters(50),
          period_parameters(),
          filter_parameters(port_filter)};
}

http::Route synchrony_route(const RouteContext& context) {
  const auto find = [](const Asked& with, const SynchronyQuestion& q) -> Result<TableAnswer> {
    TRY(auto found, synchrony_campaigns(with.desk.connection, q));
    const bool more = drop_beyond(found, q.limit - 1);
    return TableAnswer{campaigns_table(found, with.names), q.period, more, {}, {}};
  };
  return table_route("synchrony", "Campaigns: hosts that scan in step, latest first",
                     synchrony_parameters(), table_answer(campaigns_table({}, {})),
                     table_handler(context, synchrony_question, find));
}

http::Route synchrony_windows_route(const RouteContext& context) {
  const auto find = [](const Asked& with, const SynchronyQuestion& q) -> Result<TableAnswer> {
    TRY(auto found, synchrony_alarms(with.desk.connection, q));
    const bool more = drop_beyond(found, q.limit - 1);
    return TableAnswer{synchrony_table(found, with.names), q.period, more, {}, {}};
  };
  return table_route("synchrony-windows", "The alarms of campaigns, window by window, latest first",
                     synchrony_parameters(), table_answer(synchrony_table({}, {})),
                     table_handler(context, synchrony_question, find));
}

struct SynchronySeriesQuestion {
  Period period;
  std::optional<uint16_t> sensor;
};

http::Route synchrony_series_route(const RouteContext& context) {
  const auto read = [](const Call& call, const Asked& with) -> Result<SynchronySeriesQuestion> {
    SynchronySeriesQuestion q;
    TRY(q.sensor, sensor_of(call, with));
    TRY(q.period, period_of(call, with.data));
    return q;
  };
  const auto find = [](const Asked& with, const SynchronySeriesQuestion& q) -> Result<TableAnswer> {
    TRY(const auto found, synchrony_series(with.desk.connection, q.period, q.sensor));
    return TableAnswer{synchrony_series_table(found), q.period, false, {}, {}};
  };
  return table_route("synchrony-series",
                     "How densely hosts depend on each other over time, and the alarms",
                     {{sensor_parameter()}, period_parameters()},
                     table_answer(synchrony_series_table({})), table_handler(context, read, find));
}

http::Route activity_route(const RouteContext& context) {
  const auto read = [](const Call& call, const Asked& with) -> Result<ActivityQuestion> {
    ActivityQuestion q;
    q.limit = page_of(call).limit + 1;
    q.offset = page_of(call).offset;
    TRY(q.period, period_of(call, with.data));
    TRY(q.filter, filter_of(call, every_filter, with.organisations));
    return q;
  };
  const auto find = [](const Asked& with, const ActivityQuestion& q) -> Result<TableAnswer> {
    TRY(auto found, activity(with.desk.connection, q));
    const bool more = drop_beyond(found, q.limit - 1);
    return TableAnswer{activity_table(found, with.names), q.period, more, {}, {}};
  };
  return table_route("activity", "The 5-minute rows, as long as they are kept",
                     {page_parameters(100), period_parameters(), filter_parameters(every_filter)},
                     table_answer(activity_table({}, {})), table_handler(context, read, find));
}

http::Route source_route(const RouteContext& context) {
  http::Route route;
  route.pattern = "/api/v1/telescope/sources/{address}";
  route.summary = "Everything known about one source";
  route.tag = "telescope";
  route.parameters = {http::path_parameter("address", "IPv4 or IPv6 address")};
  route.answers = {{200,
                    "Sections as of `yagura telescope sources ADDRESS --format json`.",
                    {"application/json"},
                    http::schema::object({}, true)},
                   {404, "It has never been seen.", {"application/problem+json"}, ""}};
  route.scope = "read";
  route.handler = [context](const Call& call) -> Response {
    const Result<IpAddress> address = IpAddress::parse(*call.text("address"));
    if (!address) return http::problem(400, address.error().message());
    const Result<Asked> with = asked(context, call);
    if (!with) return store_failure(with.error());
    const auto page = source_page(with->desk.connection, *address);
    if (!page) return store_failure(page.error());
    if (!*page)
      return http::problem(404, address->to_string() + " has never been seen by this telescope.");
    return http::json(document_json(source_report(**page, with->names)));
  };
  return route;
}

}  // namespace

std::vector<http::Route> routes(const RouteContext& context) {
  return {overview_route(context),
          totals_route(context),
          series_route(context),
          ranking_route(context),
          sources_route(context),
          source_route(context),
          events_route(context),
          attacks_route(context),
          scanners_route(context),
          activity_route(context),
          rising_ports_route(context),
          synchrony_route(context),
          synchrony_windows_route(context),
          synchrony_series_route(context),
          report_route(context)};
}

}  // namespace yagura::telescope
