// SPDX-License-Identifier: Apache-2.0
//
// Scanner lists as text: addresses with comments, CSV of addresses, and NICT's CSV of
// organisations.
#include <fmt/core.h>

#include <optional>

#include "base/text.h"
#include "enrich/organisation_names.h"
#include "enrich/scanner_list_builder.h"

namespace yagura::enrich {
namespace {

constexpr size_t longest_line = 4096;

// Calls `use(number, line)` for every line that is not empty; complains of those too long.
template <typename Use>
void for_each_line(std::string_view text, ScannerListBuilder& builder, Use use) {
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t end = text.find('\n');
    const std::string_view line = trim(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.size() > longest_line)
      builder.complain("line", number, fmt::format("longer than {} bytes", longest_line));
    else if (!line.empty())
      use(number, line);
  }
}

// What stands behind '#': a host name, an organisation, or nothing worth a name (maltrail repeats
// the address or says "(unknown)").
void take_comment(std::string_view comment, ListedScanner& scanner) {
  if (comment.empty() || comment == "(unknown)" || IpAddress::parse(comment)) return;
  if (is_host_name(comment)) {
    scanner.host_name = comment.substr(0, comment.find_last_not_of('.') + 1);
    scanner.organisation = organisation_of_listed_host(comment);
  } else {
    scanner.organisation = organisation_name(comment);
  }
}

Result<std::optional<Timestamp>> parse_limit(const std::vector<std::string>& fields, size_t index) {
  if (fields.size() <= index || fields[index].empty()) return std::nullopt;
  TRY(const Timestamp time, parse_time(fields[index]));
  return time;
}

// "address,organisation[,from[,until]]": valid from the first instant, before the last.
Result<ListedScanner> read_csv_entry(std::string_view line) {
  const auto fields = csv_fields(line);
  if (!fields) return failure("a quote is not closed");
  if (fields->size() > 4) return failure("more than four fields (address,organisation,from,until)");
  ListedScanner scanner;
  TRY(scanner.prefix, parse_listed_prefix((*fields)[0]));
  const std::string& name = (*fields)[1];
  if (is_host_name(name)) scanner.host_name = name;
  if (!name.empty())
    scanner.organisation =
        is_host_name(name) ? organisation_of_listed_host(name) : organisation_name(name);
  TRY(scanner.from, parse_limit(*fields, 2));
  TRY(scanner.until, parse_limit(*fields, 3));
  if (scanner.from && scanner.until && *scanner.until <= *scanner.from)
    return failure("it ends before it begins");
  return scanner;
}

Result<ListedScanner> read_entry(std::string_view line) {
  const size_t hash = line.find('#');
  const std::string_view entry = trim(line.substr(0, hash));
  if (entry.find(',') != std::string_view::npos) return read_csv_entry(entry);
  ListedScanner scanner;
  TRY(scanner.prefix, parse_listed_prefix(entry));
  if (hash != std::string_view::npos) take_comment(trim(line.substr(hash + 1)), scanner);
  return scanner;
}

bool is_header(std::string_view line) {
  return line.starts_with("address,") || line.starts_with("ip,") || line.starts_with("prefix,");
}

}  // namespace

Result<ScannerList> read_text_scanner_list(std::string_view name, std::string_view bytes) {
  ScannerListBuilder builder("text");
  bool named = false, first = true;
  for_each_line(bytes, builder, [&](size_t number, std::string_view line) {
    if (line.front() == '#') return;
    if (std::exchange(first, false) && is_header(line)) return;
    auto entry = read_entry(line);
    if (!entry) return builder.complain("line", number, entry.error().message());
    named |= !entry->organisation.empty();
    builder.add(std::move(*entry));
  });
  auto& scanners = builder.list().scanners;
  if (scanners.empty() && builder.has_complaints())
    return failure(fmt::format("not a list of scanners: {}", builder.list().problems.front()));
  // A list that names nobody is one organisation's, called after it.
  const std::string unnamed = named ? "unknown" : organisation_name(stem_of(name));
  for (auto& scanner : scanners)
    if (scanner.organisation.empty()) scanner.organisation = unnamed;
  return builder.finish();
}

Result<ScannerList> read_scanner_organisations(std::string_view bytes) {
  ScannerListBuilder builder("nict-csv");
  for_each_line(bytes, builder, [&builder](size_t number, std::string_view line) {
    if (number == 1) return;  // the header, by which the format was recognised
    const auto fields = csv_fields(line);
    if (!fields) return builder.complain("line", number, "a quote is not closed");
    if (fields->size() < 2 || fields->front().empty())
      return builder.complain("line", number, "no organisation, or nothing beside it");
    builder.add_organisation(organisation_name(fields->front()));
  });
  return builder.finish();
}

}  // namespace yagura::enrich
