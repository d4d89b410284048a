// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <cerrno>
#include <fstream>
#include <memory>

#include "app/question_flags.h"
#include "app/session.h"
#include "app/verbs.h"
#include "base/text.h"
#include "state/ledger.h"
#include "telescope/observed_times.h"
#include "telescope/report.h"

namespace yagura::app {
namespace {

struct Options {
  PeriodFlags period;
  std::string html, section;
  uint64_t ranks = 10;
};

Result<void> write_page(Session& session, const std::string& path, const std::string& page) {
  if (path == "-") return session.out.write(page);
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << page;
  file.close();
  if (!file) return failure(fmt::format("writing the report to {}: {}", path, errno_text(errno)));
  return {};
}

Result<void> keep_section(telescope::Document& document, const std::string& key) {
  std::vector<std::string_view> keys;
  for (const telescope::Section& section : document.sections) keys.push_back(section.key);
  const telescope::Section* found = document.find(key);
  if (found == nullptr) {
    const std::string_view meant = nearest(key, keys);
    return failure(fmt::format("--section: the report has no section '{}'{}", key,
                               meant.empty() ? fmt::format("; it has {}", fmt::join(keys, ", "))
                                             : fmt::format("; did you mean '{}'?", meant)));
  }
  document.sections = {*found};
  return {};
}

Result<ExitCode> print_document(Session& session, const telescope::Document& document) {
  // One section is one table: then the plain table is what a program wants.
  const telescope::Section& first = document.sections.front();
  const bool single = document.sections.size() == 1 && session.format != OutputFormat::text;
  if (single && !first.table.columns.empty()) return session.print(first.table);
  if (single && !first.facts.empty()) return session.print(first.facts);
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

Result<ExitCode> report(Session& session, const Options& options) {
  TRY(const TelescopeData data, open_for_questions(session));
  TRY(const auto stored, telescope::data_period(data.connection()));
  if (!stored)
    return failure(
        fmt::format("there is nothing to report: no packet to a dark address has been "
                    "stored in {}; see `yagura telescope read --help`",
                    data.place().folder().string()));
  telescope::ReportOptions wanted;
  wanted.ranks = options.ranks;
  TRY(wanted.period, period_of(options.period, data.connection()));
  if (!data.settings.home_country.empty()) {
    TRY(wanted.home_country, enrich::parse_country(data.settings.home_country));
  }
  TRY(const telescope::Names names, data.names());
  TRY(const auto sensors, data.sensors());
  TRY(const auto coverage, state::coverage(data.database()));
  TRY(telescope::Document document,
      telescope::observation_report({data.connection(), names, sensors, coverage}, wanted));
  if (!options.section.empty()) TRY_VOID(keep_section(document, options.section));
  if (options.html.empty()) return print_document(session, document);
  TRY_VOID(write_page(session, options.html, document_html(document)));
  if (options.html != "-") session.note(fmt::format("the report is in {}", options.html));
  return ExitCode::done;
}

}  // namespace

void add_telescope_report(Verb& parent) {
  auto options = std::make_shared<Options>();
  Verb verb = parent.verb("report", "Print the observation report of a period",
                          "Examples:\n"
                          "  yagura telescope report --period 2026-11 --home-country JP\n"
                          "  yagura telescope report --html report.html\n"
                          "  yagura telescope report --section ports --format csv");
  verb.output_file("--html", options->html,
                   "write it as one page with plots, - for standard output")
      .text("--section", options->section, "KEY", "only this section, such as ports or attacks")
      .number("--ranks", options->ranks, "lines of each ranking", 1, 1000)
      .settings({"home_country"});
  add_period_flags(verb, options->period);
  verb.answers([options](Session& session) { return report(session, *options); });
}

}  // namespace yagura::app
