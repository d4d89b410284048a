// SPDX-License-Identifier: Apache-2.0
//
// Who is a survey scanner on a given day, and why we say so.
//
// In this order: the dated lists, the reverse-DNS name (if the operator had it looked up), and,
// once a day is over, the behaviour: at least 30 scanned TCP and UDP ports and at least as many
// packets as there are dark addresses (ours, after the rule ascribed to NICTER). A source has one
// organisation per day.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/prefix_map.h"
#include "base/result.h"
#include "base/time.h"
#include "state/scanner_registry.h"
#include "telescope/source_row.h"

namespace yagura::telescope {

struct SurveyVerdict {
  uint16_t organisation = 0;  // 0 = no survey scanner
  SurveyEvidence evidence = SurveyEvidence::none;
  bool operator==(const SurveyVerdict&) const = default;
};

inline constexpr uint16_t unknown_organisation = 1;
inline constexpr size_t survey_ports_minimum = 30;

// The behaviour rule over the rows of one source and day.
bool behaves_like_a_survey(std::span<const SourceRow> rows, double dark_addresses);

// The lists and names of one day. Looks up rising addresses fastest; not thread-safe.
class SurveyDay {
 public:
  SurveyDay() : cursor_(listed_) {}
  SurveyDay(PrefixMap<uint16_t> listed, const std::unordered_map<IpAddress, uint16_t>* named)
      : listed_(std::move(listed)), named_(named), cursor_(listed_) {}
  SurveyDay(const SurveyDay&) = delete;
  SurveyDay& operator=(const SurveyDay&) = delete;

  // By list or name.
  SurveyVerdict find(IpAddress source);

 private:
  PrefixMap<uint16_t> listed_;
  const std::unordered_map<IpAddress, uint16_t>* named_ = nullptr;
  PrefixMap<uint16_t>::Cursor cursor_;
};

class SurveyRegistry {
 public:
  SurveyRegistry() = default;  // knows nobody
  static Result<SurveyRegistry> load(state::Database& database);
  SurveyRegistry(std::vector<state::ScannerEntry> entries,
                 const std::vector<state::ScannerName>& names,
                 const std::vector<state::SourceName>& source_names);

  // It refers to the registry, which must outlive it.
  std::unique_ptr<SurveyDay> on(Timestamp day) const&;
  std::unique_ptr<SurveyDay> on(Timestamp day) const&& = delete;

 private:
  std::vector<state::ScannerEntry> entries_;
  std::unordered_map<IpAddress, uint16_t> named_;
};

}  // namespace yagura::telescope
