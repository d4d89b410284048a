// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <map>
#include <memory>

#include "app/input_file.h"
#include "app/question_flags.h"
#include "app/session.h"
#include "app/verbs.h"
#include "base/text.h"
#include "enrich/scanner_lists.h"
#include "state/scanner_registry.h"
#include "telescope/report_tables.h"

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
  return session.open_folder != nullptr ? open_for_questions(session) : open_for_reading(session);
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
  TRY(const TelescopeData data, open_to_change(session));
  state::Database& database = data.database();
  constexpr std::string_view list = "names given by hand";
  std::vector<state::ScannerName> names;
  TRY(const auto known, state::scanner_names(database));
  for (const state::ScannerName& name : known)
    if (name.list == list && name.suffix != options.suffix) names.push_back(name);
  TRY(const state::Organisation organisation,
      state::organisation_named(database, options.organisation));
  names.push_back({options.suffix, organisation.id, std::string(list)});
  TRY_VOID(state::replace_list(database, std::string(list), {}, names));
  TRY(const telescope::RegistryChange change, apply(session, data));
  note_change(session, change);
  return ExitCode::done;
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
}

}  // namespace yagura::app
