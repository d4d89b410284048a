// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "app/question_flags.h"
#include "app/session.h"
#include "app/verbs.h"
#include "telescope/report_tables.h"

namespace yagura::app {
namespace {

struct Options {
  telescope::RankQuestion question;
  PeriodFlags period;
  FilterFlags filter;
};

Result<ExitCode> top(Session& session, const Options& options) {
  TRY(const TelescopeData data, open_for_questions(session));
  telescope::RankQuestion question = options.question;
  TRY(question.period, period_of(options.period, data.connection()));
  TRY(question.filter, filter_of(options.filter, data.database()));
  TRY(const telescope::Ranking ranking, telescope::ranking(data.connection(), question));
  if (ranking.exact && ranking.period != question.period)
    session.note("counted from daily rows, for " + telescope::format_period(ranking.period));
  TRY(const telescope::Names names, data.names());
  return session.print(telescope::ranking_table(ranking, question.by, names));
}

}  // namespace

void add_telescope_top(Verb& parent) {
  auto options = std::make_shared<Options>();
  options->question.limit = 20;
  Verb verb = parent.verb(
      "top", "Rank ports, countries, autonomous systems, tools, organisations",
      "Hosts are exact per day (or hour, or 5 minutes, whichever fits into the period). A filter "
      "by\n"
      "another dimension and --exact-hosts count from the daily rows of every source instead.\n\n"
      "Examples:\n"
      "  yagura telescope top --by tcp-port --survey without\n"
      "  yagura telescope top --by port --country JP --period 2026-11 --order hosts");
  verb.choice("--by", options->question.by, telescope::rank_by_choices, "what to rank")
      .choice("--order", options->question.order, telescope::rank_order_choices, "rank by")
      .toggle("--exact-hosts", options->question.exact_hosts,
              "count the distinct hosts of the whole period");
  add_limit_flag(verb, options->question.limit, "lines");
  add_period_flags(verb, options->period);
  add_filter_flags(verb, options->filter,
                   {"class", "port", "source", "country", "asn", "tool", "organisation", "survey"});
  verb.answers([options](Session& session) { return top(session, *options); });
}

}  // namespace yagura::app
