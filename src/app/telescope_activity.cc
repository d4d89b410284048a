// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "app/question_flags.h"
#include "app/session.h"
#include "app/verbs.h"
#include "telescope/report_tables.h"

namespace yagura::app {
namespace {

struct Options {
  telescope::ActivityQuestion question;
  PeriodFlags period;
  FilterFlags filter;
  std::string sensor;
};

Result<ExitCode> activity(Session& session, const Options& options) {
  TRY(const TelescopeData data, open_for_questions(session));
  telescope::ActivityQuestion question = options.question;
  TRY(question.period, period_of(options.period, data.connection()));
  TRY(question.filter, filter_of(options.filter, data.database()));
  if (!options.sensor.empty()) {
    TRY(question.sensor, sensor_id(options.sensor, data.database()));
  }
  question.limit = options.question.limit + 1;
  TRY(auto rows, telescope::activity(data.connection(), question));
  note_more(session, rows, options.question.limit);
  TRY(const telescope::Names names, data.names());
  return session.print(telescope::activity_table(rows, names));
}

}  // namespace

void add_telescope_activity(Verb& parent) {
  auto options = std::make_shared<Options>();
  Verb verb = parent.verb(
      "activity", "List the 5-minute rows: what each source did, as long as they are kept",
      "Example:\n  yagura telescope activity --source 203.0.113.0/24 --last 6h");
  verb.text("--sensor", options->sensor, "NAME", "only of this sensor");
  add_limit_flag(verb, options->question.limit, "rows");
  add_period_flags(verb, options->period);
  add_filter_flags(verb, options->filter,
                   {"class", "port", "source", "country", "asn", "tool", "organisation", "survey"});
  verb.answers([options](Session& session) { return activity(session, *options); });
}

}  // namespace yagura::app
