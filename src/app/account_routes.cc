// SPDX-License-Identifier: Apache-2.0
#include "app/account_routes.h"

#include <fmt/format.h>

#include "app/account_requests.h"
#include "app/token_routes.h"
#include "base/text.h"
#include "http/schema.h"
#include "state/accounts.h"
#include "state/setup.h"
#include "state/tokens.h"

namespace yagura::app {
namespace {

namespace schema = http::schema;
using http::Call;
using http::Response;
using state::Outcome;

std::vector<std::string> names_of(state::Scopes scopes) {
  std::vector<std::string> names;
  for (const state::Scope scope : state::all_scopes)
    if (scopes.has(scope)) names.emplace_back(name_of(scope));
  return names;
}

http::Principal principal_of(const state::Account& account, state::Scopes scopes) {
  return {account.name, std::string(name_of(account.role)), names_of(scopes), account.member};
}

bool changes_something(http::Method method) {
  return method != http::Method::get && method != http::Method::head;
}

std::string session_schema() {
  return schema::object({{"name", schema::text()},
                         {"role", schema::one_of({"viewer", "analyst", "admin", "member"})},
                         {"member", schema::nullable(schema::text("of the role member: whose"))},
                         {"scopes", schema::array(schema::text())},
                         {"csrf", schema::text("what X-CSRF-Token must hold")}});
}

std::string account_schema() {
  return schema::object({{"name", schema::text()},
                         {"role", schema::one_of({"viewer", "analyst", "admin", "member"})},
                         {"member", schema::nullable(schema::text("of the role member: whose"))},
                         {"disabled", schema::boolean()},
                         {"created", schema::time()},
                         {"last_login", schema::nullable(schema::time())}});
}

// --- session ---

Response log_in(const AccountContext& context, const Call& call) {
  state::Database& database = context.database(call.worker());
  const auto body = BodyFields::parse(call.body());
  if (!body) return http::problem(400, body.error().message());
  const auto name = body->needed_text("name"), password = body->needed_text("password");
  if (!name) return http::problem(400, name.error().message());
  if (!password) return http::problem(400, password.error().message());
  const Timestamp now = context.now();
  const auto login =
      state::log_in(database, *name, *password, call.request().remote, now, context.login);
  if (!login) return failed(login.error());
  if (login->answer != state::Login::Answer::welcome) {
    const bool wrong = login->answer == state::Login::Answer::wrong;
    Response response = http::problem(wrong ? 401 : 429, login->message);
    const auto seconds = static_cast<int64_t>(login->wait.as_seconds() + 0.999);
    if (seconds > 0) response.headers.set("Retry-After", std::to_string(seconds));
    if (wrong) response.headers.set("WWW-Authenticate", "Bearer");
    return response;
  }
  const auto session =
      state::begin_session(database, *login->account, call.request().remote, now, context.sessions);
  if (!session) return refused(session.error());
  return session_begun(call.request(), *session);
}

http::Route log_in_route(const AccountContext& context) {
  http::Route route;
  route.method = http::Method::post;
  route.pattern = "/api/v1/session";
  route.summary = "Log in; sets the session's cookie";
  route.tag = "session";
  route.body =
      http::BodyRule{schema::object({{"name", schema::text()}, {"password", schema::text()}}), ""};
  route.answers = {{200, "Welcome.", {"application/json"}, session_schema()},
                   problem_answer(401, "Wrong name or password."),
                   problem_answer(429, "Too many failures; Retry-After says how long to wait.")};
  route.handler = [context](const Call& call) { return log_in(context, call); };
  return route;
}

http::Route session_route(const AccountContext& context) {
  http::Route route;
  route.pattern = "/api/v1/session";
  route.summary = "Whose session this is";
  route.tag = "session";
  route.answers = {{200, "", {"application/json"}, session_schema()},
                   problem_answer(401, "There is no session.")};
  route.handler = [context](const Call& call) -> Response {
    const auto id = session_id(call.request());
    if (!id) return http::problem(401, "There is no session.");
    const auto session =
        state::find_session(context.database(call.worker()), *id, context.now(), context.sessions);
    if (!session) return failed(session.error());
    if (!*session) return http::problem(401, "There is no session.");
    return http::json(session_json(**session));
  };
  return route;
}

http::Route log_out_route(const AccountContext& context) {
  http::Route route;
  route.method = http::Method::delete_;
  route.pattern = "/api/v1/session";
  route.summary = "Log out";
  route.tag = "session";
  route.answers = {{204, "The session has ended.", {}, ""}};
  route.scope = http::any_scope;
  route.handler = [context](const Call& call) -> Response {
    if (const auto id = session_id(call.request()))
      if (const auto ended = state::end_session(context.database(call.worker()), *id); !ended)
        return failed(ended.error());
    http::Cookie cookie{std::string(http::session_cookie), ""};
    cookie.max_age_seconds = 0;
    cookie.secure = call.request().secure;
    Response response = http::no_content();
    if (const auto field = http::set_cookie(cookie)) response.headers.add("Set-Cookie", *field);
    return response;
  };
  return route;
}

http::Route password_route(const AccountContext& context) {
  http::Route route;
  route.method = http::Method::put;
  route.pattern = "/api/v1/session/password";
  route.summary = "Change one's own password; ends all sessions of the account";
  route.tag = "session";
  route.body = http::BodyRule{schema::object({{"present", schema::text("the present password")},
                                              {"password", schema::text("12 to 256 bytes")}}),
                              ""};
  route.answers = {{204, "It is changed.", {}, ""}, problem_answer(403, "Wrong password.")};
  route.scope = http::any_scope;
  route.handler = [context](const Call& call) -> Response {
    state::Database& database = context.database(call.worker());
    const auto body = BodyFields::parse(call.body());
    if (!body) return http::problem(400, body.error().message());
    const auto present = body->needed_text("present"), password = body->needed_text("password");
    if (!present) return http::problem(400, present.error().message());
    if (!password) return http::problem(400, password.error().message());
    const auto login = state::log_in(database, call.principal().name, *present,
                                     call.request().remote, context.now(), context.login);
    if (!login) return failed(login.error());
    if (login->answer != state::Login::Answer::welcome) return http::problem(403, login->message);
    const Outcome<void> changed = state::transaction(database, [&]() -> Outcome<void> {
      TRY_VOID(state::set_password(database, login->account->id, *password, context.login.cost));
      TRY_VOID(audit(context, call, "account.password", login->account->name));
      return {};
    });
    return changed ? http::no_content() : refused(changed.error());
  };
  return route;
}

http::Route setup_route(const AccountContext& context) {
  http::Route route;
  route.method = http::Method::post;
  route.pattern = "/api/v1/setup";
  route.summary = "Make the first account, by the link that the first start prints";
  route.tag = "session";
  route.body =
      http::BodyRule{schema::object({{"link", schema::text("what stands behind link= in it")},
                                     {"name", schema::text()},
                                     {"password", schema::text("12 to 256 bytes")}}),
                     ""};
  route.answers = {{200, "The admin is logged in.", {"application/json"}, session_schema()}};
  route.handler = [context](const Call& call) -> Response {
    state::Database& database = context.database(call.worker());
    const auto body = BodyFields::parse(call.body());
    if (!body) return http::problem(400, body.error().message());
    const auto link = body->needed_text("link"), name = body->needed_text("name"),
               password = body->needed_text("password");
    for (const auto* field : {&link, &name, &password})
      if (!*field) return http::problem(400, field->error().message());
    const Timestamp now = context.now();
    const auto account = state::set_up(database, *link, *name, *password, now, context.login.cost);
    if (!account) return refused(account.error());
    if (const auto noted = audit(context, call, "account.setup", account->name); !noted)
      return failed(noted.error());
    const auto session =
        state::begin_session(database, *account, call.request().remote, now, context.sessions);
    return session ? session_begun(call.request(), *session) : refused(session.error());
  };
  return route;
}

// --- accounts ---

http::Route accounts_route(const AccountContext& context) {
  http::Route route;
  route.pattern = "/api/v1/accounts";
  route.summary = "All accounts";
  route.tag = "accounts";
  route.answers = {
      {200, "", {"application/json"}, schema::object({{"rows", schema::array(account_schema())}})}};
  route.scope = "admin";
  route.handler = [context](const Call& call) -> Response {
    const auto all = state::accounts(context.database(call.worker()));
    if (!all) return failed(all.error());
    std::vector<std::string> rows;
    for (const state::Account& account : *all) rows.push_back(account_json(account));
    return http::json(fmt::format(R"({{"rows":[{}]}})", fmt::join(rows, ",")));
  };
  return route;
}

Outcome<state::Role> role_of(const std::string& name) {
  const auto role = state::role_named(name);
  if (!role)
    return state::refusal(state::StateError::Kind::invalid,
                          "'role' must be viewer, analyst, admin or member");
  return *role;
}

Outcome<state::Account> make_account(const AccountContext& context, const Call& call) {
  state::Database& database = context.database(call.worker());
  const auto read = [&]() -> Result<state::NewAccount> {
    TRY(const BodyFields body, BodyFields::parse(call.body()));
    TRY_VOID(body.only({"name", "role", "password", "member"}));
    TRY(std::string name, body.needed_text("name"));
    TRY(const std::string role, body.needed_text("role"));
    TRY(std::string password, body.needed_text("password"));
    const auto known = state::role_named(role);
    if (!known) return failure("'role' must be viewer, analyst, admin or member");
    TRY(auto member, body.text("member"));
    return state::NewAccount{std::move(name), *known, std::move(password),
                             std::move(member).value_or("")};
  };
  const Result<state::NewAccount> wanted = read();
  if (!wanted) return state::refusal(state::StateError::Kind::invalid, wanted.error().message());
  TRY(state::Account account,
      state::create_account(database, *wanted, context.now(), context.login.cost));
  TRY_VOID(audit(context, call, "account.create", account.name,
                 fmt::format(R"({{"role":"{}"}})", name_of(account.role))));
  return account;
}

http::Route make_account_route(const AccountContext& context) {
  http::Route route;
  route.method = http::Method::post;
  route.pattern = "/api/v1/accounts";
  route.summary = "Make an account";
  route.tag = "accounts";
  route.body = http::BodyRule{
      schema::object(
          {{"name", schema::text("1 to 64 printable characters")},
           {"role", schema::one_of({"viewer", "analyst", "admin", "member"})},
           {"member?", schema::nullable(schema::text("of the role member: the organisation"))},
           {"password", schema::text("12 to 256 bytes")}}),
      ""};
  route.answers = {{201, "It is made.", {"application/json"}, account_schema()},
                   problem_answer(409, "The name is taken.")};
  route.scope = "admin";
  route.handler = [context](const Call& call) -> Response {
    const auto account = make_account(context, call);
    return account ? http::json(account_json(*account), 201) : refused(account.error());
  };
  return route;
}

Outcome<state::Account> account_of(state::Database& database, const Call& call) {
  TRY(const auto account, state::account_named(database, *call.text("name")));
  if (!account)
    return state::refusal(state::StateError::Kind::absent, "There is no account of that name.");
  return *account;
}

struct AccountChange {
  std::optional<std::string> role, password;
  std::optional<bool> disabled;
};

Outcome<state::Account> change_account(const AccountContext& context, const Call& call) {
  state::Database& database = context.database(call.worker());
  const auto read = [&]() -> Result<AccountChange> {
    TRY(const BodyFields body, BodyFields::parse(call.body()));
    TRY_VOID(body.only({"role", "password", "disabled"}));
    AccountChange change;
    TRY(change.role, body.text("role"));
    TRY(change.password, body.text("password"));
    TRY(change.disabled, body.boolean("disabled"));
    return change;
  };
  const Result<AccountChange> change = read();
  if (!change) return state::refusal(state::StateError::Kind::invalid, change.error().message());
  std::optional<state::Account> changed;
  TRY_VOID(state::transaction(database, [&]() -> Outcome<void> {
    TRY(const state::Account account, account_of(database, call));
    const auto note = [&](std::string action, std::string detail) {
      return audit(context, call, std::move(action), account.name, std::move(detail));
    };
    if (change->role) {
      TRY(const state::Role role, role_of(*change->role));
      TRY_VOID(state::set_role(database, account.id, role));
      TRY_VOID(note("account.role", fmt::format(R"({{"role":"{}"}})", name_of(role))));
    }
    if (change->disabled) {
      TRY_VOID(state::set_disabled(database, account.id, *change->disabled));
      TRY_VOID(note(*change->disabled ? "account.disable" : "account.enable", "{}"));
    }
    if (change->password) {
      TRY_VOID(state::set_password(database, account.id, *change->password, context.login.cost));
      TRY_VOID(note("account.password", "{}"));
    }
    TRY(changed, state::find_account(database, account.id));
    return {};
  }));
  return *changed;
}

http::Route change_account_route(const AccountContext& context) {
  http::Route route;
  route.method = http::Method::patch;
  route.pattern = "/api/v1/accounts/{name}";
  route.summary = "Change an account's role or password, disable or enable it";
  route.tag = "accounts";
  route.parameters = {http::path_parameter("name", "the account's name")};
  route.body =
      http::BodyRule{schema::object({{"role?", schema::one_of({"viewer", "analyst", "admin"})},
                                     {"disabled?", schema::boolean()},
                                     {"password?", schema::text("12 to 256 bytes")}}),
                     ""};
  route.answers = {{200, "It is changed.", {"application/json"}, account_schema()},
                   problem_answer(404, "There is none of that name."),
                   problem_answer(409, "It is the last admin who can log in.")};
  route.scope = "admin";
  route.handler = [context](const Call& call) -> Response {
    const auto account = change_account(context, call);
    return account ? http::json(account_json(*account)) : refused(account.error());
  };
  return route;
}

http::Route delete_account_route(const AccountContext& context) {
  http::Route route;
  route.method = http::Method::delete_;
  route.pattern = "/api/v1/accounts/{name}";
  route.summary = "Delete an account, its sessions and tokens";
  route.tag = "accounts";
  route.parameters = {http::path_parameter("name", "the account's name")};
  route.answers = {{204, "It is gone.", {}, ""},
                   problem_answer(404, "There is none of that name."),
                   problem_answer(409, "It is the last admin who can log in.")};
  route.scope = "admin";
  route.handler = [context](const Call& call) -> Response {
    state::Database& database = context.database(call.worker());
    const Outcome<void> done = state::transaction(database, [&]() -> Outcome<void> {
      TRY(const state::Account account, account_of(database, call));
      TRY_VOID(state::delete_account(database, account.id));
      TRY_VOID(audit(context, call, "account.delete", account.name));
      return {};
    });
    return done ? http::no_content() : refused(done.error());
  };
  return route;
}

}  // namespace

http::Authenticator authenticator(const AccountContext& context) {
  return [context](const http::Request& request,
                   size_t worker) -> tl::expected<http::Principal, Response> {
    state::Database& database = context.database(worker);
    if (const auto token = bearer_token(request)) {
      const auto use = state::find_token(database, *token, context.now());
      if (!use) return tl::unexpected(failed(use.error()));
      if (!*use) return tl::unexpected(http::problem(401, "The token is not valid."));
      return principal_of((*use)->account, (*use)->scopes);
    }
    const auto id = session_id(request);
    if (!id) return http::Principal{};
    const auto session = state::find_session(database, *id, context.now(), context.sessions);
    if (!session) return tl::unexpected(failed(session.error()));
    if (!*session)
      return tl::unexpected(http::problem(401, "The session has ended; log in again."));
    if (changes_something(request.method)) {
      const auto csrf = request.headers.find("X-CSRF-Token");
      if (!csrf || !state::csrf_matches(**session, *csrf))
        return tl::unexpected(
            http::problem(403, "What changes something needs the session's X-CSRF-Token."));
    }
    return principal_of((*session)->account, scopes_of((*session)->account.role));
  };
}

std::vector<http::Route> account_routes(const AccountContext& context) {
  std::vector<http::Route> routes = {
      log_in_route(context),       session_route(context),        log_out_route(context),
      password_route(context),     setup_route(context),          accounts_route(context),
      make_account_route(context), change_account_route(context), delete_account_route(context)};
  for (http::Route& route : token_routes(context)) routes.push_back(std::move(route));
  return routes;
}

}  // namespace yagura::app
