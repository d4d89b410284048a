// SPDX-License-Identifier: Apache-2.0
#include "app/warning_routes.h"

#include <fmt/format.h>

#include <charconv>

#include "app/account_requests.h"
#include "base/text.h"
#include "http/schema.h"
#include "state/members.h"
#include "state/warnings.h"
#include "telescope/route_answer.h"
#include "warning/history.h"
#include "warning/registrations.h"
#include "warning/report_tables.h"

namespace yagura::app {
namespace {

namespace schema = http::schema;
using http::Call;
using http::Response;
using state::Outcome;
using state::StateError;

http::Route route_to(http::Method method, std::string pattern, std::string summary) {
  http::Route route;
  route.method = method;
  route.pattern = "/api/v1/warning/" + std::move(pattern);
  route.summary = std::move(summary);
  route.tag = "warning";
  route.scope = method == http::Method::get ? "read" : "admin";
  return route;
}

Outcome<state::Member> member_of(state::Database& database, std::string_view name) {
  TRY(auto member, state::member_named(database, name));
  if (!member)
    return state::refusal(StateError::Kind::absent, fmt::format("there is no member \"{}\"", name));
  return std::move(*member);
}

std::string prefixes_json(std::span<const state::MemberBlock> blocks, state::BlockUse use) {
  std::vector<std::string> texts;
  for (const state::MemberBlock& block : blocks)
    if (block.use == use) texts.push_back(json_quote(block.prefix.to_string()));
  return fmt::format("[{}]", fmt::join(texts, ","));
}

std::string member_schema() {
  return schema::object({{"name", schema::text()},
                         {"registered", schema::time()},
                         {"live", schema::array(schema::text("prefix"))},
                         {"dark", schema::array(schema::text("prefix"))}});
}

Outcome<std::string> member_json(state::Database& database, std::string_view name) {
  TRY(const state::Member member, member_of(database, name));
  TRY(const auto blocks, state::member_blocks(database, member.id));
  return fmt::format(R"({{"name":{},"registered":"{}","live":{},"dark":{}}})",
                     json_quote(member.name), format_time(member.registered),
                     prefixes_json(blocks, state::BlockUse::live),
                     prefixes_json(blocks, state::BlockUse::dark));
}

// A table made of all members and blocks.
using RegistryTable = Table(std::span<const state::Member>, std::span<const state::MemberBlock>);

http::Route registry_route(const AccountContext& context, std::string pattern, std::string summary,
                           RegistryTable* table) {
  http::Route route = route_to(http::Method::get, std::move(pattern), std::move(summary));
  route.parameters = {telescope::format_parameter()};
  route.answers = {telescope::table_answer(table({}, {}))};
  route.handler = [context, table](const Call& call) -> Response {
    state::Database& database = context.database(call.worker());
    const auto members = state::members(database);
    if (!members) return failed(members.error());
    const auto blocks = state::member_blocks(database);
    if (!blocks) return failed(blocks.error());
    return telescope::table_response(call, {table(*members, *blocks), {}, false, {}, {}});
  };
  return route;
}

// The registrations of a CSV body, as `yagura warning members import` takes them.
http::Route import_route(const AccountContext& context) {
  http::Route route =
      route_to(http::Method::post, "blocks", "Register the members of a CSV, all or nothing");
  route.body = http::BodyRule{
      schema::text(),
      "Lines of member,use,prefix; a member gets these blocks in place of those it has.",
      "text/csv"};
  route.answers = {{204, "They are registered.", {}, ""},
                   problem_answer(409, "A block overlaps another member's.")};
  route.handler = [context](const Call& call) -> Response {
    const auto registrations = warning::read_registrations(call.body());
    if (!registrations) return http::problem(400, registrations.error().message());
    state::Database& database = context.database(call.worker());
    const auto done = state::transaction(database, [&]() -> Outcome<void> {
      TRY_VOID(state::register_members(database, *registrations, context.now()));
      TRY_VOID(audit(context, call, "member.import", "members",
                     fmt::format(R"({{"members":{}}})", registrations->size())));
      return {};
    });
    return done ? http::no_content() : refused(done.error());
  };
  return route;
}

http::Route member_route(const AccountContext& context) {
  http::Route route =
      route_to(http::Method::get, "members/{name}", "A member, with all of its blocks");
  route.parameters = {http::path_parameter("name", "the member's name")};
  route.answers = {{200, "", {"application/json"}, member_schema()},
                   problem_answer(404, "There is none of that name.")};
  route.handler = [context](const Call& call) -> Response {
    auto member = member_json(context.database(call.worker()), *call.text("name"));
    return member ? http::json(std::move(*member)) : refused(member.error());
  };
  return route;
}

Result<std::vector<Prefix>> prefixes_of(const BodyFields& body, std::string_view name) {
  std::vector<Prefix> prefixes;
  TRY(const auto texts, body.texts(name));
  for (const std::string& text : texts.value_or(std::vector<std::string>())) {
    TRY(const Prefix prefix, within(std::string(name), Prefix::parse(text)));
    prefixes.push_back(prefix);
  }
  return prefixes;
}

Result<state::Registration> registration_of(const Call& call) {
  TRY(const BodyFields body, BodyFields::parse(call.body()));
  TRY_VOID(body.only({"live", "dark"}));
  state::Registration registration;
  registration.name = *call.text("name");
  TRY(registration.live, prefixes_of(body, "live"));
  TRY(registration.dark, prefixes_of(body, "dark"));
  return registration;
}

http::Route register_route(const AccountContext& context) {
  http::Route route = route_to(http::Method::put, "members/{name}",
                               "Register a member, or give it these blocks in place of its own");
  route.parameters = {http::path_parameter("name", "the member's name")};
  route.body = http::BodyRule{schema::object({{"live", schema::array(schema::text("prefix"))},
                                              {"dark?", schema::array(schema::text("prefix"))}}),
                              ""};
  route.answers = {{200, "It is registered.", {"application/json"}, member_schema()},
                   problem_answer(409, "A block overlaps another member's.")};
  route.handler = [context](const Call& call) -> Response {
    const auto registration = registration_of(call);
    if (!registration) return http::problem(400, registration.error().message());
    state::Database& database = context.database(call.worker());
    std::string answer;
    const auto done = state::transaction(database, [&]() -> Outcome<void> {
      TRY_VOID(state::register_members(database, std::span(&*registration, 1), context.now()));
      TRY_VOID(audit(context, call, "member.register", registration->name,
                     fmt::format(R"({{"live":{},"dark":{}}})", registration->live.size(),
                                 registration->dark.size())));
      TRY(answer, member_json(database, registration->name));
      return {};
    });
    return done ? http::json(std::move(answer)) : refused(done.error());
  };
  return route;
}

http::Route delete_route(const AccountContext& context) {
  http::Route route =
      route_to(http::Method::delete_, "members/{name}", "Forget a member and its blocks");
  route.parameters = {http::path_parameter("name", "the member's name")};
  route.answers = {{204, "It is gone.", {}, ""},
                   problem_answer(404, "There is none of that name.")};
  route.handler = [context](const Call& call) -> Response {
    state::Database& database = context.database(call.worker());
    const auto done = state::transaction(database, [&]() -> Outcome<void> {
      TRY(const state::Member member, member_of(database, *call.text("name")));
      TRY_VOID(state::delete_member(database, member.name));
      TRY_VOID(audit(context, call, "member.delete", member.name));
      return {};
    });
    return done ? http::no_content() : refused(done.error());
  };
  return route;
}

Result<telescope::TableAnswer> judged(const telescope::Asked& with, const Call& call,
                                      const telescope::Period& period, warning::MemberId member) {
  TRY(const auto members, state::members(with.desk.database));
  TRY(const auto blocks, state::member_blocks(with.desk.database));
  TRY(const auto darks, warning::sensor_darks(with.desk.database));
  warning::HistoryQuestion question;
  question.from = period.from;
  question.until = period.until;
  question.silence = Duration::hours(*call.integer("silence"));
  question.member = member;
  const warning::MemberSpace space(blocks);
  TRY(auto episodes, warning::judge_history(with.desk.connection, space, darks, question));
  const bool more = telescope::drop_beyond(episodes, static_cast<uint64_t>(*call.integer("limit")));
  return telescope::TableAnswer{warning::episodes_table(episodes, members), period, more, {}, {}};
}

http::Route scan_route(const telescope::RouteContext& context) {
  http::Route route = route_to(http::Method::get, "scan",
                               "Judges what is stored: which members' addresses were in the dark");
  route.parameters = telescope::period_parameters();
  route.parameters.push_back(http::text_parameter("member", "this member alone"));
  route.parameters.push_back(http::integer_parameter(
      "silence", "hours without a packet that end a warning", 1, 24 * 365, 24));
  route.parameters.push_back(
      http::integer_parameter("limit", "most rows of the answer", 1, 10'000, 1'000));
  route.parameters.push_back(telescope::format_parameter());
  route.answers = {telescope::table_answer(warning::episodes_table({}, {})),
                   problem_answer(404, "There is no member of that name.")};
  route.handler = [context](const Call& call) -> Response {
    const auto with = telescope::asked(context, call);
    if (!with) return telescope::store_failure(with.error());
    const auto period = telescope::period_of(call, with->data);
    if (!period) return http::problem(400, period.error().message());
    warning::MemberId member = 0;
    if (const auto name = call.text("member")) {
      const auto found = member_of(with->desk.database, *name);
      if (!found) return refused(found.error());
      member = found->id;
    }
    const auto answer = judged(*with, call, *period, member);
    if (!answer) return telescope::store_failure(answer.error());
    return telescope::table_response(call, *answer);
  };
  return route;
}

Table warning_columns() { return *warning::warnings_table({}, {}); }

http::Route warnings_route(const AccountContext& context) {
  http::Route route = route_to(http::Method::get, "warnings", "The warnings given, latest first");
  route.parameters = {
      http::choice_parameter("state", "which of them", {"open", "resolved", "all"}, "open"),
      http::text_parameter("member", "of this member alone"),
      http::integer_parameter("limit", "most rows of the answer", 1, 10'000, 1'000),
      telescope::format_parameter()};
  route.answers = {telescope::table_answer(warning_columns()),
                   problem_answer(404, "There is no member of that name.")};
  route.handler = [context](const Call& call) -> Response {
    state::Database& database = context.database(call.worker());
    const auto state = *call.text("state");
    const auto limit = *call.integer("limit");
    state::WarningQuery query;
    query.open = state != "resolved";
    query.resolved = state != "open";
    query.limit = limit + 1;
    if (const auto name = call.text("member")) {
      const auto member = member_of(database, *name);
      if (!member) return refused(member.error());
      query.member = member->id;
    }
    const auto members = state::members(database);
    if (!members) return failed(members.error());
    auto warnings = state::warnings(database, query);
    if (!warnings) return failed(warnings.error());
    const bool more = telescope::drop_beyond(*warnings, static_cast<uint64_t>(limit));
    auto table = warning::warnings_table(*warnings, *members);
    if (!table) return failed(table.error());
    return telescope::table_response(call, {std::move(*table), {}, more, {}, {}});
  };
  return route;
}

http::Route acknowledge_route(const AccountContext& context) {
  http::Route route = route_to(http::Method::post, "warnings/{id}/acknowledge",
                               "Say that somebody looks after a warning");
  route.scope = "write";
  route.parameters = {http::path_parameter("id", "the warning's number")};
  route.answers = {{204, "It is acknowledged.", {}, ""},
                   problem_answer(404, "There is none of that number.")};
  route.handler = [context](const Call& call) -> Response {
    const std::string text(*call.text("id"));
    int64_t id = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
    if (error != std::errc() || end != text.data() + text.size())
      return http::problem(404, "There is no such warning.");
    state::Database& database = context.database(call.worker());
    const auto done = state::transaction(database, [&]() -> Outcome<void> {
      TRY_VOID(state::acknowledge_warning(database, id, call.principal().name, context.now()));
      TRY_VOID(audit(context, call, "warning.acknowledge", text));
      return {};
    });
    return done ? http::no_content() : refused(done.error());
  };
  return route;
}

}  // namespace

std::vector<http::Route> warning_routes(const telescope::RouteContext& telescope,
                                        const AccountContext& accounts) {
  return {registry_route(accounts, "members", "The members, and how much each has registered",
                         warning::members_table),
          registry_route(accounts, "blocks", "The blocks of all members", warning::blocks_table),
          import_route(accounts),
          member_route(accounts),
          register_route(accounts),
          delete_route(accounts),
          scan_route(telescope),
          warnings_route(accounts),
          acknowledge_route(accounts)};
}

}  // namespace yagura::app
