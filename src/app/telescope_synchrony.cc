// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>

#include "app/judging.h"
#include "app/question_flags.h"
#include "app/telescope_data.h"
#include "app/verbs.h"
#include "telescope/report_tables.h"
#include "telescope/tables_synchrony.h"

namespace yagura::app {
namespace {

struct Options {
  telescope::SynchronyQuestion question;
  PeriodFlags period;
  std::string sensor;
  FilterFlags filter;
  telescope::SynchronyEngine engine = any_engine;
  telescope::PortLevel level{};  // none: all
  bool windows = false;
  bool series = false;
  bool again = false;

  static constexpr telescope::SynchronyEngine any_engine{UINT8_MAX};
};

// Brings what was judged up to what was read. Beside a service nothing is to be done: it does.
Result<void> judge_due(const Session& session, const TelescopeData& data, bool again) {
  if (data.shared != nullptr) return {};
  TRY(auto options, synchrony_options(data.settings));
  telescope::Telescope& telescope = *data.telescope;
  telescope::SynchronyDetector detector(telescope.key(), std::move(options));
  if (again) detector.judge_all_again();
  constexpr size_t at_once = 36;  // rows of six hours are held at a time
  uint64_t judged = 0;
  while (!session.given_up()) {
    TRY(const auto findings,
        detector.judge(telescope.reader(), telescope.database(), at_once, session.given_up));
    if (findings.empty()) break;
    TRY_VOID(telescope::write_findings(telescope.connection(), findings));
    judged += findings.windows.size();
  }
  if (judged > 0) session.note(fmt::format("judged {} windows of ten minutes", judged));
  return {};
}

// Why there may be fewer campaigns than expected.
Result<void> note_what_is_missing(const Session& session, const TelescopeData& data,
                                  std::optional<uint16_t> sensor) {
  TRY(const auto judged, telescope::judged_so_far(data.connection(), sensor));
  const uint64_t needed = data.settings.synchrony_history;
  if (judged.windows == 0) {
    session.note("no whole window of ten minutes has been judged yet");
  } else if (judged.learned < needed) {
    session.note(
        fmt::format("the graphical lasso has no vote yet: {} of the {} windows that it "
                    "learns the usual from have been judged",
                    judged.learned, needed));
  }
  return {};
}

Result<ExitCode> print_series(Session& session, const TelescopeData& data,
                              const telescope::SynchronyQuestion& question) {
  TRY(const auto sensors, data.sensors());
  if (!question.sensor && sensors.size() > 1)
    return failure("--series is of one sensor: name it with --sensor");
  TRY(const auto series,
      telescope::synchrony_series(data.connection(), question.period, question.sensor));
  const int64_t minutes = series.step.nanoseconds / Duration::minutes(1).nanoseconds;
  if (minutes > 10)
    session.note(
        fmt::format("a row is {} minutes and has the largest values of its windows; a "
                    "shorter period has a row for each",
                    minutes));
  return session.print(telescope::synchrony_series_table(series));
}

Result<ExitCode> synchrony(Session& session, const Options& options) {
  TRY(const TelescopeData data, open_for_questions(session));
  TRY_VOID(within("looking for synchrony", judge_due(session, data, options.again)));
  telescope::SynchronyQuestion question = options.question;
  TRY(question.period, period_of(options.period, data.connection()));
  if (!options.sensor.empty()) {
    TRY(question.sensor, sensor_id(options.sensor, data.database()));
  }
  TRY_VOID(note_what_is_missing(session, data, question.sensor));
  if (options.series) return print_series(session, data, question);
  TRY(const telescope::Filter filter, filter_of(options.filter, data.database()));
  question.port = filter.port;
  if (options.engine != Options::any_engine) question.engine = options.engine;
  if (options.level != telescope::PortLevel{}) question.level = options.level;
  ++question.limit;
  TRY(const telescope::Names names, data.names());
  if (options.windows) {
    TRY(auto found, telescope::synchrony_alarms(data.connection(), question));
    note_more(session, found, options.question.limit);
    return session.print(telescope::synchrony_table(found, names));
  }
  TRY(auto found, telescope::synchrony_campaigns(data.connection(), question));
  note_more(session, found, options.question.limit);
  return session.print(telescope::campaigns_table(found, names));
}

}  // namespace

void add_telescope_synchrony(Verb& parent) {
  auto options = std::make_shared<Options>();
  Verb verb = parent.verb("synchrony", "Say when hosts began to scan in step, and what for",
                          "Judges the windows of ten minutes that were read since the last time, "
                          "and lists the campaigns: alarms that follow each other and name the "
                          "same ports.\n"
                          "A service that has the data folder open judges by itself.\n\n"
                          "Examples:\n"
                          "  yagura telescope synchrony --last 7d --level attack\n"
                          "  yagura telescope synchrony --windows --last 1d\n"
                          "  yagura telescope synchrony --series --format csv");
  verb.text("--sensor", options->sensor, "NAME", "of one sensor")
      .toggle("--series", options->series, "what was usual over time in place of campaigns")
      .toggle("--windows", options->windows, "the alarms of every window in place of campaigns")
      .not_with("--series")
      .choice("--engine", options->engine, telescope::synchrony_engine_choices,
              "what this engine voted for")
      .not_with("--series")
      .choice("--level", options->level, telescope::port_level_choices, "of this level")
      .not_with("--series")
      .toggle("--again", options->again,
              "judge all windows again whose rows are kept, after a setting has changed");
  add_limit_flag(verb, options->question.limit, "campaigns, or alarms with --windows");
  verb.not_with("--series");
  add_period_flags(verb, options->period);
  add_filter_flags(verb, options->filter, {"port"});
  verb.not_with("--series");
  verb.group("Settings").settings({"synchrony.left_out", "synchrony.history"});
  verb.answers([options](Session& session) { return synchrony(session, *options); },
               [options] { return !options->again; });
}

}  // namespace yagura::app
