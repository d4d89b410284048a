// SPDX-License-Identifier: Apache-2.0
//
// The flags that the telescope's questions share: a period and a filter. Plain values, filled by
// the command line and understood once the store is open.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/telescope_data.h"
#include "app/verb.h"
#include "telescope/question_text.h"

namespace yagura::app {

using PeriodFlags = telescope::PeriodText;
void add_period_flags(Verb& verb, PeriodFlags& flags);
// Without flags all data; an empty store gives an empty period.
Result<telescope::Period> period_of(const PeriodFlags& flags, store::Connection& connection);
// What the flags alone say; for what is not in the store.
Result<telescope::OpenPeriod> open_period_of(const PeriodFlags& flags);

using FilterFlags = telescope::FilterText;
// `names`: which of class, port, source, country, asn, tool, organisation, survey to offer.
void add_filter_flags(Verb& verb, FilterFlags& flags,
                      std::initializer_list<std::string_view> names);
Result<telescope::Filter> filter_of(const FilterFlags& flags, state::Database& database);

// --limit N, with how many lines a verb prints at most.
void add_limit_flag(Verb& verb, uint64_t& limit, std::string_view what);

// The number of a sensor that exists.
Result<uint16_t> sensor_id(const std::string& name, state::Database& database);

// `rows` were asked for with one more than `limit`: drops it and says that there is more.
template <typename Row>
void note_more(const Session& session, std::vector<Row>& rows, uint64_t limit) {
  if (rows.size() <= limit) return;
  rows.erase(rows.begin() + static_cast<ptrdiff_t>(limit), rows.end());
  session.note("there are more than the " + std::to_string(limit) +
               " shown; --limit, a filter or a period show others");
}

}  // namespace yagura::app
