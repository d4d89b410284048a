// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>

#include "app/question_flags.h"
#include "app/session.h"
#include "app/verbs.h"
#include "telescope/report_source.h"
#include "telescope/report_tables.h"

namespace yagura::app {
namespace {

struct Options {
  telescope::SourceQuestion question;
  PeriodFlags period;
  FilterFlags filter;
  std::string address;
};

Result<ExitCode> one_source(Session& session, const Options& options) {
  TRY(const IpAddress source, IpAddress::parse(options.address));
  TRY(const TelescopeData data, open_for_questions(session));
  TRY(const auto page, telescope::source_page(data.connection(), source));
  if (!page)
    return failure(fmt::format("{} has never been seen by this telescope", source.to_string()));
  TRY(const telescope::Names names, data.names());
  const telescope::Document document = telescope::source_report(*page, names);
  switch (session.format) {
    case OutputFormat::json:
      TRY_VOID(session.out.write(document_json(document)));
      break;
    case OutputFormat::csv:
      TRY_VOID(session.out.write(document_csv(document)));
      break;
    case OutputFormat::text:
      TRY_VOID(session.out.write(document_text(document, session.out.width())));
  }
  return ExitCode::done;
}

Result<ExitCode> list(Session& session, const Options& options) {
  TRY(const TelescopeData data, open_for_questions(session));
  telescope::SourceQuestion question = options.question;
  TRY(question.period, period_of(options.period, data.connection()));
  if (telescope::whole_days(question.period) != question.period)
    session.note("sources are counted in whole days, here for " +
                 telescope::format_period(telescope::whole_days(question.period)));
  TRY(question.filter, filter_of(options.filter, data.database()));
  question.limit = options.question.limit + 1;
  TRY(auto found, telescope::sources(data.connection(), question));
  note_more(session, found, options.question.limit);
  TRY(const telescope::Names names, data.names());
  return session.print(telescope::sources_table(found, names));
}

}  // namespace

void add_telescope_sources(Verb& parent) {
  auto options = std::make_shared<Options>();
  Verb verb = parent.verb("sources", "List sources, or tell everything about one",
                          "Examples:\n"
                          "  yagura telescope sources --tool mirai --country JP --order days\n"
                          "  yagura telescope sources 203.0.113.7");
  verb.argument("address", options->address, "one source: everything known about it", false)
      .choice("--order", options->question.order, telescope::source_order_choices,
              "largest or latest first by");
  add_limit_flag(verb, options->question.limit, "sources");
  add_period_flags(verb, options->period);
  add_filter_flags(verb, options->filter,
                   {"class", "port", "source", "country", "asn", "tool", "organisation", "survey"});
  verb.answers([options](Session& session) {
    return options->address.empty() ? list(session, *options) : one_source(session, *options);
  });
}

}  // namespace yagura::app
