// SPDX-License-Identifier: Apache-2.0
//
// What the routes of early warning share. There are two sides: that of operators, who see all
// members, and the portal, where an account of a member organisation sees what is its own. The same
// handlers serve both.
#pragma once

#include <string>
#include <vector>

#include "app/account_requests.h"
#include "app/account_routes.h"
#include "http/route.h"
#include "state/contacts.h"
#include "state/members.h"
#include "state/warnings.h"
#include "telescope/routes.h"
#include "warning/notice_letter.h"
#include "warning/report_tables.h"

namespace yagura::app {

enum class Side : uint8_t { operators, portal };

// A route below /api/v1/warning or /api/v1/portal. Reading needs the scope read, or own.
http::Route route_on(Side side, http::Method method, std::string pattern, std::string summary);

constexpr warning::Reader reader_on(Side side) {
  return side == Side::portal ? warning::Reader::member : warning::Reader::operators;
}

// Of explanations: en or ja, by the parameter of that name.
http::Parameter language_parameter();
warning::TableStyle style_of(Side side, const http::Call& call);

// The member whose data alone this call may see; nothing on the side of operators.
std::optional<int64_t> tenant_of(Side side, const http::Call& call);

state::Outcome<state::Member> member_of(state::Database& database, std::string_view name);
// The member that a call is about: of operators the one that {name} names, else the tenant.
state::Outcome<state::Member> member_in(Side side, state::Database& database,
                                        const http::Call& call);
// The number that {id} is; refused as if it were of nothing where it is none.
state::Outcome<int64_t> number_in(const http::Call& call, std::string_view what);
// The warning that {id} names. Another member's is as if it did not exist.
state::Outcome<state::Warning> warning_in(Side side, state::Database& database,
                                          const http::Call& call);

// 204, or why not. `work` runs in one transaction.
http::Response changed(state::Database& database,
                       const std::function<state::Outcome<void>()>& work);

std::string prefixes_json(const std::vector<Prefix>& prefixes);
Result<std::vector<Prefix>> prefixes_of(const BodyFields& body, std::string_view name);
// A member with its blocks, allocation, contacts and claim, as a JSON object.
std::string member_schema();
state::Outcome<std::string> member_json(state::Database& database, const state::Member& member,
                                        const http::Call& call);
std::string contact_schema();
// Only who keeps the contacts of members sees the whole of a webhook's address.
std::string contact_json(const state::Contact& contact, const http::Call& call);

std::vector<http::Route> member_routes(const AccountContext& context);
std::vector<http::Route> contact_routes(Side side, const AccountContext& context,
                                        const warning::LetterOptions& letters);
std::vector<http::Route> given_warning_routes(Side side, const AccountContext& context,
                                              const enrich::Places* places);
http::Route scan_route(Side side, const telescope::RouteContext& context);
std::vector<http::Route> outbox_routes(const AccountContext& context,
                                       const warning::LetterOptions& letters);
std::vector<http::Route> organisation_routes(const AccountContext& context);

}  // namespace yagura::app
