// SPDX-License-Identifier: Apache-2.0
#include "enrich/organisation_names.h"

#include <algorithm>
#include <cctype>
#include <unordered_map>
#include <vector>

#include "enrich/tsv.h"

namespace yagura::embedded {
extern const std::string_view organisation_aliases;
extern const std::string_view scanner_names;
}  // namespace yagura::embedded

namespace yagura::enrich {
namespace {

constexpr size_t longest_name = 200;
constexpr size_t longest_host_name = 253;  // RFC 1035 in its printed form

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return result;
}

// One space for every run of them, none at the ends.
std::string fold_spaces(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (!is_space(c))
      result += c;
    else if (!result.empty() && result.back() != ' ')
      result += ' ';
  }
  if (!result.empty() && result.back() == ' ') result.pop_back();
  return result;
}

using NameTable = std::unordered_map<std::string, std::string_view>;

const NameTable& aliases() {
  static const NameTable table = [] {
    NameTable made;
    for_each_row<2>(embedded::organisation_aliases,
                    [&made](const auto& row) { made.emplace(lower(row[0]), row[1]); });
    return made;
  }();
  return table;
}

// The part of a host name behind its first dot; empty behind the last.
std::string_view parent(std::string_view host) {
  const size_t dot = host.find('.');
  return dot == std::string_view::npos ? std::string_view() : host.substr(dot + 1);
}

// How many labels a registered domain has: three under "co.uk" and its like, where the second level
// is a kind and not a name.
std::string_view registered_domain(std::string_view host) {
  static constexpr std::string_view kinds[] = {"ac",  "co", "com", "edu", "go",
                                               "gov", "ne", "net", "or",  "org"};
  const size_t top = host.rfind('.');
  if (top == std::string_view::npos) return host;
  const size_t second = host.rfind('.', top - 1);
  if (top == 0 || second == std::string_view::npos) return host;
  const std::string_view label = host.substr(second + 1, top - second - 1);
  const bool is_kind = host.size() - top - 1 == 2 &&
                       std::find(std::begin(kinds), std::end(kinds), label) != std::end(kinds);
  if (!is_kind) return host.substr(second + 1);
  if (second == 0) return host;
  const size_t third = host.rfind('.', second - 1);
  return third == std::string_view::npos ? host : host.substr(third + 1);
}

}  // namespace

std::string organisation_name(std::string_view as_given) {
  std::string name = fold_spaces(as_given);
  if (name.empty()) return "unknown";
  if (const auto alias = aliases().find(lower(name)); alias != aliases().end())
    return std::string(alias->second);
  if (name.size() > longest_name) {
    size_t end = longest_name;
    while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0) == 0x80) --end;  // UTF-8
    name.resize(end);
  }
  return name;
}

bool is_host_name(std::string_view text) {
  if (!text.empty() && text.back() == '.') text.remove_suffix(1);
  if (text.empty() || text.size() > longest_host_name) return false;
  size_t dots = 0, label = 0;
  bool letter = false;  // in the last label: what tells a name from an IPv4 address
  for (const char c : text) {
    if (c == '.') {
      if (label == 0) return false;
      ++dots;
      label = 0;
      letter = false;
      continue;
    }
    const bool is_letter = std::isalpha(static_cast<unsigned char>(c)) != 0;
    if (!is_letter && !(c >= '0' && c <= '9') && c != '-' && c != '_') return false;
    if (++label > 63) return false;
    letter |= is_letter;
  }
  return dots > 0 && label > 0 && letter;
}

std::string organisation_of_listed_host(std::string_view host_name) {
  if (!host_name.empty() && host_name.back() == '.') host_name.remove_suffix(1);
  const std::string host = lower(host_name);
  for (std::string_view domain = host; !domain.empty(); domain = parent(domain))
    if (const auto alias = aliases().find(std::string(domain)); alias != aliases().end())
      return std::string(alias->second);
  return std::string(registered_domain(host));
}

std::span<const ScannerNameSuffix> known_scanner_names() {
  static const std::vector<ScannerNameSuffix> names = [] {
    std::vector<ScannerNameSuffix> made;
    for_each_row<3>(embedded::scanner_names,
                    [&made](const auto& row) { made.push_back({row[0], row[1]}); });
    return made;
  }();
  return names;
}

}  // namespace yagura::enrich
