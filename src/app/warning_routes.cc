// SPDX-License-Identifier: Apache-2.0
#include "app/warning_routes.h"

#include <utility>

#include "app/warning_route_parts.h"
#include "telescope/route_answer.h"
#include "warning/history.h"
#include "warning/report_tables.h"

namespace yagura::app {
namespace {

using http::Call;
using http::Response;

Result<telescope::TableAnswer> judged(const telescope::Asked& with, const Call& call,
                                      const telescope::Period& period, Side side,
                                      warning::MemberId member) {
  std::vector<state::Member> members;
  if (side == Side::operators) {
    TRY(members, state::members(with.desk.database));
  }
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
  return telescope::TableAnswer{
      warning::episodes_table(episodes, members, style_of(side, call)), period, more, {}, {}};
}

}  // namespace

http::Route scan_route(Side side, const telescope::RouteContext& context) {
  const bool operators = side == Side::operators;
  http::Route route =
      route_on(side, http::Method::get, operators ? "scan" : "history",
               operators ? "Judges what is stored: which members' addresses were in the dark"
                         : "Judges what is stored: which own addresses were in the dark");
  route.parameters = telescope::period_parameters();
  if (operators) route.parameters.push_back(http::text_parameter("member", "this member alone"));
  route.parameters.push_back(http::integer_parameter(
      "silence", "hours without a packet that end a warning", 1, 24 * 365, 24));
  route.parameters.push_back(
      http::integer_parameter("limit", "most rows of the answer", 1, 10'000, 1'000));
  route.parameters.push_back(language_parameter());
  route.parameters.push_back(telescope::format_parameter());
  route.answers = {telescope::table_answer(warning::episodes_table({}, {}, {reader_on(side)})),
                   problem_answer(404, "There is no member of that name.")};
  route.handler = [side, context](const Call& call) -> Response {
    const auto with = telescope::asked(context, call);
    if (!with) return telescope::store_failure(with.error());
    const auto period = telescope::period_of(call, with->data);
    if (!period) return http::problem(400, period.error().message());
    warning::MemberId member = tenant_of(side, call).value_or(0);
    if (const auto name = side == Side::operators ? call.text("member") : std::nullopt) {
      const auto found = member_of(with->desk.database, *name);
      if (!found) return refused(found.error());
      member = found->id;
    }
    const auto answer = judged(*with, call, *period, side, member);
    if (!answer) return telescope::store_failure(answer.error());
    return telescope::table_response(call, *answer);
  };
  return route;
}

std::vector<http::Route> warning_routes(const telescope::RouteContext& telescope,
                                        const AccountContext& accounts,
                                        const warning::LetterOptions& letters) {
  std::vector<http::Route> routes = member_routes(accounts);
  const auto add = [&](std::vector<http::Route> more) {
    for (http::Route& route : more) routes.push_back(std::move(route));
  };
  for (const Side side : {Side::operators, Side::portal}) {
    add({scan_route(side, telescope)});
    add(given_warning_routes(side, accounts, telescope.places));
    add(contact_routes(side, accounts, letters));
  }
  add(outbox_routes(accounts, letters));
  add(organisation_routes(accounts));
  return routes;
}

}  // namespace yagura::app
