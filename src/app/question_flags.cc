// SPDX-License-Identifier: Apache-2.0
#include "app/question_flags.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "state/scanner_registry.h"
#include "telescope/tables_numbers.h"

namespace yagura::app {
namespace {

constexpr uint64_t most_lines = 1'000'000;

std::string meant(std::string_view word, std::span<const std::string_view> known) {
  const std::string_view near = nearest(word, known);
  return near.empty() ? "" : fmt::format("; did you mean '{}'?", near);
}

Result<uint16_t> organisation_id(const std::string& name, state::Database& database) {
  TRY(const auto all, state::organisations(database));
  std::vector<std::string_view> names;
  for (const state::Organisation& organisation : all) {
    if (organisation.name == name) return organisation.id;
    names.push_back(organisation.name);
  }
  return failure(fmt::format("--organisation: no survey organisation is called '{}'{}", name,
                             meant(name, names)));
}

}  // namespace

void add_period_flags(Verb& verb, PeriodFlags& flags) {
  verb.group("Period (UTC)")
      .text("--period", flags.period, "DATE", "a year, month or day: 2026, 2026-11, 2026-11-23")
      .text("--from", flags.from, "TIME", "first moment: 2026-11-23 or 2026-11-23T08:00")
      .not_with("--period")
      .text("--until", flags.until, "TIME", "first moment that is no longer in it")
      .not_with("--period")
      .text("--last", flags.last, "DURATION", "so much before the end of the data: 12h, 7d")
      .not_with("--period")
      .not_with("--from");
}

Result<OpenPeriod> open_period_of(const PeriodFlags& flags) {
  OpenPeriod period;
  if (!flags.period.empty()) {
    TRY(const telescope::Period whole, within("--period", telescope::parse_period(flags.period)));
    return OpenPeriod{whole.from, whole.until};
  }
  if (!flags.from.empty()) {
    TRY(const Timestamp from, within("--from", parse_time(flags.from)));
    period.from = from;
  }
  if (!flags.until.empty()) {
    TRY(const Timestamp until, within("--until", parse_time(flags.until)));
    period.until = until;
  }
  if (period.from && period.until && *period.until <= *period.from)
    return failure("--until must be later than --from");
  return period;
}

Result<telescope::Period> period_of(const PeriodFlags& flags, store::Connection& connection) {
  TRY(const OpenPeriod given, open_period_of(flags));
  TRY(const auto data, telescope::data_period(connection));
  telescope::Period period = data.value_or(telescope::Period{});
  if (given.until) period.until = *given.until;
  if (!flags.last.empty()) {
    TRY(const Duration last, within("--last", parse_duration(flags.last)));
    if (last.nanoseconds <= 0) return failure("--last: must be longer than nothing");
    period.from = period.until - last;
  }
  if (given.from) period.from = *given.from;
  period.until = std::max(period.until, period.from);
  return period;
}

void add_filter_flags(Verb& verb, FilterFlags& flags,
                      std::initializer_list<std::string_view> names) {
  const auto offered = [&](std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  verb.group("Filter");
  const auto add = [&](const char* name, std::string& target, const char* type, const char* help) {
    if (offered(name)) verb.text(std::string("--") + name, target, type, help);
  };
  add("class", flags.class_, "CLASS", "packet class: scan_tcp, scans, backscatter_tcp, any ...");
  add("port", flags.port, "PORT", "service port: 23, 23/tcp, 53/udp");
  add("source", flags.source, "PREFIX", "source address or prefix");
  add("country", flags.country, "CODE", "country of the source: JP");
  add("asn", flags.asn, "NUMBER", "autonomous system of the source: 64496");
  add("tool", flags.tool, "TOOL", "tool of the source: mirai, zmap, masscan, nmap ...");
  add("organisation", flags.organisation, "NAME", "survey organisation of the source");
  if (offered("survey"))
    verb.choice<telescope::Survey>("--survey", flags.survey,
                                   {{"with", telescope::Survey::with},
                                    {"without", telescope::Survey::without},
                                    {"only", telescope::Survey::only}},
                                   "sources that are survey scanners");
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

Result<telescope::Filter> filter_of(const FilterFlags& flags, state::Database& database) {
  telescope::Filter filter;
  filter.survey = flags.survey;
  if (!flags.class_.empty()) {
    filter.class_ = telescope::class_named(flags.class_);
    if (!filter.class_)
      return failure(fmt::format("--class: there is no class '{}'{}", flags.class_,
                                 meant(flags.class_, telescope::class_names)));
  }
  if (!flags.tool.empty()) {
    filter.tool = telescope::tool_named(flags.tool);
    if (!filter.tool)
      return failure(fmt::format("--tool: there is no tool '{}'{}", flags.tool,
                                 meant(flags.tool, telescope::tool_names)));
  }
  if (!flags.port.empty()) {
    TRY(filter.port, within("--port", telescope::parse_port_filter(flags.port)));
  }
  if (!flags.source.empty()) {
    TRY(filter.source, within("--source", Prefix::parse(flags.source)));
  }
  if (!flags.country.empty()) {
    TRY(filter.country, within("--country", enrich::parse_country(flags.country)));
  }
  if (!flags.asn.empty()) {
    TRY(filter.asn, within("--asn", parse_asn(flags.asn)));
  }
  if (!flags.organisation.empty()) {
    TRY(filter.organisation, organisation_id(flags.organisation, database));
  }
  return filter;
}

Result<uint16_t> sensor_id(const std::string& name, state::Database& database) {
  TRY(const auto all, state::sensors(database));
  std::vector<std::string_view> names;
  for (const state::Sensor& sensor : all) {
    if (sensor.name == name) return sensor.id;
    names.push_back(sensor.name);
  }
  return failure(fmt::format("--sensor: no sensor is called '{}'{}", name, meant(name, names)));
}

void add_limit_flag(Verb& verb, uint64_t& limit, std::string_view what) {
  verb.number("--limit", limit, fmt::format("most {} to print", what), 1, most_lines);
}

}  // namespace yagura::app
