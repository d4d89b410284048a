// SPDX-License-Identifier: Apache-2.0
//
// Readers for published lists of survey scanners. Bytes in, entries out: no I/O beyond the file.
//
// Formats, recognised by content: NICT's surveyscanner JSON ([{ip, scanner, last_seen}]) and
// scanorg CSV (organisations only), MISP warning lists (JSON with "list" and "name"), and text:
// one address or prefix per line, '#' comments, a trailing "# name" naming the organisation or the
// host name (maltrail), or "address,organisation[,from[,until]]".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip_address.h"
#include "base/result.h"
#include "base/time.h"

namespace yagura::enrich {

struct ListedScanner {
  Prefix prefix;
  std::string organisation;              // "unknown" where the list does not say
  std::optional<Timestamp> from, until;  // validity; a NICT last_seen ends it a day later
  std::string host_name;                 // reverse-DNS name given beside it, or empty
};

struct ScannerList {
  std::string format;  // "nict-json", "nict-csv", "misp", "text"
  std::vector<ListedScanner> scanners;
  std::vector<std::string> organisations;  // named without addresses (scanorg CSV)
  // Lines or entries that could not be read: "line 12: 300.1.2.3: not an address".
  std::vector<std::string> problems;
};

// `name` is the file's name, used in messages and, for lists of one organisation whose content does
// not name it, as the organisation.
Result<ScannerList> read_scanner_list(std::string_view name, std::string_view bytes);

}  // namespace yagura::enrich
