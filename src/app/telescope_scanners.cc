// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>

#include "app/input_file.h"
#include "app/question_flags.h"
#include "app/session.h"
#include "app/verbs.h"
#include "base/text.h"
#include "enrich/organisation_names.h"
#include "enrich/reverse.h"
#include "enrich/scanner_lists.h"
#include "state/scanner_registry.h"
#include "telescope/report_tables.h"
#include "telescope/survey.h"

namespace yagura::app {
namespace {

constexpr std::uintmax_t largest_list = 1ULL << 30;

struct Options {
  PeriodFlags period;
  FilterFlags filter;
  uint64_t limit = 50;
  std::string list;
  std::vector<std::string> files;
  std::string suffix, organisation;
  std::string resolver;
  uint64_t sources = 1000;
};

Result<ExitCode> scanners(Session& session, const Options& options) {
  TRY(const TelescopeData data, open_for_questions(session));
  TRY(const telescope::Period period, period_of(options.period, data.connection()));
  TRY(const telescope::Filter filter, filter_of(options.filter, data.database()));
  TRY(auto found, telescope::survey_scanners(data.connection(), period, filter, options.limit + 1));
  note_more(session, found, options.limit);
  TRY(const telescope::Names names, data.names());
  return session.print(telescope::survey_table(found, names));
}

Result<ExitCode> lists(Session& session) {
  TRY(const TelescopeData data, open_for_questions(session));
  TRY(const auto known, state::lists(data.database()));
  Table table;
  table.columns = {{"list", "list", CellKind::text},
                   {"entries", "addresses and prefixes", CellKind::count},
                   {"names", "host names", CellKind::count},
                   {"imported", "imported", CellKind::time}};
  for (const state::ListSummary& list : known)
    table.add({list.list, list.entries, list.names, list.imported});
  return session.print(table);
}

// Numbers of organisations by name, asked of the control plane once each.
class OrganisationIds {
 public:
  explicit OrganisationIds(state::Database& database) : database_(database) {}
  Result<uint16_t> id(const std::string& name) {
    const auto it = ids_.find(name);
    if (it != ids_.end()) return it->second;
    TRY(const state::Organisation organisation, state::organisation_named(database_, name));
    ids_[name] = organisation.id;
    return organisation.id;
  }

