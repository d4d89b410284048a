// SPDX-License-Identifier: Apache-2.0
//
// The registry of survey scanners: organisations, the addresses they scanned from and when, and the
// reverse-DNS names they use. Filled by imports of published lists; each entry keeps its origin.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ip_address.h"
#include "base/time.h"
#include "state/database.h"

namespace yagura::state {

struct Organisation {
  uint16_t id = 0;   // 0 is "no survey organisation", 1 is "unknown"
  std::string name;  // "unknown" for 1
};

struct ScannerEntry {
  Prefix prefix;
  uint16_t organisation = 0;
  std::string list;                      // where it comes from: "nict 2025", "misp shodan"
  std::optional<Timestamp> from, until;  // valid from (inclusive) until (exclusive)
};

// A reverse-DNS suffix: ".census.shodan.io" names "shodan".
struct ScannerName {
  std::string suffix;
  uint16_t organisation = 0;
  std::string list;
};

// What a reverse look-up of a source said, and when. Look-ups are off unless the operator asks.
struct SourceName {
  IpAddress source;
  std::string name;  // "": it has none
  Timestamp looked_up;
};

// How far what is stored follows the registry. Each change of the registry is a new version, which
// reaches the stored days one by one, the latest first.
struct RegistryProgress {
  int64_t version = 0;
  std::optional<int64_t> days_before;  // days since the epoch before it may still follow another
                                       // version; none if all follow this one
};
Result<RegistryProgress> registry_progress(Database& database);
// Notes that the days from `day` on follow `version`; without `day`, that all do. Notes nothing if
// the registry has changed since.
Result<void> note_registry_progress(Database& database, int64_t version,
                                    std::optional<int64_t> day);

Result<std::vector<Organisation>> organisations(Database& database);
// The organisation of that name (case-insensitive, spaces folded), made if new.
Result<Organisation> organisation_named(Database& database, const std::string& name);

// Replaces everything that came from `list`: a new version of the registry.
Result<void> replace_list(Database& database, const std::string& list,
                          const std::vector<ScannerEntry>& entries,
                          const std::vector<ScannerName>& names);
Result<std::vector<ScannerEntry>> scanner_entries(Database& database);
Result<std::vector<ScannerName>> scanner_names(Database& database);
// A new version of the registry, if there are any.
Result<void> add_source_names(Database& database, const std::vector<SourceName>& names);
Result<std::vector<SourceName>> source_names(Database& database);

struct ListSummary {
  std::string list;
  uint64_t entries = 0, names = 0;
  Timestamp imported;
};
Result<std::vector<ListSummary>> lists(Database& database);

}  // namespace yagura::state
