// SPDX-License-Identifier: Apache-2.0
//
// An alert as an intrusion detection system gives it: the word that the readers of alerts and those
// who judge them share. Plain values.
//
// It holds what was known when the alert was raised and nothing that was found out later: there is
// no field for a verdict or a label, so none can reach a fit.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"

namespace yagura::model {

enum class Detector : uint8_t { other = 0, suricata = 1, wazuh = 2, aminer = 3 };
inline constexpr std::array<std::string_view, 4> detector_names = {"other", "suricata", "wazuh",
                                                                   "aminer"};

// As the detector's own scale says; unknown where it has none.
enum class Severity : uint8_t { unknown = 0, low = 1, medium = 2, high = 3 };
inline constexpr std::array<std::string_view, 4> severity_names = {"unknown", "low", "medium",
                                                                   "high"};

struct Alert {
  Timestamp time;
  Detector detector = Detector::other;
  Severity severity = Severity::unknown;
  std::string rule;    // its id: "2013504", "5710", "W-Sys-Dov"
  std::string text;    // what the rule says it found
  std::string host;    // whom it is about: a name, or an address where there is no name
  std::string source;  // whom it came from: an address; empty where the detector does not say
};

}  // namespace yagura::model
