// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "app/warning_exports.h"
#include "app/warning_route_parts.h"
#include "base/text.h"
#include "http/schema.h"
#include "state/telling.h"
#include "telescope/route_answer.h"
#include "warning/report_tables.h"

namespace yagura::app {
namespace {

namespace schema = http::schema;
using http::Call;
using http::Response;
using state::Outcome;

constexpr size_t most_exported = 200'000;

// Which warnings: what the list and the exports share.
std::vector<http::Parameter> query_parameters(Side side) {
  std::vector<http::Parameter> parameters = {
      http::choice_parameter("state", "which of them", {"open", "resolved", "all"}, "open")};
  if (side == Side::operators)
    parameters.push_back(http::text_parameter("member", "of this member alone"));
  return parameters;
}

http::Parameter limit_parameter() {
  return http::integer_parameter("limit", "most rows of the answer", 1, 10'000, 1'000);
}

Outcome<state::WarningQuery> query_of(Side side, state::Database& database, const Call& call) {
  const auto state = *call.text("state");
  state::WarningQuery query;
  query.open = state != "resolved";
  query.resolved = state != "open";
  query.member = tenant_of(side, call);
  if (side == Side::portal) return query;
  if (const auto name = call.text("member")) {
    TRY(const state::Member member, member_of(database, *name));
    query.member = member.id;
  }
  return query;
}

Outcome<telescope::TableAnswer> listed(Side side, state::Database& database, const Call& call) {
  TRY(state::WarningQuery query, query_of(side, database, call));
  const auto limit = static_cast<uint64_t>(*call.integer("limit"));
  query.limit = static_cast<int64_t>(limit) + 1;
  std::vector<state::Member> members;
  if (side == Side::operators) {
    TRY(members, state::members(database));
  }
  TRY(auto warnings, state::warnings(database, query));
  const bool more = telescope::drop_beyond(warnings, limit);
  TRY(Table table, warning::warnings_table(warnings, members, style_of(side, call)));
  return telescope::TableAnswer{std::move(table), {}, more, {}, {}};
}

http::Route warnings_route(Side side, const AccountContext& context) {
  http::Route route =
      route_on(side, http::Method::get, "warnings", "The warnings given, latest first");
  route.parameters = query_parameters(side);
  route.parameters.push_back(limit_parameter());
  route.parameters.push_back(language_parameter());
  route.parameters.push_back(telescope::format_parameter());
  route.answers = {telescope::table_answer(*warning::warnings_table({}, {}, {reader_on(side)}))};
  if (side == Side::operators)
    route.answers.push_back(problem_answer(404, "There is no member of that name."));
  route.handler = [side, context](const Call& call) -> Response {
    const auto answer = listed(side, context.database(call.worker()), call);
    return answer ? telescope::table_response(call, *answer) : refused(answer.error());
  };
  return route;
}

// A change of the warning that {id} names, kept in the audit log.
using Change = std::function<Outcome<void>(state::Database&, const Call&, const state::Warning&)>;

http::Route change_route(Side side, const AccountContext& context, std::string_view what,
                         std::string summary, Change change) {
  http::Route route = route_on(side, http::Method::post, fmt::format("warnings/{{id}}/{}", what),
                               std::move(summary));
  if (side == Side::operators) route.scope = "write";
  route.parameters = {http::path_parameter("id", "the warning's number")};
  route.answers = {{204, "It is done.", {}, ""},
                   problem_answer(404, "There is none of that number.")};
  route.handler = [side, context, change,
                   action = fmt::format("warning.{}", what)](const Call& call) {
    state::Database& database = context.database(call.worker());
    return changed(database, [&]() -> Outcome<void> {
      TRY(const state::Warning warning, warning_in(side, database, call));
      TRY_VOID(change(database, call, warning));
      TRY_VOID(audit(context, call, action, std::to_string(warning.id)));
      return {};
    });
  };
  return route;
}

http::Route acknowledge_route(Side side, const AccountContext& context) {
  return change_route(
      side, context, "acknowledge", "Say that somebody looks after a warning",
      [context](state::Database& database, const Call& call, const state::Warning& warning) {
        return state::acknowledge_warning(database, warning.id, call.principal().name,
                                          context.now());
      });
}

tl::unexpected<state::StateError> invalid(const Error& error) {
  return state::refusal(state::StateError::Kind::invalid, error.message());
}

http::Route mute_route(Side side, const AccountContext& context) {
  http::Route route = change_route(
      side, context, "mute", "Send no notices about the address of a warning for a while",
      [](state::Database& database, const Call& call,
         const state::Warning& warning) -> Outcome<void> {
        const auto read = [&]() -> Result<std::optional<Timestamp>> {
          TRY(const BodyFields body, BodyFields::parse(call.body()));
          TRY_VOID(body.only({"until"}));
          TRY(const auto text, body.text("until"));
          if (!text) return std::nullopt;
          TRY(const Timestamp until, within("until", parse_time(*text)));
          return until;
        };
        const auto until = read();
        if (!until) return invalid(until.error());
        return state::mute_address(database, warning.id, *until);
      });
  route.body = http::BodyRule{schema::object({{"until", schema::nullable(schema::time())}}),
                              "null ends it."};
  return route;
}

http::Route comment_route(Side side, const AccountContext& context) {
  http::Route route = change_route(
      side, context, "comments", "Write something to a warning",
      [side, context](state::Database& database, const Call& call,
                      const state::Warning& warning) -> Outcome<void> {
        const auto read = [&]() -> Result<std::string> {
          TRY(const BodyFields body, BodyFields::parse(call.body()));
          TRY_VOID(body.only({"text"}));
          return body.needed_text("text");
        };
        auto text = read();
        if (!text) return invalid(text.error());
        return state::add_comment(
            database, warning.id,
            {context.now(), call.principal().name, side == Side::portal, std::move(*text)});
      });
  route.body =
      http::BodyRule{schema::object({{"text", schema::text("1 to 2,000 characters")}}), ""};
  return route;
}

http::Route comments_route(Side side, const AccountContext& context) {
  http::Route route = route_on(side, http::Method::get, "warnings/{id}/comments",
                               side == Side::portal ? "What the own people wrote to a warning"
                                                    : "What people wrote to a warning");
  route.parameters = {http::path_parameter("id", "the warning's number"),
                      telescope::format_parameter()};
  route.answers = {telescope::table_answer(warning::comments_table({}, reader_on(side))),
                   problem_answer(404, "There is none of that number.")};
  route.handler = [side, context](const Call& call) -> Response {
    state::Database& database = context.database(call.worker());
    const auto warning = warning_in(side, database, call);
    if (!warning) return refused(warning.error());
    const auto comments = state::comments(database, warning->id);
    if (!comments) return failed(comments.error());
    return telescope::table_response(
        call, {warning::comments_table(*comments, reader_on(side)), {}, false, {}, {}});
  };
  return route;
}

http::Route export_route(Side side, const AccountContext& context, const enrich::Places* places) {
  http::Route route = route_on(side, http::Method::get, "exports/{form}",
                               "Warnings as other programs take them in");
  route.parameters = query_parameters(side);
  route.parameters.push_back(http::path_parameter("form", export_forms_text()));
  route.answers = {{200, "The file.", {"text/csv", "application/x-ndjson", "text/plain"}, ""},
                   problem_answer(404, "There is no such form."),
                   problem_answer(422, "They are too many for one file.")};
  route.handler = [side, context, places](const Call& call) -> Response {
    const ExportForm* form = export_form(*call.text("form"));
    if (form == nullptr) return http::problem(404, "There is no such form.");
    state::Database& database = context.database(call.worker());
    auto query = query_of(side, database, call);
    if (!query) return refused(query.error());
    query->limit = most_exported + 1;
    const auto warnings = state::warnings(database, *query);
    if (!warnings) return failed(warnings.error());
    if (warnings->size() > most_exported)
      return http::problem(422, fmt::format("There are more than {} warnings: ask for fewer.",
                                            format_count(most_exported)));
    std::vector<state::Member> members;
    if (side == Side::operators) {
      auto all = state::members(database);
      if (!all) return failed(all.error());
      members = std::move(*all);
    }
    auto text = exported(*form, *warnings, {members, places, context.now()});
    if (!text) return failed(text.error());
    Response response = http::text(std::move(*text));
    response.content_type = form->content_type;
    response.headers.set("Content-Disposition",
                         fmt::format("attachment; filename=\"{}\"", form->file));
    return response;
  };
  return route;
}

}  // namespace

std::vector<http::Route> given_warning_routes(Side side, const AccountContext& context,
                                              const enrich::Places* places) {
  return {warnings_route(side, context), acknowledge_route(side, context),
          mute_route(side, context),     comment_route(side, context),
          comments_route(side, context), export_route(side, context, places)};
}

}  // namespace yagura::app
