// SPDX-License-Identifier: Apache-2.0
#include "app/question_flags.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "state/scanner_registry.h"
#include "telescope/observed_times.h"

namespace yagura::app {
namespace {

constexpr uint64_t most_lines = 1'000'000;
constexpr std::string_view mark = "--";

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

Result<telescope::OpenPeriod> open_period_of(const PeriodFlags& flags) {
  return telescope::open_period(flags, mark);
}

Result<telescope::Period> period_of(const PeriodFlags& flags, store::Connection& connection) {
  TRY(const auto data, telescope::data_period(connection));
  return telescope::period_within(flags, data, mark);
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
    verb.choice("--survey", flags.survey, telescope::survey_choices,
                "sources that are survey scanners");
}

Result<telescope::Filter> filter_of(const FilterFlags& flags, state::Database& database) {
  TRY(const auto organisations, state::organisations(database));
  return telescope::read_filter(flags, organisations, mark);
}

Result<uint16_t> sensor_id(const std::string& name, state::Database& database) {
  TRY(const auto all, state::sensors(database));
  std::vector<std::string_view> names;
  for (const state::Sensor& sensor : all) {
    if (sensor.name == name) return sensor.id;
    names.push_back(sensor.name);
  }
  const std::string_view near = nearest(name, names);
  return failure(fmt::format("--sensor: no sensor is called '{}'{}", name,
                             near.empty() ? "" : fmt::format("; did you mean '{}'?", near)));
}

void add_limit_flag(Verb& verb, uint64_t& limit, std::string_view what) {
  verb.number("--limit", limit, fmt::format("most {} to print", what), 1, most_lines);
}

}  // namespace yagura::app
