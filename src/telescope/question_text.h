// SPDX-License-Identifier: Apache-2.0
//
// A period and a filter as people write them: in flags of the command line and in parameters of the
// API, which mean the same. Pure functions of the texts.
//
// `mark` stands in front of a name in an error: "--" of a flag, nothing of a parameter.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "state/scanner_registry.h"
#include "telescope/observed_times.h"
#include "telescope/tables.h"

namespace yagura::telescope {

struct PeriodText {
  std::string period;       // a year, month or day, instead of the others
  std::string from, until;  // times
  std::string last;         // a duration, counted back from the end
};
// What the texts alone say; for what is not in the store.
struct OpenPeriod {
  std::optional<Timestamp> from, until;
};
Result<OpenPeriod> open_period(const PeriodText& text, std::string_view mark);
// What they leave open is that of the days that hold data; without data it is empty. `last` counts
// back from `until`, else from the end of the data, since captures are often old.
Result<Period> period_within(const PeriodText& text, const std::optional<DataPeriod>& data,
                             std::string_view mark);

struct FilterText {
  std::string class_, port, source, country, asn, tool, organisation;
  Survey survey = Survey::with;
};
Result<Filter> read_filter(const FilterText& text,
                           const std::vector<state::Organisation>& organisations,
                           std::string_view mark);

// "64496" or "AS64496".
Result<uint32_t> parse_asn(std::string_view text);

}  // namespace yagura::telescope
