// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>

#include "app/question_flags.h"
#include "app/session.h"
#include "app/verbs.h"
#include "base/text.h"
#include "warning/history.h"
#include "warning/report_tables.h"

namespace yagura::app {
namespace {

struct Options {
  PeriodFlags period;
  std::string member;
  uint64_t silence_hours = 24;
  uint64_t limit = 1000;
};

Result<ExitCode> scan(Session& session, const Options& options) {
  TRY(const TelescopeData data, open_for_questions(session));
  TRY(const telescope::Period period, period_of(options.period, data.connection()));
  TRY(const auto members, state::members(data.database()));
  if (members.empty())
    return failure("there is no member to warn; register one with `yagura warning members add`");
  warning::HistoryQuestion question;
  question.from = period.from;
  question.until = period.until;
  question.silence = Duration::hours(static_cast<int64_t>(options.silence_hours));
  if (!options.member.empty()) {
    TRY(const auto member, state::member_named(data.database(), options.member));
    if (!member) return failure(fmt::format("there is no member \"{}\"", options.member));
    question.member = member->id;
  }
  TRY(const auto blocks, state::member_blocks(data.database()));
  const warning::MemberSpace space(blocks);
  TRY(const auto darks, warning::sensor_darks(data.database()));
  TRY(auto episodes, warning::judge_history(data.connection(), space, darks, question));
  note_more(session, episodes, options.limit);
  return session.print(warning::episodes_table(episodes, members));
}

}  // namespace

void add_warning_scan(Verb& parent) {
  auto options = std::make_shared<Options>();
  Verb verb = parent.verb(
      "scan", "Judge what is stored: which members' addresses were in the dark",
      "Reads the stored activity of the period as if the members had been registered then. Why an\n"
      "address is told of stands in the `explanation` of JSON and CSV.\n\n"
      "Examples:\n"
      "  yagura warning scan --last 7d\n"
      "  yagura warning scan --member 'City of A' --format json");
  verb.text("--member", options->member, "NAME", "this member alone")
      .number("--silence", options->silence_hours, "hours without a packet that end a warning", 1,
              24 * 365);
  add_limit_flag(verb, options->limit, "warnings");
  add_period_flags(verb, options->period);
  verb.answers([options](Session& session) { return scan(session, *options); });
}

}  // namespace yagura::app
