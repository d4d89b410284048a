// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>

#include "app/question_flags.h"
#include "app/session.h"
#include "app/verbs.h"
#include "state/warnings.h"
#include "warning/report_tables.h"

namespace yagura::app {
namespace {

enum class Which { open, resolved, all };

struct Options {
  std::string member;
  Which which = Which::open;
  uint64_t limit = 1000;
};

Result<ExitCode> list(Session& session, const Options& options) {
  TRY(const TelescopeData data, open_for_questions(session));
  state::WarningQuery query;
  query.open = options.which != Which::resolved;
  query.resolved = options.which != Which::open;
  query.limit = static_cast<int64_t>(options.limit) + 1;
  if (!options.member.empty()) {
    TRY(const auto member, state::member_named(data.database(), options.member));
    if (!member) return failure(fmt::format("there is no member \"{}\"", options.member));
    query.member = member->id;
  }
  TRY(const auto members, state::members(data.database()));
  TRY(auto warnings, state::warnings(data.database(), query));
  note_more(session, warnings, options.limit);
  TRY(const Table table, warning::warnings_table(warnings, members));
  return session.print(table);
}

}  // namespace

void add_warning_list(Verb& parent) {
  auto options = std::make_shared<Options>();
  Verb verb = parent.verb("list", "List the warnings that a service has given",
                          "A warning is given when `yagura serve` sees the first packet.\n\n"
                          "Examples:\n"
                          "  yagura warning list\n"
                          "  yagura warning list --state all --member 'City of A'");
  verb.text("--member", options->member, "NAME", "of this member alone")
      .choice<Which>("--state", options->which,
                     {{"open", Which::open}, {"resolved", Which::resolved}, {"all", Which::all}},
                     "which of them");
  add_limit_flag(verb, options->limit, "warnings");
  verb.answers([options](Session& session) { return list(session, *options); });
}

}  // namespace yagura::app
