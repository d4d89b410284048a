// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>

#include "app/question_flags.h"
#include "app/session.h"
#include "app/verbs.h"
#include "app/warning_exports.h"
#include "state/warnings.h"
#include "warning/report_tables.h"

namespace yagura::app {
namespace {

enum class Which { open, resolved, all };

struct Options {
  std::string member;
  Which which = Which::open;
  uint64_t limit = 1000;
  std::string form;  // of an export; empty: a table
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
  const ExportForm* form = options.form.empty() ? nullptr : export_form(options.form);
  if (form == nullptr && !options.form.empty())
    return failure(fmt::format("--export: '{}' is none of {}", options.form, export_forms_text()));
  TRY(const auto members, state::members(data.database()));
  TRY(auto warnings, state::warnings(data.database(), query));
  note_more(session, warnings, options.limit);
  if (form != nullptr) {
    TRY(const enrich::Places* places, data.place().places());
    TRY(const std::string text, exported(*form, warnings, {members, places, clock_now()}));
    TRY_VOID(session.out.write(text));
    return ExitCode::done;
  }
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
                          "  yagura warning list --state all --member 'City of A'\n"
                          "  yagura warning list --export intelmq");
  verb.text("--member", options->member, "NAME", "of this member alone")
      .choice<Which>("--state", options->which,
                     {{"open", Which::open}, {"resolved", Which::resolved}, {"all", Which::all}},
                     "which of them")
      .text("--export", options->form, "FORM",
            fmt::format("write them for another program instead: {}", export_forms_text()));
  add_limit_flag(verb, options->limit, "warnings");
  verb.answers([options](Session& session) { return list(session, *options); });
}

}  // namespace yagura::app
