// SPDX-License-Identifier: Apache-2.0
//
// The words of warnings. Their numbers and names go into what members receive: never change one,
// only add.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace yagura::warning {

// What an address of a member did, seen from the dark.
enum class Kind : uint8_t {
  external = 1,          // sent packets to dark addresses of others
  internal = 2,          // sent packets to dark addresses of its own organisation
  under_attack = 3,      // answers packets whose source was forged: the victim of a flood
  misconfiguration = 4,  // asks one service of one dark address, steadily and slowly
};
inline constexpr std::array<std::string_view, 5> kind_names = {"", "external", "internal",
                                                               "under_attack", "misconfiguration"};

// How soon somebody should look at it.
enum class Severity : uint8_t { low = 1, medium = 2, high = 3 };
inline constexpr std::array<std::string_view, 4> severity_names = {"", "low", "medium", "high"};

// Of state::WarningState.
inline constexpr std::array<std::string_view, 4> state_names = {"", "new", "continuing",
                                                                "resolved"};

constexpr std::string_view name_of(Kind kind) { return kind_names[static_cast<size_t>(kind)]; }
constexpr std::string_view name_of(Severity severity) {
  return severity_names[static_cast<size_t>(severity)];
}

}  // namespace yagura::warning