 private:
  state::Database& database_;
  std::map<std::string, uint16_t> ids_;
};

struct Imported {
  std::string list, format;
  uint64_t entries = 0;
  size_t problems = 0;
};

Result<Imported> import_file(const Session& session, state::Database& database,
                             const std::string& path, const std::string& name) {
  constexpr size_t shown = 5;
  TRY(const std::string bytes,
      read_input_file((session.current_folder / path).string(), largest_list));
  const std::filesystem::path file(path);
  TRY(const enrich::ScannerList list, enrich::read_scanner_list(file.filename().string(), bytes));
  Imported imported{name.empty() ? file.stem().string() : name, list.format, 0,
                    list.problems.size()};
  for (size_t i = 0; i < std::min(shown, list.problems.size()); ++i)
    session.note(fmt::format("{}: {}, left out", path, list.problems[i]));
  if (list.problems.size() > shown)
    session.note(fmt::format("{}: {} more entries could not be read and were left out", path,
                             list.problems.size() - shown));
  if (list.scanners.empty() && list.organisations.empty())
    return failure(fmt::format("{}: no scanner in it could be read", path));
  TRY_VOID(database.transaction([&]() -> Result<void> {
    OrganisationIds ids(database);
    std::vector<state::ScannerEntry> entries;
    for (const enrich::ListedScanner& scanner : list.scanners) {
      TRY(const uint16_t id, ids.id(scanner.organisation));
      entries.push_back({scanner.prefix, id, imported.list, scanner.from, scanner.until});
    }
    for (const std::string& organisation : list.organisations) {
      TRY(const uint16_t id, ids.id(organisation));
      static_cast<void>(id);  // a list of organisations alone makes their names known
    }
    imported.entries = entries.size();
    if (entries.empty()) return {};
    return state::replace_list(database, imported.list, entries, {});
  }));
  return imported;
}

// A process that has the folder open for others goes on observing meanwhile.
Result<TelescopeData> open_to_change(const Session& session) {
  if (session.open_folder == nullptr) return open_for_reading(session);
  if (!session.open_folder->busy.empty()) return failure(session.open_folder->busy);
  return open_for_questions(session);
}

Result<telescope::RegistryChange> apply(const Session& session, const TelescopeData& data) {
  return data.shared != nullptr ? data.shared->follow_registry(session.given_up)
                                : data.telescope->follow_registry();
}

void note_change(const Session& session, const telescope::RegistryChange& change) {
  session.note(fmt::format("{} source-days on {} days moved to another organisation",
                           format_count(change.sources), format_count(change.days)));
  if (change.days_at_day_level_only > 0)
    session.note(
        fmt::format("on {} of them only the daily statistics could be corrected, because "
                    "their 5-minute rows are no longer kept",
                    format_count(change.days_at_day_level_only)));
}

Result<ExitCode> import_lists(Session& session, const Options& options) {
  if (!options.list.empty() && options.files.size() > 1)
    return failure("--list names one list; import the files one by one");
  TRY(const TelescopeData data, open_to_change(session));
  Table table;
  table.columns = {{"list", "list", CellKind::text},
                   {"format", "format", CellKind::text},
                   {"entries", "addresses and prefixes", CellKind::count},
                   {"problems", "left out", CellKind::count}};
  bool problems = false;
  for (const std::string& file : options.files) {
    const Result<Imported> imported = import_file(session, data.database(), file, options.list);
    if (!imported) {  // the others are lists all the same, and what they say must be applied
      session.tell_error(fmt::format("yagura: {}\n", escape_terminal(imported.error().message())));
      problems = true;
      continue;
    }
    problems = problems || imported->problems > 0;
    table.add({imported->list, imported->format, imported->entries,
               static_cast<uint64_t>(imported->problems)});
  }
  if (table.rows.empty()) return ExitCode::failed;
  TRY(const telescope::RegistryChange change, apply(session, data));
  TRY_VOID(session.print(table));
  note_change(session, change);
  return problems ? ExitCode::done_in_part : ExitCode::done;
}

Result<ExitCode> add_name(Session& session, const Options& options) {
  const std::string suffix =
      options.suffix.starts_with('.') ? options.suffix : "." + options.suffix;
  if (!enrich::is_host_name(suffix.substr(1)))
    return failure(
        fmt::format("'{}' is no end of host names, as .scan.example.org is", options.suffix));
  TRY(const TelescopeData data, open_to_change(session));
  state::Database& database = data.database();
  constexpr std::string_view list = "names given by hand";
  std::vector<state::ScannerName> names;
  TRY(const auto known, state::scanner_names(database));
  for (const state::ScannerName& name : known)
    if (name.list == list && name.suffix != suffix) names.push_back(name);
  TRY(const state::Organisation organisation,
      state::organisation_named(database, options.organisation));
  names.push_back({suffix, organisation.id, std::string(list)});
  TRY_VOID(state::replace_list(database, std::string(list), {}, names));
  TRY(const telescope::RegistryChange change, apply(session, data));
  note_change(session, change);
  return ExitCode::done;
}

// --- Reverse-DNS names ---

// The names that come with the program, as a list of the registry.
Result<void> know_names(state::Database& database) {
  const std::string list = "names that come with yagura";
  OrganisationIds ids(database);
  std::vector<state::ScannerName> wanted, known;
  for (const enrich::ScannerNameSuffix& name : enrich::known_scanner_names()) {
    TRY(const uint16_t id, ids.id(std::string(name.organisation)));
    wanted.push_back({fmt::format(".{}", name.suffix), id, list});
  }
  TRY(const auto all, state::scanner_names(database));
  std::copy_if(all.begin(), all.end(), std::back_inserter(known),
               [&](const state::ScannerName& name) { return name.list == list; });
  const bool same = std::equal(wanted.begin(), wanted.end(), known.begin(), known.end(),
                               [](const state::ScannerName& a, const state::ScannerName& b) {
                                 return a.suffix == b.suffix && a.organisation == b.organisation;
                               });
  return same ? Result<void>{} : state::replace_list(database, list, {}, wanted);
}

// Sources whose names are to be asked for: not those that were asked for lately.
Result<std::vector<IpAddress>> sources_to_ask(const TelescopeData& data,
                                              const telescope::Period& period, uint64_t limit,
                                              Timestamp now) {
  constexpr Duration asked_again = Duration::days(30);
  std::set<IpAddress> asked;
  TRY(const auto names, state::source_names(data.database()));
  for (const state::SourceName& name : names)
    if (now - name.looked_up < asked_again) asked.insert(name.source);
  TRY(auto sources,
      telescope::sources_of_nobody_known(data.connection(), period, limit + asked.size()));
  std::erase_if(sources, [&](const IpAddress& source) { return asked.contains(source); });
  if (sources.size() > limit) sources.resize(limit);
  return sources;
}

struct Asked {
  size_t sources = 0, without_name = 0, without_answer = 0;
  std::vector<state::SourceName> names;
  std::optional<Error> error;  // what it ended with
};

// Keeps what was answered as it comes: killed, it has lost little.
Result<Asked> ask_names(const Session& session, state::Database& database,
                        const std::string& resolver, std::span<const IpAddress> sources,
                        Timestamp now) {
  constexpr size_t at_a_time = 256;
  Asked asked;
  while (!sources.empty() && !session.given_up()) {
    const auto some = sources.first(std::min(at_a_time, sources.size()));
    sources = sources.subspan(some.size());
    const auto answers = enrich::reverse_names(resolver, some);
    if (!answers) {
      asked.error = answers.error();
      break;
    }
    std::vector<state::SourceName> names;
    for (const enrich::ReverseName& answer : *answers) {
      ++asked.sources;
      asked.without_name += answer.outcome == enrich::ReverseOutcome::no_name;
      asked.without_answer += answer.outcome == enrich::ReverseOutcome::failed;
      if (answer.outcome == enrich::ReverseOutcome::failed) continue;
      names.push_back({answer.address, answer.name, now});
      if (!answer.name.empty()) asked.names.push_back(names.back());
    }
    TRY_VOID(state::add_source_names(database, names));
  }
  return asked;
}

Result<Table> names_table(const TelescopeData& data, const Asked& asked, Timestamp now) {
  TRY(const auto registry, telescope::SurveyRegistry::load(data.database()));
  const auto survey = registry.on(now);
  TRY(const telescope::Names names, data.names());
  Table table;
  table.columns = {{"source", "source", CellKind::address},
                   {"name", "name", CellKind::text},
                   {"organisation", "survey organisation", CellKind::text}};
  for (const state::SourceName& name : asked.names) {
    const uint16_t organisation = survey->find(name.source).organisation;
    table.add({name.source, name.name, names.organisation(organisation)});
  }
  return table;
}

Result<ExitCode> resolve(Session& session, const Options& options) {
  TRY(const TelescopeData data, open_to_change(session));
  TRY(const telescope::Period period, period_of(options.period, data.connection()));
  const Timestamp now = clock_now();
  TRY(const auto sources, sources_to_ask(data, period, options.sources, now));
  TRY(const Asked asked, ask_names(session, data.database(), options.resolver, sources, now));
  if (asked.sources == 0 && asked.error) return failure(*asked.error);
  TRY_VOID(know_names(data.database()));
  TRY(const telescope::RegistryChange change, apply(session, data));
  TRY(const Table table, names_table(data, asked, now));
  TRY_VOID(session.print(table));
  session.note(
      fmt::format("asked for the names of {} sources: {} have one, {} have none, for {} "
                  "there was no answer",
                  format_count(asked.sources), format_count(asked.names.size()),
                  format_count(asked.without_name), format_count(asked.without_answer)));
  note_change(session, change);
  if (!asked.error) return ExitCode::done;
  session.tell_error(fmt::format("yagura: {}\n", escape_terminal(asked.error->message())));
  return ExitCode::done_in_part;
}

}  // namespace

void add_telescope_scanners(Verb& parent) {
  auto options = std::make_shared<Options>();
  Verb verb =
      parent.verb("scanners", "Survey scanners: list them, import published lists",
                  "Examples:\n"
                  "  yagura telescope scanners --period 2026-11\n"
                  "  yagura telescope scanners import surveyscanner_2026.json --list 'nict 2026'");
  add_limit_flag(verb, options->limit, "organisations");
  add_period_flags(verb, options->period);
  add_filter_flags(verb, options->filter, {"port", "source", "country", "asn", "organisation"});
  verb.answers([options](Session& session) { return scanners(session, *options); });

  Verb import = verb.verb(
      "import", "Import published lists and correct everything stored to them",
      "Reads NICT's JSON and CSV, MISP warning lists, and text: an address or prefix a line, or\n"
      "address,organisation[,from[,until]]. A list replaces the one of the same name.\n\n"
      "Example:\n"
      "  yagura telescope scanners import surveyscanner_2026.json --list 'nict 2026'");
  import.arguments("files", options->files, "list files", true)
      .text("--list", options->list, "NAME", "name of the list (the file's name)");
  import.answers([options](Session& session) { return import_lists(session, *options); });

  Verb known = verb.verb("lists", "Say which lists have been imported",
                         "Example:\n  yagura telescope scanners lists");
  known.answers([](Session& session) { return lists(session); });

  Verb name =
      verb.verb("name", "Let a host name stand for an organisation",
                "Example:\n  yagura telescope scanners name .scan.example.org 'Example Org'");
  name.argument("suffix", options->suffix, "end of the reverse-DNS names", true)
      .argument("organisation", options->organisation, "whose they are", true);
  name.answers_plainly([options](Session& session) { return add_name(session, *options); });

  Verb names = verb.verb(
      "resolve", "Ask a resolver for the names of sources, and judge them by those",
      "Asks for the reverse-DNS names of sources that scanned and are of no known organisation:\n"
      "those first that behave like survey scanners, then those with most packets, none of them\n"
      "twice in 30 days. The resolver, and the name servers it asks, learn which sources you see:\n"
      "take one that many others use too. No other name server is asked, and nothing is asked\n"
      "but by this verb.\n\n"
      "Example:\n"
      "  yagura telescope scanners resolve --resolver 192.0.2.53 --last 1d");
  names.text("--resolver", options->resolver, "ADDRESS", "the resolver, as 192.0.2.53:53").needed();
  names.number("--sources", options->sources, "how many sources are asked for at most", 1, 100'000);
  add_period_flags(names, options->period);
  names.answers([options](Session& session) { return resolve(session, *options); });
}

}  // namespace yagura::app
