// SPDX-License-Identifier: Apache-2.0
#include "state/scanner_registry.h"

#include <fmt/format.h>

#include <limits>

#include "state/statement.h"

namespace yagura::state {
namespace {

// One more than the last day that the store can name (16 bits).
constexpr int64_t every_day = 65'536;

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

// Without blanks at both ends, and one space for a run of them.
std::string trimmed(std::string_view name) {
  std::string result;
  for (const char c : name) {
    if (!is_space(c)) {
      result += c;
    } else if (!result.empty() && result.back() != ' ') {
      result += ' ';
    }
  }
  if (result.ends_with(' ')) result.pop_back();
  return result;
}

// What two spellings of one name have in common. ASCII letters only: the lists are in English.
std::string folded(std::string_view name) {
  std::string result = trimmed(name);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

Result<std::optional<Organisation>> find_organisation(Database& database,
                                                      const std::string& folded_name) {
  TRY(Statement statement,
      Statement::prepare(database, "SELECT id, name FROM organisation WHERE folded_name = ?"));
  TRY(const bool found, statement.bind(folded_name).step());
  if (!found) return std::nullopt;
  return Organisation{statement.integer_as<uint16_t>(0), statement.text(1)};
}

Result<Organisation> make_organisation(Database& database, const std::string& name) {
  TRY(Statement next, Statement::prepare(database, "SELECT max(id) + 1 FROM organisation"));
  TRY(const bool row, next.step());
  CHECK(row);
  const int64_t id = next.integer(0);
  if (id > std::numeric_limits<uint16_t>::max()) {
    return failure(fmt::format("organisation \"{}\": there are 65535 already", name));
  }
  TRY_VOID(run(database, "INSERT INTO organisation (id, name, folded_name) VALUES (?, ?, ?)", id,
               trimmed(name), folded(name)));
  return Organisation{static_cast<uint16_t>(id), trimmed(name)};
}

Result<void> insert_entries(Database& database, const std::string& list,
                            const std::vector<ScannerEntry>& entries) {
  TRY(Statement insert,
      Statement::prepare(database,
                         "INSERT INTO scanner_entry (list, prefix, organisation, valid_from, "
                         "valid_until) VALUES (?, ?, ?, ?, ?)"));
  for (const ScannerEntry& entry : entries) {
    TRY_VOID(within(
        entry.prefix.to_string(),
        insert.bind(list, entry.prefix.to_string(), entry.organisation, entry.from, entry.until)
            .run()));
  }
  return {};
}

Result<void> insert_names(Database& database, const std::string& list,
                          const std::vector<ScannerName>& names) {
  TRY(Statement insert,
      Statement::prepare(database,
                         "INSERT INTO scanner_name (list, suffix, organisation) VALUES (?, ?, ?)"));
  for (const ScannerName& name : names) {
    TRY_VOID(within(name.suffix, insert.bind(list, name.suffix, name.organisation).run()));
  }
  return {};
}

// The registry has changed.
Result<void> begin_version(Database& database) {
  return run(database,
             "INSERT INTO registry_progress (id, version, days_before) VALUES (1, 1, ?) "
             "ON CONFLICT (id) DO UPDATE SET version = version + 1, "
             "days_before = excluded.days_before",
             every_day);
}

}  // namespace

Result<RegistryProgress> registry_progress(Database& database) {
  TRY(Statement statement,
      Statement::prepare(database, "SELECT version, days_before FROM registry_progress"));
  TRY(const bool row, statement.step());
  if (!row) return RegistryProgress{};  // it never changed
  RegistryProgress progress{statement.integer(0), {}};
  if (!statement.is_null(1)) progress.days_before = statement.integer(1);
  return progress;
}

Result<void> note_registry_progress(Database& database, int64_t version,
                                    std::optional<int64_t> day) {
  return run(database, "UPDATE registry_progress SET days_before = ? WHERE version = ?", day,
             version);
}

Result<std::vector<Organisation>> organisations(Database& database) {
  TRY(Statement statement,
      Statement::prepare(database, "SELECT id, name FROM organisation ORDER BY id"));
  std::vector<Organisation> all;
  while (true) {
    TRY(const bool row, statement.step());
    if (!row) return all;
    all.push_back({statement.integer_as<uint16_t>(0), statement.text(1)});
  }
}

Result<Organisation> organisation_named(Database& database, const std::string& name) {
  if (folded(name).empty()) return failure("an organisation without a name is not possible");
  TRY(const auto known, find_organisation(database, folded(name)));
  if (known) return *known;
  Organisation organisation;
  TRY_VOID(database.transaction([&]() -> Result<void> {
    // Another process may have made it in between.
    TRY(const auto made, find_organisation(database, folded(name)));
    if (made) {
      organisation = *made;
      return {};
    }
    TRY(organisation, make_organisation(database, name));
    return {};
  }));
  return organisation;
}

Result<void> replace_list(Database& database, const std::string& list,
                          const std::vector<ScannerEntry>& entries,
                          const std::vector<ScannerName>& names) {
  const auto work = [&]() -> Result<void> {
    TRY_VOID(run(database, "DELETE FROM scanner_entry WHERE list = ?", list));
    TRY_VOID(run(database, "DELETE FROM scanner_name WHERE list = ?", list));
    // The time of the import is for people to see; no analysis reads it.
    TRY_VOID(run(database,
                 "INSERT INTO scanner_list (name, imported) VALUES (?, unixepoch() * 1000000000) "
                 "ON CONFLICT (name) DO UPDATE SET imported = excluded.imported",
                 list));
    TRY_VOID(insert_entries(database, list, entries));
    TRY_VOID(insert_names(database, list, names));
    return begin_version(database);
  };
  return within(fmt::format("scanner list \"{}\"", list), database.transaction(work));
}

Result<std::vector<ScannerEntry>> scanner_entries(Database& database) {
  TRY(Statement statement,
      Statement::prepare(database,
                         "SELECT prefix, organisation, list, valid_from, valid_until "
                         "FROM scanner_entry ORDER BY rowid"));
  std::vector<ScannerEntry> entries;
  while (true) {
    TRY(const bool row, statement.step());
    if (!row) return entries;
    ScannerEntry& entry = entries.emplace_back();
    TRY(entry.prefix, within("a scanner list in state.db", Prefix::parse(statement.text(0))));
    entry.organisation = statement.integer_as<uint16_t>(1);
    entry.list = statement.text(2);
    entry.from = statement.optional_time(3);
    entry.until = statement.optional_time(4);
  }
}

Result<std::vector<ScannerName>> scanner_names(Database& database) {
  TRY(Statement statement,
      Statement::prepare(database,
                         "SELECT suffix, organisation, list FROM scanner_name ORDER BY rowid"));
  std::vector<ScannerName> names;
  while (true) {
    TRY(const bool row, statement.step());
    if (!row) return names;
    names.push_back({statement.text(0), statement.integer_as<uint16_t>(1), statement.text(2)});
  }
}

Result<void> add_source_names(Database& database, const std::vector<SourceName>& names) {
  return database.transaction([&]() -> Result<void> {
    // A look-up that was done later wins, whatever the order they are added in.
    TRY(Statement insert,
        Statement::prepare(database,
                           "INSERT INTO source_name (source, name, looked_up) VALUES (?, ?, ?) "
                           "ON CONFLICT (source) DO UPDATE SET name = excluded.name, "
                           "looked_up = excluded.looked_up "
                           "WHERE excluded.looked_up >= source_name.looked_up"));
    for (const SourceName& name : names) {
      TRY_VOID(insert.bind(name.source.to_string(), name.name, name.looked_up).run());
    }
    return names.empty() ? Result<void>{} : begin_version(database);
  });
}

Result<std::vector<SourceName>> source_names(Database& database) {
  TRY(Statement statement,
      Statement::prepare(database,
                         "SELECT source, name, looked_up FROM source_name ORDER BY source"));
  std::vector<SourceName> names;
  while (true) {
    TRY(const bool row, statement.step());
    if (!row) return names;
    SourceName& name = names.emplace_back();
    TRY(name.source, within("a source name in state.db", IpAddress::parse(statement.text(0))));
    name.name = statement.text(1);
    name.looked_up = statement.time(2);
  }
}

Result<std::vector<ListSummary>> lists(Database& database) {
  TRY(Statement statement,
      Statement::prepare(
          database,
          "SELECT name, (SELECT count(*) FROM scanner_entry WHERE list = scanner_list.name), "
          "(SELECT count(*) FROM scanner_name WHERE list = scanner_list.name), imported "
          "FROM scanner_list ORDER BY name"));
  std::vector<ListSummary> summaries;
  while (true) {
    TRY(const bool row, statement.step());
    if (!row) return summaries;
    summaries.push_back({statement.text(0), statement.integer_as<uint64_t>(1),
                         statement.integer_as<uint64_t>(2), statement.time(3)});
  }
}

}  // namespace yagura::state
