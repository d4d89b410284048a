// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "app/contact_import.h"
#include "app/warning_route_parts.h"
#include "base/text.h"
#include "http/schema.h"
#include "state/claims.h"
#include "telescope/route_answer.h"
#include "warning/contact_lines.h"
#include "warning/decide.h"

namespace yagura::app {
namespace {

namespace schema = http::schema;
using http::Call;
using http::Response;
using state::Outcome;
using state::StateError;

// The service calls what a webhook or syslog names, from within the operator's network, so only
// operators give these.
constexpr std::string_view member_scheme = "mailto:";

Result<state::Contact> read_contact(Side side, const Call& call) {
  TRY(const BodyFields body, BodyFields::parse(call.body()));
  TRY_VOID(body.only({"target", "language", "quiet", "secret"}));
  state::Contact contact;
  TRY(contact.target, body.needed_text("target"));
  if (side == Side::portal && !contact.target.starts_with(member_scheme))
    return failure("'target' must be mailto:; ask the operator for a webhook or syslog");
  TRY(const auto language, body.text("language"));
  const auto known = model::language_of(language.value_or("en"));
  if (!known) return failure("'language' must be en or ja");
  contact.language = *known;
  TRY(auto quiet, body.text("quiet"));
  contact.quiet = std::move(quiet).value_or("");
  TRY(auto secret, body.text("secret"));
  contact.secret = std::move(secret).value_or("");
  return contact;
}

// What signs the bodies of a webhook is shown to whoever makes it, this once.
std::string made_json(const state::Contact& contact, const Call& call) {
  std::string json = contact_json(contact, call);
  if (contact.secret.empty()) return json;
  json.pop_back();
  return json + fmt::format(R"(,"secret":{}}})", json_quote(contact.secret));
}

http::Route make_contact_route(Side side, const AccountContext& context) {
  const bool operators = side == Side::operators;
  http::Route route =
      route_on(side, http::Method::post, operators ? "members/{name}/contacts" : "contacts",
               "Send notices to a further contact, or change how");
  if (operators) route.parameters = {http::path_parameter("name", "the member's name")};
  route.body =
      http::BodyRule{schema::object({{"target", schema::text("mailto:, https: or syslog+tls:")},
                                     {"language?", schema::one_of({"en", "ja"})},
                                     {"quiet?", schema::text("such as 22:00-07:00 +09:00")},
                                     {"secret?", schema::text("of a webhook: whsec_ and base64")}}),
                     "A member gives mail addresses; the others an operator."};
  route.answers = {{201, "It is kept; of a webhook with its secret.", {"application/json"}, ""},
                   problem_answer(409, "The member has too many.")};
  route.handler = [side, context](const Call& call) -> Response {
    auto contact = read_contact(side, call);
    if (!contact) return http::problem(400, contact.error().message());
    state::Database& database = context.database(call.worker());
    std::string answer;
    const auto done = state::transaction(database, [&]() -> Outcome<void> {
      TRY(const state::Member member, member_in(side, database, call));
      contact->member = member.id;
      TRY(const state::Contact kept, state::put_contact(database, *contact, context.now()));
      answer = made_json(kept, call);
      TRY_VOID(audit(context, call, "contact.put", member.name,
                     fmt::format(R"({{"contact":{}}})", kept.id)));
      return {};
    });
    return done ? http::json(std::move(answer), 201) : refused(done.error());
  };
  return route;
}

http::Route contacts_route(const AccountContext& context) {
  http::Route route =
      route_on(Side::operators, http::Method::get, "contacts", "Whom notices go to");
  route.scope = "write";
  route.parameters = {telescope::format_parameter()};
  route.answers = {telescope::table_answer(warning::contacts_table({}, {}))};
  route.handler = [context](const Call& call) -> Response {
    state::Database& database = context.database(call.worker());
    const auto members = state::members(database);
    if (!members) return failed(members.error());
    const auto contacts = state::contacts(database);
    if (!contacts) return failed(contacts.error());
    return telescope::table_response(
        call, {warning::contacts_table(*contacts, *members), {}, false, {}, {}});
  };
  return route;
}

http::Route import_contacts_route(const AccountContext& context) {
  http::Route route = route_on(Side::operators, http::Method::post, "contacts",
                               "Add the contacts of a CSV, all or nothing");
  route.body = http::BodyRule{schema::text(),
                              "Lines of member,target,language,quiet; the last two may be missing.",
                              "text/csv"};
  route.answers = {{204, "They are kept.", {}, ""},
                   problem_answer(404, "There is no member of a name in it."),
                   problem_answer(409, "A member would have too many.")};
  route.handler = [context](const Call& call) -> Response {
    const auto lines = warning::read_contact_lines(call.body());
    if (!lines) return http::problem(400, lines.error().message());
    state::Database& database = context.database(call.worker());
    return changed(database, [&]() -> Outcome<void> {
      TRY_VOID(put_contacts(database, *lines, context.now()));
      TRY_VOID(audit(context, call, "contact.import", "contacts",
                     fmt::format(R"({{"contacts":{}}})", lines->size())));
      return {};
    });
  };
  return route;
}

Outcome<state::Contact> contact_in(Side side, state::Database& database, const Call& call) {
  TRY(const int64_t id, number_in(call, "contact"));
  TRY(auto contact, state::find_contact(database, id));
  const auto tenant = tenant_of(side, call);
  if (!contact || (tenant && contact->member != *tenant))
    return state::refusal(StateError::Kind::absent, fmt::format("there is no contact {}", id));
  return std::move(*contact);
}

http::Route delete_contact_route(Side side, const AccountContext& context) {
  http::Route route =
      route_on(side, http::Method::delete_, "contacts/{id}", "Send nothing to a contact any more");
  route.parameters = {http::path_parameter("id", "the contact's number")};
  route.answers = {{204, "It is gone, with what waited to be sent to it.", {}, ""},
                   problem_answer(404, "There is none of that number.")};
  route.handler = [side, context](const Call& call) {
    state::Database& database = context.database(call.worker());
    return changed(database, [&]() -> Outcome<void> {
      TRY(const state::Contact contact, contact_in(side, database, call));
      TRY_VOID(state::delete_contact(database, contact.id));
      TRY_VOID(audit(context, call, "contact.delete", std::to_string(contact.id)));
      return {};
    });
  };
  return route;
}

http::Route test_contact_route(Side side, const AccountContext& context,
                               const warning::LetterOptions& letters) {
  http::Route route = route_on(side, http::Method::post, "contacts/{id}/test",
                               "Send a notice that says that it is a test");
  route.parameters = {http::path_parameter("id", "the contact's number")};
  route.answers = {{202, "It is in the outbox.", {}, ""},
                   problem_answer(404, "There is none of that number."),
                   problem_answer(409, "There was a test notice to it within the last minute.")};
  route.handler = [side, context, letters](const Call& call) -> Response {
    state::Database& database = context.database(call.worker());
    Response response = changed(database, [&]() -> Outcome<void> {
      TRY(const state::Contact contact, contact_in(side, database, call));
      TRY(const bool again, state::has_letter_since(database, contact.id, warning::test_prefix,
                                                    context.now() - Duration::minutes(1)));
      if (again)
        return state::refusal(StateError::Kind::conflict,
                              "there was a test notice to it within the last minute");
      TRY_VOID(warning::post_test_notice(database, contact, letters, context.now()));
      TRY_VOID(audit(context, call, "contact.test", std::to_string(contact.id)));
      return {};
    });
    if (response.status == 204) response.status = 202;
    return response;
  };
  return route;
}

// --- a member's own organisation ---

http::Route organisation_route(const AccountContext& context) {
  http::Route route = route_on(Side::portal, http::Method::get, "organisation",
                               "The own organisation, with its blocks and contacts");
  route.answers = {{200, "", {"application/json"}, member_schema()}};
  route.handler = [context](const Call& call) -> Response {
    state::Database& database = context.database(call.worker());
    const auto member = member_in(Side::portal, database, call);
    if (!member) return refused(member.error());
    auto answer = member_json(database, *member, call);
    return answer ? http::json(std::move(*answer)) : refused(answer.error());
  };
  return route;
}

http::Route own_blocks_route(const AccountContext& context) {
  http::Route route = route_on(Side::portal, http::Method::put, "blocks",
                               "Register these blocks in place of the present ones");
  route.body = http::BodyRule{schema::object({{"live", schema::array(schema::text("prefix"))},
                                              {"dark?", schema::array(schema::text("prefix"))}}),
                              "What lies beyond what was granted waits for an operator."};
  route.answers = {{200, "They are in force.", {"application/json"}, member_schema()},
                   {202, "They wait for an operator.", {"application/json"}, member_schema()},
                   problem_answer(409, "They cannot be registered as they are.")};
  route.handler = [context](const Call& call) -> Response {
    const auto read = [&]() -> Result<std::pair<std::vector<Prefix>, std::vector<Prefix>>> {
      TRY(const BodyFields body, BodyFields::parse(call.body()));
      TRY_VOID(body.only({"live", "dark"}));
      TRY(auto live, prefixes_of(body, "live"));
      TRY(auto dark, prefixes_of(body, "dark"));
      return std::pair(std::move(live), std::move(dark));
    };
    const auto wanted = read();
    if (!wanted) return http::problem(400, wanted.error().message());
    state::Database& database = context.database(call.worker());
    std::string answer;
    state::Claimed claimed = state::Claimed::in_force;
    const auto done = state::transaction(database, [&]() -> Outcome<void> {
      TRY(const state::Member member, member_in(Side::portal, database, call));
      TRY(claimed,
          state::claim_blocks(database, member.id, wanted->first, wanted->second, context.now()));
      const bool waits = claimed == state::Claimed::waits;
      TRY_VOID(audit(
          context, call, waits ? "member.claim" : "member.register", member.name,
          fmt::format(R"({{"live":{},"dark":{}}})", wanted->first.size(), wanted->second.size())));
      TRY(answer, member_json(database, member, call));
      return {};
    });
    if (!done) return refused(done.error());
    return http::json(std::move(answer), claimed == state::Claimed::waits ? 202 : 200);
  };
  return route;
}

}  // namespace

std::vector<http::Route> contact_routes(Side side, const AccountContext& context,
                                        const warning::LetterOptions& letters) {
  std::vector<http::Route> routes = {make_contact_route(side, context),
                                     delete_contact_route(side, context),
                                     test_contact_route(side, context, letters)};
  if (side == Side::operators) {
    routes.push_back(contacts_route(context));
    routes.push_back(import_contacts_route(context));
  }
  return routes;
}

std::vector<http::Route> organisation_routes(const AccountContext& context) {
  return {organisation_route(context), own_blocks_route(context)};
}

}  // namespace yagura::app
