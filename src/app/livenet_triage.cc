// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <span>

#include "app/control_plane.h"
#include "app/question_flags.h"
#include "app/telescope_data.h"
#include "app/verbs.h"
#include "base/text.h"
#include "livenet/alert_reader.h"
#include "livenet/triage.h"
#include "livenet/triage_file.h"
#include "livenet/triage_ranking.h"
#include "state/alert_marks.h"

namespace yagura::app {
namespace {

using livenet::AlertLog;
using livenet::Triage;

struct Options {
  std::vector<std::string> files;
  std::string model, gap;
  uint64_t limit = 50;
  uint64_t alerts_of = 0;
};

struct MarkOptions {
  std::string rule, host;
  bool important = true;
};

// What people said; nothing where there is no data folder yet.
Result<std::vector<state::AlertMark>> known_marks(const Session& session) {
  TRY(const Settings settings, session.settings());
  const auto file = settings.data / "state.db";
  std::error_code error;
  const bool exists = std::filesystem::exists(file, error);
  if (error)
    return failure(fmt::format("looking for marks in {}: {}", file.string(), error.message()));
  if (!exists) return std::vector<state::AlertMark>();
  TRY(const auto database, state::Database::open(file));
  return state::alert_marks(*database);
}

Result<livenet::TriageOptions> new_options(const Options& options) {
  livenet::TriageOptions made;
  if (!options.gap.empty()) {
    TRY(made.gap, within("--gap", parse_duration(options.gap)));
    if (made.gap > Triage::memory)
      return failure(fmt::format("--gap: at most {}", format_duration(Triage::memory)));
  }
  return made;
}

// What a triage begins with, and the log whose names it knows. Without a model it is a new one.
struct Begun {
  std::string state;
  AlertLog log;
  Triage triage;
};

Result<Begun> begin_triage(const Options& options, AlertLog alerts) {
  TRY(const auto made, new_options(options));
  Begun begun{Triage(made).save({}), {}, Triage(made)};
  if (!options.model.empty()) {
    TRY(const auto model, livenet::read_model_file(options.model));
    if (model) begun.state = livenet::state_for(*model, alerts);
    TRY(begun.triage, within("reading " + options.model, Triage::load(begun.state, begun.log)));
  }
  if (!options.gap.empty() && begun.triage.gap() != made.gap)
    return failure(fmt::format("--gap: the model in {} was made with {}", options.model,
                               format_duration(begun.triage.gap())));
  TRY_VOID(begun.log.take(std::move(alerts)));
  begun.triage.put_learnt_first(begun.log);
  return begun;
}

// Before the answer is printed: whoever reads only its beginning has been told as much as they
// wanted. Input of which nothing is new leaves the model, and what can be asked again, as it is.
Result<void> keep_learnt(const Options& options, const Begun& begun) {
  if (options.model.empty() || begun.triage.memberships().empty()) return {};
  const uint64_t alerts = begun.log.rows().size();
  return livenet::write_model_file(options.model, {begun.state, begun.triage.save(begun.log),
                                                   alerts, begun.log.fingerprint(alerts)});
}

std::string counted(uint64_t number, std::string_view what) {
  return fmt::format("{} {}{}", format_count(number), what, number == 1 ? "" : "s");
}

// The first of them, each on a line.
void note_each(const Session& session, const std::vector<std::string>& texts) {
  constexpr size_t most = 20;
  for (size_t i = 0; i < std::min(texts.size(), most); ++i) session.note("  " + texts[i]);
}

void note_read(const Session& session, const livenet::AlertsRead& read) {
  if (!read.without_alerts.empty()) {
    session.note(fmt::format("no alert in {} of the files ({} other lines in all):",
                             format_count(read.without_alerts.size()),
                             format_count(read.count(livenet::Line::other))));
    note_each(session, read.without_alerts);
  }
  if (!read.cut.empty()) {
    session.note("compressed files end early, and were read as far as they go:");
    note_each(session, read.cut);
  }
  if (read.bad() == 0) return;
  session.note(fmt::format("{} could not be read and left out:", counted(read.bad(), "line")));
  note_each(session, read.problems);
}

// Of what was given; what an earlier run began and may still grow is told apart.
void note_judged(const Session& session, const Triage& triage) {
  const auto verdicts = triage.verdicts();
  std::vector<bool> given(verdicts.size());
  for (const uint32_t meta : triage.memberships()) given[meta] = true;
  uint64_t metas = 0, judged = 0, shown = 0;
  for (size_t i = 0; i < verdicts.size(); ++i) {
    metas += given[i] ? 1 : 0;
    judged += given[i] && verdicts[i].judged ? 1 : 0;
    shown += given[i] && verdicts[i].shown ? 1 : 0;
  }
  session.note(fmt::format("{} in {}: {} judged, {} of them stand out, {} only learnt from",
                           counted(triage.memberships().size(), "alert"),
                           counted(metas, "meta-alert"), format_count(judged), format_count(shown),
                           format_count(metas - judged)));
  if (metas < verdicts.size())
    session.note(fmt::format("{} of earlier runs may still grow",
                             counted(verdicts.size() - metas, "meta-alert")));
  if (triage.left_out() > 0)
    session.note(
        fmt::format("{} alerts are not later than what the model has learnt from and were "
                    "left out: all files of a time are to be given together",
                    format_count(triage.left_out())));
}

void note_listed(const Session& session, const Triage& triage,
                 std::span<const livenet::RankedMeta> ranking, uint64_t limit) {
  const auto marked = std::count_if(
      ranking.begin(), ranking.end(),
      [&](const livenet::RankedMeta& ranked) { return !triage.verdicts()[ranked.meta].shown; });
  if (marked > 0)
    session.note(fmt::format("{} in the list for an important mark alone",
                             counted(static_cast<uint64_t>(marked), "meta-alert")));
  if (ranking.size() > limit)
    session.note(fmt::format("{} more; --limit shows them", format_count(ranking.size() - limit)));
}

void note_unmatched(const Session& session, const std::vector<state::AlertMark>& marks) {
  if (marks.empty()) return;
  session.note(fmt::format("{} without an alert here:", counted(marks.size(), "mark")));
  std::vector<std::string> texts;
  for (const state::AlertMark& mark : marks) texts.push_back(livenet::mark_text(mark));
  note_each(session, texts);
}

// A file that is given twice, by whatever path, is one: its alerts came once.
std::vector<std::string> distinct_files(const Session& session,
                                        const std::vector<std::string>& files) {
  std::vector<std::string> distinct;
  std::set<std::filesystem::path> known;
  for (const std::string& file : files) {
    std::error_code error;
    auto path = std::filesystem::canonical(file, error);
    if (error) path = file;  // standard input; or reading says what is wrong with it
    if (known.insert(path).second)
      distinct.push_back(file);
    else
      session.note(fmt::format("{} is given twice and read once", file));
  }
  return distinct;
}

// Whether the answer is about what was given.
bool was_judged(const livenet::AlertsRead& read, const Triage& triage) {
  return read.bad() == 0 && read.cut.empty() && read.count(livenet::Line::alert) > 0 &&
         triage.left_out() <= triage.memberships().size();
}

// Into a pipe a row is one line of which nothing is cut.
Result<ExitCode> print_whole(Session& session, const Table& table) {
  return session.print(table, SIZE_MAX);
}

Result<ExitCode> print_members(Session& session, uint64_t id, const Triage& triage,
                               const AlertLog& log, std::span<const std::string> files) {
  const auto meta = triage.find(id);
  if (!meta) return failure(fmt::format("there is no meta-alert {} here", id));
  return print_whole(session, livenet::members_table(*meta, triage, log, files));
}

Result<ExitCode> judge(Session& session, const Options& options) {
  TRY(const auto marks, known_marks(session));
  const auto files = distinct_files(session, options.files);
  AlertLog alerts;
  TRY(const auto read,
      livenet::read_alerts({files.begin(), files.end()}, alerts, clock_now() + Duration::days(1)));
  TRY(Begun begun, begin_triage(options, std::move(alerts)));
  auto& [state, log, triage] = begun;
  for (const livenet::AlertRow& row : log.rows()) TRY_VOID(triage.add(row));
  TRY_VOID(triage.finish());
  note_read(session, read);
  const ExitCode end = was_judged(read, triage) ? ExitCode::done : ExitCode::done_in_part;
  if (options.alerts_of > 0) {
    TRY_VOID(print_members(session, options.alerts_of, triage, log, files));
    return end;
  }
  TRY_VOID(keep_learnt(options, begun));
  const auto ranking = livenet::rank(triage, log, livenet::Marks(marks));
  note_judged(session, triage);
  note_listed(session, triage, ranking, options.limit);
  note_unmatched(session, livenet::unmatched(marks, triage, log));
  TRY_VOID(print_whole(session, livenet::ranking_table(ranking, triage, log, options.limit)));
  return end;
}

Result<ExitCode> list_marks(Session& session) {
  TRY(const auto marks, known_marks(session));
  return print_whole(session, livenet::marks_table(marks));
}

Result<ExitCode> add_mark(Session& session, const MarkOptions& options) {
  if (!livenet::is_rule_name(options.rule))
    return failure(
        fmt::format("\"{}\" is no rule: give its detector ({}) and its id, as "
                    "`livenet triage` prints them, such as 'suricata 2013504'",
                    options.rule, fmt::join(model::detector_names, ", ")));
  TRY(const auto database, open_or_make_state(session));
  const state::AlertMark mark{options.rule, options.host, options.important, clock_now()};
  TRY_VOID(state::mark_alerts(*database, mark));
  TRY_VOID(
      session.out.write(fmt::format("{} is marked {}\n", escape_terminal(livenet::mark_text(mark)),
                                    mark.important ? "important" : "unimportant")));
  return ExitCode::done;
}

Result<ExitCode> remove_mark(Session& session, const MarkOptions& options) {
  TRY(const auto database, open_state(session));
  TRY_VOID(state::unmark_alerts(*database, options.rule, options.host));
  TRY_VOID(session.out.write(
      fmt::format("{} is marked no longer\n",
                  escape_terminal(livenet::mark_text({options.rule, options.host, false, {}})))));
  return ExitCode::done;
}

}  // namespace

void add_livenet_triage(Verb& parent) {
  auto options = std::make_shared<Options>();
  Verb verb = parent.verb(
      "triage", "Rank alerts of intrusion detection systems by how unusual they are",
      "Reads Suricata's eve.json, Wazuh's alerts.json, and the CSV of the AIT Alert Data Set,\n"
      "recognised by what is in them, also compressed by gzip or zstd. Each day is judged by the "
      "days before it.\n\n"
      "Examples:\n"
      "  yagura livenet triage eve.json alerts.json\n"
      "  yagura livenet triage --model office.model today/eve.json\n"
      "  yagura livenet triage eve.json --alerts-of 4711");
  verb.arguments("files", options->files, "files of alerts; - is standard input", true)
      .text("--model", options->model, "FILE",
            "go on with what was learnt in it, and keep there what is learnt now")
      .text("--gap", options->gap, "DURATION",
            "a rule that is silent on a host for longer begins a new meta-alert (60s)")
      .number("--alerts-of", options->alerts_of, "print the alerts of the meta-alert of this id",
              1);
  add_limit_flag(verb, options->limit, "meta-alerts");
  verb.does([options](Session& session) { return judge(session, *options); });
}

void add_livenet_marks(Verb& parent) {
  auto options = std::make_shared<MarkOptions>();
  Verb marks = parent.verb("marks", "What was said of alerts: list it, add, remove",
                           "Example:\n  yagura livenet marks");
  marks.does([](Session& session) { return list_marks(session); });

  Verb adding = marks.verb("add", "Say that a rule's alerts are important, or that they are not",
                           "RULE and HOST are as `livenet triage` prints them. What is important "
                           "leads the list,\nwhat is not ends it; nothing is ever hidden.\n\n"
                           "Examples:\n"
                           "  yagura livenet marks add 'suricata 2013504' --as unimportant\n"
                           "  yagura livenet marks add 'wazuh 5710' --host mail");
  adding.argument("rule", options->rule, "the rule, with its detector", true)
      .text("--host", options->host, "HOST", "only on this host")
      .choice<bool>("--as", options->important, {{"important", true}, {"unimportant", false}},
                    "what they are");
  adding.does_plainly([options](Session& session) { return add_mark(session, *options); });

  Verb removing = marks.verb("remove", "Take back what was said of a rule",
                             "Example:\n  yagura livenet marks remove 'wazuh 5710' --host mail");
  removing.argument("rule", options->rule, "the rule, with its detector", true)
      .text("--host", options->host, "HOST", "what was said of it on this host alone");
  removing.does_plainly([options](Session& session) { return remove_mark(session, *options); });
}

}  // namespace yagura::app
