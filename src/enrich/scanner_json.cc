// SPDX-License-Identifier: Apache-2.0
//
// Scanner lists as JSON: NICT's surveyscanner files and MISP warning lists.
#include <fmt/core.h>
#include <simdjson.h>

#include <algorithm>
#include <cctype>
#include <charconv>

#include "enrich/organisation_names.h"
#include "enrich/scanner_list_builder.h"

namespace yagura::enrich {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;

// The text of a field; empty where it is missing or of another type.
std::string_view text_of(const element& object, std::string_view key) {
  std::string_view text;
  if (object[key].get(text) != simdjson::SUCCESS) return {};
  return text;
}

// The start of the year or quarter a NICT file is for: "surveyscanner_2025.json",
// "surveyscanner_2026_1Q.json". Nothing for any other name.
std::optional<Timestamp> start_of_period(std::string_view name) {
  constexpr std::string_view prefix = "surveyscanner_";
  std::string_view stem = stem_of(name);
  if (!stem.starts_with(prefix)) return std::nullopt;
  stem.remove_prefix(prefix.size());
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const bool whole_year = stem.size() == 4;
  const bool quarter =
      stem.size() == 7 && stem[4] == '_' && stem[5] >= '1' && stem[5] <= '4' && stem[6] == 'Q';
  if (!(whole_year || quarter) || !std::all_of(stem.begin(), stem.begin() + 4, is_digit))
    return std::nullopt;
  const int month = quarter ? (stem[5] - '1') * 3 + 1 : 1;
  auto start = parse_time(fmt::format("{}-{:02}-01", stem.substr(0, 4), month));
  return start ? std::optional(*start) : std::nullopt;
}

Result<ListedScanner> read_nict_entry(const element& entry, std::optional<Timestamp> from) {
  if (!entry.is_object()) return failure("not an object with ip, scanner and last_seen");
  ListedScanner scanner;
  TRY(scanner.prefix, parse_listed_prefix(text_of(entry, "ip")));
  scanner.organisation = organisation_name(text_of(entry, "scanner"));
  auto last_seen = parse_time(text_of(entry, "last_seen"));
  if (!last_seen) return failure(last_seen.error().within("last_seen"));
  scanner.from = from;
  scanner.until = last_seen->floor(Duration::days(1)) + Duration::days(1);
  if (from && *scanner.until <= *from)
    return failure(
        fmt::format("last seen on {}, before the list's period", format_day(*last_seen)));
  return scanner;
}

Result<ScannerList> read_nict(std::string_view name, const array& entries) {
  ScannerListBuilder builder("nict-json");
  const auto from = start_of_period(name);
  size_t number = 0;
  for (const element& entry : entries) {
    ++number;
    auto scanner = read_nict_entry(entry, from);
    if (scanner)
      builder.add(std::move(*scanner));
    else
      builder.complain("entry", number, scanner.error().message());
  }
  if (builder.list().scanners.empty() && builder.has_complaints())
    return failure(fmt::format("not a list of scanners: {}", builder.list().problems.front()));
  return builder.finish();
}

bool speaks_of_scanning(std::string_view text) {
  constexpr std::string_view word = "scan";
  return std::search(text.begin(), text.end(), word.begin(), word.end(), [](char a, char b) {
           return std::tolower(static_cast<unsigned char>(a)) == b;
         }) != text.end();
}

// "Censys IP Ranges Used for Scanning" -> "Censys".
std::string organisation_of_misp(std::string_view list_name) {
  constexpr std::string_view opening = "List of published IP address ranges for ";
  if (list_name.starts_with(opening)) list_name.remove_prefix(opening.size());
  for (const std::string_view ending :
       {" IP Ranges Used for Scanning", " IP-Ranges, pot. used for Scanning"})
    if (list_name.ends_with(ending)) list_name.remove_suffix(ending.size());
  return organisation_name(list_name);
}

Result<ScannerList> read_misp(const element& document) {
  array entries;
  const std::string_view list_name = text_of(document, "name");
  if (document["list"].get(entries) != simdjson::SUCCESS || list_name.empty())
    return failure("not a list of scanners: JSON without \"name\" and \"list\"");
  ScannerListBuilder builder("misp");
  // Most warning lists are of something else: reserved networks, resolvers, whole clouds.
  if (!speaks_of_scanning(list_name) && !speaks_of_scanning(text_of(document, "description"))) {
    builder.list().problems.push_back(
        fmt::format("nothing taken: '{}' is not a list of scanners by its name and description",
                    list_name.substr(0, 100)));
    return builder.finish();
  }
  const std::string organisation = organisation_of_misp(list_name);
  size_t number = 0;
  for (const element& entry : entries) {
    ++number;
    std::string_view text;
    if (entry.get(text) != simdjson::SUCCESS) {
      builder.complain("entry", number, "not a text");
      continue;
    }
    auto prefix = parse_listed_prefix(text);
    if (prefix)
      builder.add({*prefix, organisation, {}, {}, {}});
    else
      builder.complain("entry", number, prefix.error().message());
  }
  return builder.finish();
}

}  // namespace

Result<ScannerList> read_json_scanner_list(std::string_view name, std::string_view bytes) {
  simdjson::dom::parser parser;
  element document;
  if (const auto error = parser.parse(bytes.data(), bytes.size()).get(document))
    return failure(fmt::format("broken JSON: {}", simdjson::error_message(error)));
  array entries;
  if (document.get(entries) == simdjson::SUCCESS) return read_nict(name, entries);
  return read_misp(document);
}

}  // namespace yagura::enrich
