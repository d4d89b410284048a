// SPDX-License-Identifier: Apache-2.0
#include "app/account_requests.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/log.h"
#include "base/text.h"
#include "state/tokens.h"

namespace yagura::app {
namespace {

std::string member_name_json(const state::Account& account) {
  return account.member == 0 ? "null" : json_quote(account.member_name);
}

}  // namespace

struct BodyFields::Implementation {
  nlohmann::json object;

  const nlohmann::json* find(std::string_view name) const {
    const auto it = object.find(std::string(name));
    return it == object.end() || it->is_null() ? nullptr : &*it;
  }
};

BodyFields::BodyFields(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
BodyFields::~BodyFields() = default;
BodyFields::BodyFields(BodyFields&&) noexcept = default;

Result<BodyFields> BodyFields::parse(const std::string& body) {
  constexpr int deepest = 4;
  bool too_deep = false;
  const auto watch = [&](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
    too_deep |= depth > deepest;
    return !too_deep;
  };
  auto made = std::make_unique<Implementation>();
  made->object = nlohmann::json::parse(body, watch, false);
  if (too_deep || !made->object.is_object()) return failure("the body must be a JSON object");
  return BodyFields(std::move(made));
}

Result<std::optional<std::string>> BodyFields::text(std::string_view name) const {
  const nlohmann::json* value = implementation_->find(name);
  if (value == nullptr) return std::optional<std::string>();
  if (!value->is_string()) return failure(fmt::format("'{}' must be a text", name));
  return std::optional<std::string>(value->get<std::string>());
}

Result<std::optional<bool>> BodyFields::boolean(std::string_view name) const {
  const nlohmann::json* value = implementation_->find(name);
  if (value == nullptr) return std::optional<bool>();
  if (!value->is_boolean()) return failure(fmt::format("'{}' must be true or false", name));
  return std::optional<bool>(value->get<bool>());
}

Result<std::optional<std::vector<std::string>>> BodyFields::texts(std::string_view name) const {
  const nlohmann::json* value = implementation_->find(name);
  if (value == nullptr) return std::optional<std::vector<std::string>>();
  const auto is_text = [](const nlohmann::json& element) { return element.is_string(); };
  if (!value->is_array() || !std::all_of(value->begin(), value->end(), is_text))
    return failure(fmt::format("'{}' must be a list of texts", name));
  return std::optional(value->get<std::vector<std::string>>());
}

Result<std::string> BodyFields::needed_text(std::string_view name) const {
  TRY(auto value, text(name));
  if (!value) return failure(fmt::format("'{}' is missing", name));
  return std::move(*value);
}

Result<void> BodyFields::only(std::initializer_list<std::string_view> names) const {
  for (const auto& [name, value] : implementation_->object.items())
    if (std::find(names.begin(), names.end(), name) == names.end())
      return failure(fmt::format("'{}' is none of {}", shorten(name, 40), fmt::join(names, ", ")));
  return {};
}

http::Answer problem_answer(int status, std::string description) {
  return {status, std::move(description), {"application/problem+json"}, ""};
}

http::Response failed(const Error& error) {
  log_error("answering a request: " + error.message());
  return http::problem(500, "It could not be done; the log says why.");
}

http::Response refused(const state::StateError& error) {
  switch (error.kind()) {
    case state::StateError::Kind::invalid:
      return http::problem(400, error.message());
    case state::StateError::Kind::absent:
      return http::problem(404, error.message());
    case state::StateError::Kind::conflict:
      return http::problem(409, error.message());
    case state::StateError::Kind::trouble:
      break;
  }
  return failed(error);
}

std::optional<std::string_view> bearer_token(const http::Request& request) {
  constexpr std::string_view scheme = "Bearer ";
  const auto header = request.headers.find("Authorization");
  if (!header || header->size() < scheme.size() ||
      !http::same_name(header->substr(0, scheme.size()), scheme))
    return {};
  return header->substr(scheme.size());
}

std::optional<std::string_view> session_id(const http::Request& request) {
  return http::find(request.cookies, http::session_cookie);
}

Result<void> audit(const AccountContext& context, const http::Call& call, std::string action,
                   std::string object, std::string detail) {
  state::Database& database = context.database(call.worker());
  state::AuditEntry entry;
  entry.time = context.now();
  entry.account = call.principal().name;
  entry.remote = call.request().remote;
  entry.action = std::move(action);
  entry.object = std::move(object);
  entry.detail = std::move(detail);
  if (const auto token = bearer_token(call.request())) {
    TRY(const auto use, state::find_token(database, *token, entry.time));
    if (use) entry.token = use->token.name;
  }
  return state::record_audit(database, entry);
}

std::string account_json(const state::Account& account) {
  return fmt::format(R"({{"name":{},"role":"{}","member":{},"disabled":{},"created":{},)"
                     R"("last_login":{}}})",
                     json_quote(account.name), name_of(account.role), member_name_json(account),
                     account.disabled, json_quote(format_time(account.created)),
                     account.last_login ? json_quote(format_time(*account.last_login)) : "null");
}

std::string session_json(const state::Session& session) {
  std::vector<std::string> scopes;
  for (const state::Scope scope : state::all_scopes)
    if (scopes_of(session.account.role).has(scope)) scopes.push_back(json_quote(name_of(scope)));
  return fmt::format(R"({{"name":{},"role":"{}","member":{},"scopes":[{}],"csrf":{}}})",
                     json_quote(session.account.name), name_of(session.account.role),
                     member_name_json(session.account), fmt::join(scopes, ","),
                     json_quote(session.csrf));
}

http::Response session_begun(const http::Request& request, const state::NewSession& session) {
  http::Cookie cookie{std::string(http::session_cookie), session.id};
  cookie.secure = request.secure;
  const Result<std::string> field = http::set_cookie(cookie);
  if (!field) return failed(field.error());
  http::Response response = http::json(session_json(session.session));
  response.headers.add("Set-Cookie", *field);
  return response;
}

}  // namespace yagura::app
