// SPDX-License-Identifier: Apache-2.0
//
// The words the telescope uses in its rows. The numbers are written to the store: never change one,
// only add.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "model/packet_class.h"

namespace yagura::telescope {

// Length of the shortest bucket of time, in which sources are told apart.
inline constexpr uint32_t window_seconds = 300;

using model::class_count;
using model::class_names;
using model::is_backscatter;
using model::is_scan;
using model::Mark;
using model::mark_count;
using model::mark_names;
using model::PacketClass;
using model::Tool;
using model::tool_count;
using model::tool_names;

// What a statistic is keyed by.
enum class Dimension : uint8_t {
  total = 1,  // value 0
  tcp_port = 2,
  udp_port = 3,
  country = 4,       // value = two letters, first × 256 + second; 0 = unknown
  asn = 5,           // 0 = unknown
  tool = 6,          // Tool
  organisation = 7,  // survey organisation, see `organisation` table; 0 = none
};
inline constexpr int dimension_count = 8;
inline constexpr std::array<std::string_view, dimension_count> dimension_names = {
    "", "total", "tcp_port", "udp_port", "country", "asn", "tool", "organisation"};

enum class Level : uint8_t { five_minutes = 1, hour = 2, day = 3 };
inline constexpr int level_count = 4;
inline constexpr std::array<std::string_view, level_count> level_names = {"", "5min", "hour",
                                                                          "day"};

// Why a source counts as a survey scanner.
enum class SurveyEvidence : uint8_t { none = 0, list = 1, name = 2, behaviour = 3 };
inline constexpr int survey_evidence_count = 4;
inline constexpr std::array<std::string_view, survey_evidence_count> survey_evidence_names = {
    "none", "list", "name", "behaviour"};

inline constexpr int scope_count = 6;
inline constexpr std::array<std::string_view, scope_count> scope_names = {
    "", "global", "private_use", "documentation", "reserved", "multicast"};

}  // namespace yagura::telescope
