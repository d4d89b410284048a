// SPDX-License-Identifier: Apache-2.0
//
// The organisations behind survey scanners by the names that lists and reverse DNS give them.
// Compiled in from data/organisation_aliases.tsv and data/scanner_names.tsv; thread-safe.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace yagura::enrich {

// One name for an organisation, whatever a list calls it ("Alphastrike research"): spaces folded,
// known aliases replaced, cut at 200 bytes. "unknown" for an empty text.
std::string organisation_name(std::string_view as_given);

// Whether `text` has the shape of a host's full name: labels, dots, a last label with a letter.
bool is_host_name(std::string_view text);

// The organisation of a host in a list of scanners: by the longest known domain, else the domain it
// is registered under ("scanner3.example.co.uk": "example.co.uk").
std::string organisation_of_listed_host(std::string_view host_name);

// A reverse-DNS name that only scanners have, or that theirs end in after a dot.
struct ScannerNameSuffix {
  std::string_view suffix;  // "census.example.org"
  std::string_view organisation;
};
std::span<const ScannerNameSuffix> known_scanner_names();

}  // namespace yagura::enrich
