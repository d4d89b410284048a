// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <unordered_map>

#include "enrich/places.h"
#include "enrich/tsv.h"

namespace yagura::embedded {
extern const std::string_view countries;
}

namespace yagura::enrich {
namespace {

struct CountryNames {
  std::string_view english, japanese;
};

constexpr bool is_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }
constexpr char upper(char c) { return c >= 'a' ? static_cast<char>(c - 'a' + 'A') : c; }

// nullptr where the code is no country's.
const CountryNames* names_of(CountryCode code) {
  static const auto names = [] {
    std::unordered_map<CountryCode, CountryNames> table;
    for_each_row<3>(embedded::countries, [&table](const auto& row) {
      table.emplace(country_code(row[0][0], row[0][1]), CountryNames{row[1], row[2]});
    });
    return table;
  }();
  const auto it = names.find(code);
  return it == names.end() ? nullptr : &it->second;
}

}  // namespace

std::string country_text(CountryCode code) {
  if (code == 0) return "??";
  return {static_cast<char>(code >> 8), static_cast<char>(code & 255)};
}

std::string country_name(CountryCode code) {
  const CountryNames* names = names_of(code);
  return names ? std::string(names->english) : country_text(code);
}

std::string country_name_ja(CountryCode code) {
  const CountryNames* names = names_of(code);
  return names ? std::string(names->japanese) : country_text(code);
}

Result<CountryCode> parse_country(std::string_view text) {
  if (text.size() != 2 || !is_letter(text[0]) || !is_letter(text[1]))
    return failure(fmt::format("'{}' is not a country code of two letters, as JP", text));
  return country_code(upper(text[0]), upper(text[1]));
}

}  // namespace yagura::enrich
