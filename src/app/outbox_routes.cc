// SPDX-License-Identifier: Apache-2.0
#include "app/warning_route_parts.h"
#include "http/schema.h"
#include "state/outbox.h"
#include "telescope/route_answer.h"
#include "warning/report_tables.h"

namespace yagura::app {
namespace {

using http::Call;
using http::Response;
using state::LetterState;
using state::Outcome;

std::optional<LetterState> state_named(std::string_view name) {
  if (name == "waiting") return LetterState::waiting;
  if (name == "sent") return LetterState::sent;
  if (name == "dead") return LetterState::dead;
  return std::nullopt;
}

http::Route outbox_route(const AccountContext& context) {
  http::Route route =
      route_on(Side::operators, http::Method::get, "outbox", "Notices on their way, latest first");
  route.scope = "write";
  route.parameters = {
      http::choice_parameter("state", "which of them", {"waiting", "sent", "dead", "all"}, "all"),
      http::integer_parameter("limit", "most rows of the answer", 1, 10'000, 1'000),
      telescope::format_parameter()};
  route.answers = {telescope::table_answer(warning::letters_table({}))};
  route.handler = [context](const Call& call) -> Response {
    const int64_t limit = *call.integer("limit");
    state::LetterQuery query;
    query.state = state_named(*call.text("state"));
    query.limit = limit + 1;
    auto letters = state::letters(context.database(call.worker()), query);
    if (!letters) return failed(letters.error());
    const bool more = telescope::drop_beyond(*letters, static_cast<uint64_t>(limit));
    return telescope::table_response(call, {warning::letters_table(*letters), {}, more, {}, {}});
  };
  return route;
}

http::Route retry_route(const AccountContext& context, const warning::LetterOptions& letters) {
  http::Route route = route_on(Side::operators, http::Method::post, "outbox/{id}/retry",
                               "Try again to send a notice that was given up");
  route.scope = "write";
  route.parameters = {http::path_parameter("id", "the notice's number in the outbox")};
  route.answers = {{204, "It waits to be sent.", {}, ""},
                   problem_answer(404, "There is no dead one of that number.")};
  route.handler = [context, letters](const Call& call) {
    state::Database& database = context.database(call.worker());
    return changed(database, [&]() -> Outcome<void> {
      TRY(const int64_t id, number_in(call, "notice"));
      const Timestamp now = context.now();
      TRY_VOID(state::retry_letter(database, id, now, now + letters.expiry));
      TRY_VOID(audit(context, call, "notice.retry", std::to_string(id)));
      return {};
    });
  };
  return route;
}

}  // namespace

std::vector<http::Route> outbox_routes(const AccountContext& context,
                                       const warning::LetterOptions& letters) {
  return {outbox_route(context), retry_route(context, letters)};
}

}  // namespace yagura::app
