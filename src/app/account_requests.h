// SPDX-License-Identifier: Apache-2.0
//
// What routes that change the control plane share: reading a JSON body, saying who did something,
// refusing.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/account_routes.h"
#include "http/router.h"
#include "state/audit.h"
#include "state/outcome.h"

namespace yagura::app {

// The members of a JSON object that is a request's body, each a text, a boolean or a list of texts.
class BodyFields {
 public:
  // Fails where the body is no JSON object of such members.
  static Result<BodyFields> parse(const std::string& body);
  ~BodyFields();
  BodyFields(BodyFields&&) noexcept;

  // Each fails where the member is there but of another type; nothing where it is absent or null.
  Result<std::optional<std::string>> text(std::string_view name) const;
  Result<std::optional<bool>> boolean(std::string_view name) const;
  Result<std::optional<std::vector<std::string>>> texts(std::string_view name) const;
  // Fails where it is absent, too.
  Result<std::string> needed_text(std::string_view name) const;
  // Fails on a member that is none of these, and names it.
  Result<void> only(std::initializer_list<std::string_view> names) const;

 private:
  struct Implementation;
  explicit BodyFields(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

// The response to what state refused: 400 invalid, 404 absent, 409 conflict, 500 trouble, whose
// reason goes to the log and not to the client.
http::Response refused(const state::StateError& error);
http::Response failed(const Error& error);

// The declaration of a problem that a route may answer with.
http::Answer problem_answer(int status, std::string description);

// An audit entry of what the call's principal did.
Result<void> audit(const AccountContext& context, const http::Call& call, std::string action,
                   std::string object, std::string detail = "{}");

// One row of the list of accounts, and what a client learns of its session.
std::string account_json(const state::Account& account);
std::string session_json(const state::Session& session);
// 200 with the cookie of the session that was begun.
http::Response session_begun(const http::Request& request, const state::NewSession& session);

std::optional<std::string_view> bearer_token(const http::Request& request);
std::optional<std::string_view> session_id(const http::Request& request);

}  // namespace yagura::app
