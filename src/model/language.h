// SPDX-License-Identifier: Apache-2.0
//
// The languages in which people are written to. The numbers are stored: never change one, only add.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace yagura::model {

enum class Language : uint8_t { english = 1, japanese = 2 };

// By their ISO 639-1 codes.
constexpr std::string_view code_of(Language language) {
  return language == Language::japanese ? "ja" : "en";
}
constexpr std::optional<Language> language_of(std::string_view code) {
  if (code == "en") return Language::english;
  if (code == "ja") return Language::japanese;
  return std::nullopt;
}

}  // namespace yagura::model
