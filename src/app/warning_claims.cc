// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "app/control_plane.h"
#include "app/telescope_data.h"
#include "app/verbs.h"
#include "state/claims.h"
#include "warning/report_tables.h"

namespace yagura::app {
namespace {

Result<ExitCode> list(Session& session) {
  TRY(const auto database, open_state(session));
  TRY(const auto members, state::members(*database));
  TRY(const auto claims, state::claims(*database));
  return session.print(warning::claims_table(claims, members));
}

Result<ExitCode> decide(Session& session, const std::string& name, bool approve) {
  TRY(const auto database, open_state(session));
  TRY(const state::Member member, member_to_name(*database, name));
  if (approve)
    TRY_VOID(state::approve_claim(*database, member.id, clock_now()));
  else
    TRY_VOID(state::refuse_claim(*database, member.id));
  return ExitCode::done;
}

}  // namespace

void add_warning_claims(Verb& parent) {
  auto name = std::make_shared<std::string>();
  Verb claims = parent.verb("claims", "Addresses that members wish to register: approve, refuse",
                            "What a member claims beyond what it was granted waits here.\n\n"
                            "Example:\n  yagura warning claims");
  claims.does([](Session& session) { return list(session); });
  for (const bool approve : {true, false}) {
    Verb verb = approve ? claims.verb("approve", "Register what a member claims",
                                      "Example:\n  yagura warning claims approve 'City of A'")
                        : claims.verb("refuse", "Refuse a member's claim",
                                      "Example:\n  yagura warning claims refuse 'City of A'");
    verb.argument("member", *name, "the member's name", true);
    verb.does_plainly(
        [name, approve](Session& session) { return decide(session, *name, approve); });
  }
}

}  // namespace yagura::app
