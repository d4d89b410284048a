// SPDX-License-Identifier: Apache-2.0
//
// How the telescope's routes understand a request and lay out an answer: what they share.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/table.h"
#include "http/route.h"
#include "telescope/observed_times.h"
#include "telescope/report_tables.h"
#include "telescope/routes.h"

namespace yagura::telescope {

// What every question to the rows needs first.
struct Asked {
  Desk desk;
  std::vector<state::Organisation> organisations;
  Names names;
  std::optional<DataPeriod> data;
};
Result<Asked> asked(const RouteContext& context, const http::Call& call);

// A table on its way out, with what must be said beside its rows.
struct TableAnswer {
  Table table;
  std::optional<Period> period;  // as answered
  bool more = false;             // rows beyond the limit
  std::vector<std::string> notes;
  std::string refusal;  // why there are no rows: a 422 that says so
};

// {"period": {"from", "until"}, "rows": [...], "more": false, "notes": [...]}, or the rows as CSV
// where the request asks for that.
http::Response table_response(const http::Call& call, const TableAnswer& answer);
// JSON Schema of that, of rows with these columns; those named in `optional` may be absent.
http::Answer table_answer(const Table& empty, std::vector<std::string_view> optional = {});
bool wants_csv(const http::Call& call);

// "from" and "until" of a period as a JSON object.
std::string period_json(const Period& period);
std::string period_schema();

// What was asked for was understood, but the store failed; a question beyond its limits of memory
// or time is a 503 that says so, anything else a 500. The reason goes to the log, not to the
// client.
http::Response store_failure(const Error& error);

// The parameters that most routes share, and what a call gave for them.
std::vector<http::Parameter> period_parameters();
std::vector<http::Parameter> page_parameters(int64_t usual_limit);
// Which of class, port, source, country, asn, tool, organisation, survey a route takes.
using FilterNames = std::span<const std::string_view>;
std::vector<http::Parameter> filter_parameters(FilterNames names);
http::Parameter format_parameter();

Result<Period> period_of(const http::Call& call, const std::optional<DataPeriod>& data);
Result<Filter> filter_of(const http::Call& call, FilterNames names,
                         const std::vector<state::Organisation>& organisations);
// A parameter whose words are those of `choices`, `usual` unless given.
template <typename Value, size_t count>
http::Parameter word_parameter(std::string name, std::string description,
                               const Choice<Value> (&choices)[count],
                               std::optional<Value> usual = {}) {
  std::vector<std::string> words;
  std::optional<std::string> fallback;
  for (const auto& [word, value] : choices) {
    words.emplace_back(word);
    if (usual == value) fallback = word;
  }
  return http::choice_parameter(std::move(name), std::move(description), std::move(words),
                                std::move(fallback));
}
// The value of the word given, if one was.
template <typename Value, size_t count>
std::optional<Value> value_of(const http::Call& call, std::string_view name,
                              const Choice<Value> (&choices)[count]) {
  const auto given = call.text(name);
  if (!given) return {};
  for (const auto& [word, value] : choices)
    if (word == *given) return value;
  return {};  // the router lets no other word through
}

// `rows` were asked for with one more than `limit`: drops it and says whether it was there.
template <typename Row>
bool drop_beyond(std::vector<Row>& rows, uint64_t limit) {
  if (rows.size() <= limit) return false;
  rows.erase(rows.begin() + static_cast<ptrdiff_t>(limit), rows.end());
  return true;
}

}  // namespace yagura::telescope
