// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "app/question_flags.h"
#include "app/session.h"
#include "app/verbs.h"
#include "telescope/report_tables.h"

namespace yagura::app {
namespace {

using telescope::EventState;

struct Options {
  telescope::EventQuestion question;
  PeriodFlags period;
  FilterFlags filter;
  EventState state{};  // none: all
};

Result<ExitCode> events(Session& session, const Options& options) {
  TRY(const TelescopeData data, open_for_questions(session));
  telescope::EventQuestion question = options.question;
  TRY(question.period, period_of(options.period, data.connection()));
  TRY(question.filter, filter_of(options.filter, data.database()));
  if (options.state != EventState{}) question.state = options.state;
  question.limit = options.question.limit + 1;
  TRY(auto found, telescope::events(data.connection(), question));
  note_more(session, found, options.question.limit);
  TRY(const telescope::Names names, data.names());
  return session.print(telescope::events_table(found, names));
}

}  // namespace

void add_telescope_events(Verb& parent) {
  auto options = std::make_shared<Options>();
  Verb verb = parent.verb(
      "events", "List scan events: one source's scanning, start to end",
      "Example:\n  yagura telescope events --order dark-addresses --port 23 --least-packets 1000");
  verb.choice("--order", options->question.order, telescope::event_order_choices,
              "largest first by")
      .choice("--state", options->state, telescope::event_state_choices,
              "only events in this state")
      .number("--least-packets", options->question.least_packets, "packets at least")
      .number("--least-dark-addresses", options->question.least_dark_addresses,
              "dark addresses reached at least");
  add_limit_flag(verb, options->question.limit, "events");
  add_period_flags(verb, options->period);
  add_filter_flags(verb, options->filter,
                   {"class", "port", "source", "country", "asn", "tool", "organisation", "survey"});
  verb.answers([options](Session& session) { return events(session, *options); });
}

}  // namespace yagura::app
