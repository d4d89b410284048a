// SPDX-License-Identifier: Apache-2.0
#include "app/warning_route_parts.h"

#include <fmt/format.h>

#include <charconv>

#include "base/text.h"
#include "http/schema.h"
#include "model/contact_target.h"
#include "state/claims.h"
#include "state/contacts.h"

namespace yagura::app {

namespace schema = http::schema;
using http::Call;
using http::Response;
using state::Outcome;
using state::StateError;

http::Route route_on(Side side, http::Method method, std::string pattern, std::string summary) {
  http::Route route;
  const bool reads = method == http::Method::get;
  route.method = method;
  route.summary = std::move(summary);
  if (side == Side::operators) {
    route.pattern = "/api/v1/warning/" + std::move(pattern);
    route.tag = "warning";
    route.scope = reads ? "read" : "admin";
  } else {
    route.pattern = "/api/v1/portal/" + std::move(pattern);
    route.tag = "portal";
    route.scope = "own";
  }
  return route;
}

http::Parameter language_parameter() {
  return http::choice_parameter("language", "of the explanations", {"en", "ja"}, "en");
}

warning::TableStyle style_of(Side side, const Call& call) {
  return {reader_on(side), model::language_of(*call.text("language")).value()};
}

std::optional<int64_t> tenant_of(Side side, const Call& call) {
  if (side == Side::operators) return std::nullopt;
  return call.principal().tenant;
}

Outcome<state::Member> member_of(state::Database& database, std::string_view name) {
  TRY(auto member, state::member_named(database, name));
  if (!member)
    return state::refusal(StateError::Kind::absent, fmt::format("there is no member \"{}\"", name));
  return std::move(*member);
}

Outcome<state::Member> member_in(Side side, state::Database& database, const Call& call) {
  if (side == Side::operators) return member_of(database, *call.text("name"));
  TRY(auto member, state::find_member(database, call.principal().tenant));
  if (!member) return state::refusal(StateError::Kind::absent, "the organisation is gone");
  return std::move(*member);
}

Outcome<int64_t> number_in(const Call& call, std::string_view what) {
  const std::string_view text = *call.text("id");
  int64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size())
    return state::refusal(StateError::Kind::absent, fmt::format("there is no such {}", what));
  return id;
}

Outcome<state::Warning> warning_in(Side side, state::Database& database, const Call& call) {
  TRY(const int64_t id, number_in(call, "warning"));
  TRY(auto warning, state::find_warning(database, id));
  const auto tenant = tenant_of(side, call);
  if (!warning || (tenant && warning->member != *tenant))
    return state::refusal(StateError::Kind::absent, fmt::format("there is no warning {}", id));
  return std::move(*warning);
}

Response changed(state::Database& database, const std::function<Outcome<void>()>& work) {
  const auto done = state::transaction(database, work);
  return done ? http::no_content() : refused(done.error());
}

std::string prefixes_json(const std::vector<Prefix>& prefixes) {
  std::vector<std::string> texts;
  texts.reserve(prefixes.size());
  for (const Prefix& prefix : prefixes) texts.push_back(json_quote(prefix.to_string()));
  return fmt::format("[{}]", fmt::join(texts, ","));
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

std::string contact_schema() {
  return schema::object(
      {{"id", schema::integer()},
       {"target", schema::text("mailto:, https: or syslog+tls:")},
       {"language", schema::one_of({"en", "ja"})},
       {"quiet", schema::text("hours in which low severity waits: 22:00-07:00 +09:00")}});
}

std::string member_schema() {
  const std::string prefixes = schema::array(schema::text("prefix"));
  return schema::object(
      {{"name", schema::text()},
       {"registered", schema::time()},
       {"live", prefixes},
       {"dark", prefixes},
       {"allocation", prefixes},
       {"contacts", schema::array(contact_schema())},
       {"claim", schema::nullable(schema::object(
                     {{"made", schema::time()}, {"live", prefixes}, {"dark", prefixes}}))}});
}

namespace {

std::string claim_json(const std::optional<state::Claim>& claim) {
  if (!claim) return "null";
  return fmt::format(R"({{"made":"{}","live":{},"dark":{}}})", format_time(claim->made),
                     prefixes_json(claim->live), prefixes_json(claim->dark));
}

}  // namespace

std::string contact_json(const state::Contact& contact, const Call& call) {
  return fmt::format(
      R"({{"id":{},"target":{},"language":"{}","quiet":{}}})", contact.id,
      json_quote(call.principal().may("write") ? contact.target
                                               : model::shown_target(contact.target)),
      model::code_of(contact.language), json_quote(contact.quiet));
}

Outcome<std::string> member_json(state::Database& database, const state::Member& member,
                                 const Call& call) {
  TRY(const auto blocks, state::member_blocks(database, member.id));
  TRY(const auto granted, state::allocation(database, member.id));
  TRY(const auto contacts, state::contacts(database, member.id));
  TRY(const auto claim, state::claim_of(database, member.id));
  std::vector<std::string> shown;
  for (const state::Contact& contact : contacts) shown.push_back(contact_json(contact, call));
  std::vector<Prefix> live, dark;
  for (const state::MemberBlock& block : blocks)
    (block.use == state::BlockUse::live ? live : dark).push_back(block.prefix);
  return fmt::format(R"({{"name":{},"registered":"{}","live":{},"dark":{},"allocation":{},)"
                     R"("contacts":[{}],"claim":{}}})",
                     json_quote(member.name), format_time(member.registered), prefixes_json(live),
                     prefixes_json(dark), prefixes_json(granted), fmt::join(shown, ","),
                     claim_json(claim));
}

}  // namespace yagura::app
