// SPDX-License-Identifier: Apache-2.0
#include "app/token_routes.h"

#include <fmt/format.h>

#include <map>

#include "app/account_requests.h"
#include "base/text.h"
#include "http/schema.h"
#include "state/accounts.h"
#include "state/tokens.h"

namespace yagura::app {
namespace {

namespace schema = http::schema;
using http::Call;
using http::Response;
using state::Outcome;

std::string time_or_null(const std::optional<Timestamp>& time) {
  return time ? json_quote(format_time(*time)) : "null";
}

// The members of a token's JSON, without the braces.
std::string token_members(const state::Token& token, const std::string& account) {
  std::vector<std::string> scopes;
  for (const state::Scope scope : state::all_scopes)
    if (token.scopes.has(scope)) scopes.push_back(json_quote(name_of(scope)));
  return fmt::format(R"("id":{},"name":{},"account":{},"shown":{},"scopes":[{}],)"
                     R"("created":{},"expires":{},"last_used":{})",
                     token.id, json_quote(token.name), json_quote(account), json_quote(token.shown),
                     fmt::join(scopes, ","), json_quote(format_time(token.created)),
                     time_or_null(token.expires), time_or_null(token.last_used));
}

std::vector<http::NameValue> token_properties() {
  return {{"id", schema::integer()},
          {"name", schema::text()},
          {"account", schema::text("whose it is")},
          {"shown", schema::text("its first characters")},
          {"scopes", schema::array(schema::text())},
          {"created", schema::time()},
          {"expires", schema::nullable(schema::time())},
          {"last_used", schema::nullable(schema::time())}};
}

// The account of whoever asks.
Outcome<state::Account> own_account(state::Database& database, const Call& call) {
  TRY(const auto account, state::account_named(database, call.principal().name));
  if (!account)
    return state::refusal(state::StateError::Kind::absent, "The account does not exist any more.");
  return *account;
}

bool is_admin(const Call& call) { return call.principal().may("admin"); }

http::Route tokens_route(const AccountContext& context) {
  http::Route route;
  route.pattern = "/api/v1/tokens";
  route.summary = "One's own tokens; an admin sees those of all";
  route.tag = "tokens";
  route.answers = {{200,
                    "",
                    {"application/json"},
                    schema::object({{"rows", schema::array(schema::object(token_properties()))}})}};
  route.scope = http::any_scope;
  route.handler = [context](const Call& call) -> Response {
    state::Database& database = context.database(call.worker());
    const auto own = own_account(database, call);
    if (!own) return refused(own.error());
    const auto found =
        state::tokens(database, is_admin(call) ? std::nullopt : std::optional(own->id));
    if (!found) return failed(found.error());
    const auto accounts = state::accounts(database);
    if (!accounts) return failed(accounts.error());
    std::map<int64_t, std::string> names;
    for (const state::Account& account : *accounts) names[account.id] = account.name;
    std::vector<std::string> rows;
    for (const state::Token& token : *found)
      rows.push_back("{" + token_members(token, names[token.account]) + "}");
    return http::json(fmt::format(R"({{"rows":[{}]}})", fmt::join(rows, ",")));
  };
  return route;
}

Result<state::NewToken> read_token(const Call& call) {
  TRY(const BodyFields body, BodyFields::parse(call.body()));
  TRY_VOID(body.only({"name", "scopes", "expires"}));
  state::NewToken token;
  TRY(token.name, body.needed_text("name"));
  TRY(const auto scopes, body.texts("scopes"));
  if (!scopes) return failure("'scopes' is missing");
  for (const std::string& name : *scopes) {
    const auto scope = state::scope_named(name);
    if (!scope) return failure(fmt::format("there is no scope '{}'", shorten(name, 40)));
    token.scopes.add(*scope);
  }
  TRY(const auto expires, body.text("expires"));
  if (expires) {
    TRY(token.expires, within("expires", parse_time(*expires)));
  }
  return token;
}

// A token may make no token that can do more than itself.
bool beyond_principal(const Call& call, state::Scopes scopes) {
  for (const state::Scope scope : state::all_scopes)
    if (scopes.has(scope) && !call.principal().may(name_of(scope))) return true;
  return false;
}

http::Route make_token_route(const AccountContext& context) {
  http::Route route;
  route.method = http::Method::post;
  route.pattern = "/api/v1/tokens";
  route.summary = "Make a token for one's own account; it is shown this once";
  route.tag = "tokens";
  route.body = http::BodyRule{
      schema::object(
          {{"name", schema::text()},
           {"scopes", schema::array(schema::one_of({"read", "sql", "write", "admin", "own"}))},
           {"expires?", schema::nullable(schema::time())}}),
      ""};
  auto properties = token_properties();
  properties.push_back({"token", schema::text("cannot be shown again")});
  route.answers = {{201, "It is made.", {"application/json"}, schema::object(properties)}};
  route.scope = http::any_scope;
  route.handler = [context](const Call& call) -> Response {
    state::Database& database = context.database(call.worker());
    const Result<state::NewToken> wanted = read_token(call);
    if (!wanted) return http::problem(400, wanted.error().message());
    if (beyond_principal(call, wanted->scopes))
      return http::problem(403, "A token cannot have scopes that you do not have.");
    std::string answer;
    const Outcome<void> done = state::transaction(database, [&]() -> Outcome<void> {
      TRY(const state::Account own, own_account(database, call));
      TRY(const state::IssuedToken issued,
          state::issue_token(database, own.id, *wanted, context.now()));
      answer = fmt::format(R"({{{},"token":{}}})", token_members(issued.token, own.name),
                           json_quote(issued.secret));
      TRY_VOID(audit(context, call, "token.create", issued.token.name,
                     fmt::format(R"({{"scopes":"{}"}})", format_scopes(issued.token.scopes))));
      return {};
    });
    return done ? http::json(std::move(answer), 201) : refused(done.error());
  };
  return route;
}

http::Route revoke_token_route(const AccountContext& context) {
  http::Route route;
  route.method = http::Method::delete_;
  route.pattern = "/api/v1/tokens/{id}";
  route.summary = "End a token: one's own, or as an admin anybody's";
  route.tag = "tokens";
  http::Parameter id = http::integer_parameter("id", "the token's number", 1, INT64_MAX);
  id.place = http::Place::path;
  id.required = true;
  route.parameters = {id};
  route.answers = {{204, "It is gone.", {}, ""},
                   {404, "There is none of that number.", {"application/problem+json"}, ""}};
  route.scope = http::any_scope;
  route.handler = [context](const Call& call) -> Response {
    state::Database& database = context.database(call.worker());
    const int64_t token = *call.integer("id");
    const Outcome<void> done = state::transaction(database, [&]() -> Outcome<void> {
      TRY(const state::Account own, own_account(database, call));
      TRY_VOID(state::revoke_token(database, token,
                                   is_admin(call) ? std::nullopt : std::optional(own.id)));
      TRY_VOID(audit(context, call, "token.revoke", std::to_string(token)));
      return {};
    });
    return done ? http::no_content() : refused(done.error());
  };
  return route;
}

std::string record_json(const state::AuditRecord& record) {
  const state::AuditEntry& entry = record.entry;
  return fmt::format(R"({{"id":{},"time":{},"account":{},"token":{},"remote":{},)"
                     R"("action":{},"object":{},"detail":{}}})",
                     record.id, json_quote(format_time(entry.time)), json_quote(entry.account),
                     json_quote(entry.token),
                     entry.remote ? json_quote(entry.remote->to_string()) : "null",
                     json_quote(entry.action), json_quote(entry.object), entry.detail);
}

http::Route audit_route(const AccountContext& context) {
  http::Route route;
  route.pattern = "/api/v1/audit";
  route.summary = "Who changed what, newest first";
  route.tag = "accounts";
  static constexpr int64_t usual_limit = 100, most = 10'000, last_offset = 1'000'000'000;
  route.parameters = {
      http::time_parameter("from", "first moment"),
      http::time_parameter("until", "first moment that is no longer in it"),
      http::text_parameter("account", "only what this one did"),
      http::text_parameter("action", "only this, such as account.create"),
      http::integer_parameter("limit", "most entries of the answer", 1, most, usual_limit),
      http::integer_parameter("offset", "entries to leave out before them", 0, last_offset, 0)};
  const std::string row = schema::object({{"id", schema::integer()},
                                          {"time", schema::time()},
                                          {"account", schema::text("empty: nobody logged in")},
                                          {"token", schema::text("its name; empty: by none")},
                                          {"remote", schema::nullable(schema::text())},
                                          {"action", schema::text()},
                                          {"object", schema::text()},
                                          {"detail", schema::object({}, true)}});
  route.answers = {{200,
                    "",
                    {"application/json"},
                    schema::object({{"rows", schema::array(row)}, {"more", schema::boolean()}})}};
  route.scope = "admin";
  route.handler = [context](const Call& call) -> Response {
    state::AuditQuery query;
    query.from = call.time("from");
    query.until = call.time("until");
    if (const auto account = call.text("account")) query.account = std::string(*account);
    if (const auto action = call.text("action")) query.action = std::string(*action);
    query.limit = call.integer("limit").value_or(usual_limit);
    query.offset = call.integer("offset").value_or(0);
    const auto page = state::audit_log(context.database(call.worker()), query);
    if (!page) return failed(page.error());
    std::vector<std::string> rows;
    for (const state::AuditRecord& record : page->records) rows.push_back(record_json(record));
    return http::json(
        fmt::format(R"({{"rows":[{}],"more":{}}})", fmt::join(rows, ","), page->more));
  };
  return route;
}

}  // namespace

std::vector<http::Route> token_routes(const AccountContext& context) {
  return {tokens_route(context), make_token_route(context), revoke_token_route(context),
          audit_route(context)};
}

}  // namespace yagura::app
