// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "app/warning_route_parts.h"
#include "http/schema.h"
#include "state/claims.h"
#include "telescope/route_answer.h"
#include "warning/registrations.h"
#include "warning/report_tables.h"

namespace yagura::app {
namespace {

namespace schema = http::schema;
using http::Call;
using http::Response;
using state::Outcome;

// A table made of all members and blocks.
using RegistryTable = Table(std::span<const state::Member>, std::span<const state::MemberBlock>);

http::Route registry_route(const AccountContext& context, std::string pattern, std::string summary,
                           RegistryTable* table) {
  http::Route route =
      route_on(Side::operators, http::Method::get, std::move(pattern), std::move(summary));
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
  http::Route route = route_on(Side::operators, http::Method::post, "blocks",
                               "Register the members of a CSV, all or nothing");
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
  http::Route route = route_on(Side::operators, http::Method::get, "members/{name}",
                               "A member, with all of its blocks");
  route.parameters = {http::path_parameter("name", "the member's name")};
  route.answers = {{200, "", {"application/json"}, member_schema()},
                   problem_answer(404, "There is none of that name.")};
  route.handler = [context](const Call& call) -> Response {
    state::Database& database = context.database(call.worker());
    const auto member = member_of(database, *call.text("name"));
    if (!member) return refused(member.error());
    auto answer = member_json(database, *member, call);
    return answer ? http::json(std::move(*answer)) : refused(answer.error());
  };
  return route;
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
  http::Route route = route_on(Side::operators, http::Method::put, "members/{name}",
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
      TRY(const state::Member member, member_of(database, registration->name));
      TRY(answer, member_json(database, member, call));
      return {};
    });
    return done ? http::json(std::move(answer)) : refused(done.error());
  };
  return route;
}

http::Route delete_route(const AccountContext& context) {
  http::Route route = route_on(Side::operators, http::Method::delete_, "members/{name}",
                               "Forget a member and its blocks");
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

http::Route claims_route(const AccountContext& context) {
  http::Route route = route_on(Side::operators, http::Method::get, "claims",
                               "What members wish to register beyond what they were granted");
  route.scope = "admin";
  route.parameters = {telescope::format_parameter()};
  route.answers = {telescope::table_answer(warning::claims_table({}, {}))};
  route.handler = [context](const Call& call) -> Response {
    state::Database& database = context.database(call.worker());
    const auto members = state::members(database);
    if (!members) return failed(members.error());
    const auto claims = state::claims(database);
    if (!claims) return failed(claims.error());
    return telescope::table_response(call,
                                     {warning::claims_table(*claims, *members), {}, false, {}, {}});
  };
  return route;
}

http::Route decide_claim_route(const AccountContext& context, bool approve) {
  http::Route route =
      route_on(Side::operators, http::Method::post,
               fmt::format("members/{{name}}/claim/{}", approve ? "approve" : "refuse"),
               approve ? "Register what a member claims" : "Refuse a member's claim");
  route.parameters = {http::path_parameter("name", "the member's name")};
  route.answers = {{204, "It is done.", {}, ""},
                   problem_answer(404, "The member has no claim."),
                   problem_answer(409, "A block overlaps another member's.")};
  route.handler = [context, approve](const Call& call) {
    state::Database& database = context.database(call.worker());
    return changed(database, [&]() -> Outcome<void> {
      TRY(const state::Member member, member_of(database, *call.text("name")));
      if (approve)
        TRY_VOID(state::approve_claim(database, member.id, context.now()));
      else
        TRY_VOID(state::refuse_claim(database, member.id));
      TRY_VOID(audit(context, call, approve ? "claim.approve" : "claim.refuse", member.name));
      return {};
    });
  };
  return route;
}

}  // namespace

std::vector<http::Route> member_routes(const AccountContext& context) {
  return {registry_route(context, "members", "The members, and how much each has registered",
                         warning::members_table),
          registry_route(context, "blocks", "The blocks of all members", warning::blocks_table),
          import_route(context),
          member_route(context),
          register_route(context),
          delete_route(context),
          claims_route(context),
          decide_claim_route(context, true),
          decide_claim_route(context, false)};
}

}  // namespace yagura::app
