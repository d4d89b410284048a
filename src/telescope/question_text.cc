// SPDX-License-Identifier: Apache-2.0
#include "telescope/question_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace yagura::telescope {
namespace {

std::string meant(std::string_view word, std::span<const std::string_view> known) {
  const std::string_view near = nearest(word, known);
  return near.empty() ? "" : fmt::format("; did you mean '{}'?", near);
}

std::string name_of(std::string_view mark, std::string_view name) {
  return fmt::format("{}{}", mark, name);
}

// A failure to understand `what` names it.
template <typename Value>
Result<Value> of(std::string_view mark, std::string_view what, Result<Value> value) {
  return within(name_of(mark, what), std::move(value));
}

Result<uint16_t> organisation_id(const std::string& name,
                                 const std::vector<state::Organisation>& all,
                                 std::string_view mark) {
  std::vector<std::string_view> names;
  for (const state::Organisation& organisation : all) {
    if (organisation.name == name) return organisation.id;
    names.push_back(organisation.name);
  }
  return failure(fmt::format("{}: no survey organisation is called '{}'{}",
                             name_of(mark, "organisation"), name, meant(name, names)));
}

}  // namespace

Result<OpenPeriod> open_period(const PeriodText& text, std::string_view mark) {
  OpenPeriod period;
  if (!text.period.empty()) {
    if (!text.from.empty() || !text.until.empty() || !text.last.empty())
      return failure(fmt::format("{} says all: nothing else about the time can stand beside it",
                                 name_of(mark, "period")));
    TRY(const Period whole, of(mark, "period", parse_period(text.period)));
    return OpenPeriod{whole.from, whole.until};
  }
  if (!text.from.empty()) {
    TRY(const Timestamp from, of(mark, "from", parse_time(text.from)));
    period.from = from;
  }
  if (!text.until.empty()) {
    TRY(const Timestamp until, of(mark, "until", parse_time(text.until)));
    period.until = until;
  }
  if (period.from && period.until && *period.until <= *period.from)
    return failure(
        fmt::format("{} must be later than {}", name_of(mark, "until"), name_of(mark, "from")));
  return period;
}

Result<Period> period_within(const PeriodText& text, const std::optional<DataPeriod>& data,
                             std::string_view mark) {
  TRY(const OpenPeriod given, open_period(text, mark));
  Period period = data ? data->days : Period{};
  if (data && !text.last.empty()) period.until = data->end;
  if (given.until) period.until = *given.until;
  if (!text.last.empty()) {
    TRY(const Duration last, of(mark, "last", parse_duration(text.last)));
    if (last.nanoseconds <= 0)
      return failure(fmt::format("{}: must be longer than nothing", name_of(mark, "last")));
    period.from = period.until - last;
  }
  if (given.from) period.from = *given.from;
  period.until = std::max(period.until, period.from);
  return period;
}

Result<Filter> read_filter(const FilterText& text,
                           const std::vector<state::Organisation>& organisations,
                           std::string_view mark) {
  Filter filter;
  filter.survey = text.survey;
  if (!text.class_.empty()) {
    filter.class_ = class_named(text.class_);
    if (!filter.class_)
      return failure(fmt::format("{}: there is no class '{}'{}", name_of(mark, "class"),
                                 text.class_, meant(text.class_, class_names)));
  }
  if (!text.tool.empty()) {
    filter.tool = tool_named(text.tool);
    if (!filter.tool)
      return failure(fmt::format("{}: there is no tool '{}'{}", name_of(mark, "tool"), text.tool,
                                 meant(text.tool, tool_names)));
  }
  if (!text.port.empty()) {
    TRY(filter.port, of(mark, "port", parse_port_filter(text.port)));
  }
  if (!text.source.empty()) {
    TRY(filter.source, of(mark, "source", Prefix::parse(text.source)));
  }
  if (!text.country.empty()) {
    TRY(filter.country, of(mark, "country", enrich::parse_country(text.country)));
  }
  if (!text.asn.empty()) {
    TRY(filter.asn, of(mark, "asn", parse_asn(text.asn)));
  }
  if (!text.organisation.empty()) {
    TRY(filter.organisation, organisation_id(text.organisation, organisations, mark));
  }
  return filter;
}

Result<uint32_t> parse_asn(std::string_view text) {
  std::string_view digits = text;
  if (digits.starts_with("AS") || digits.starts_with("as")) digits.remove_prefix(2);
  uint32_t asn = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), asn);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size())
    return failure(fmt::format("'{}' is not an autonomous system; write 64496 or AS64496", text));
  return asn;
}

}  // namespace yagura::telescope
