// SPDX-License-Identifier: Apache-2.0
//
// What can be asked of the telescope's rows: the period, the filter, and how both become SQL.
//
// The questions themselves stand in tables_numbers.h (statistics), tables_sources.h (sources, one
// source's page, survey scanners) and tables_events.h (scan events, attacks, alarms, activity).
// Every value goes to the store as a {name:Type} parameter. A Connection belongs to one thread, and
// so do the questions asked through it; nothing here has state.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip_address.h"
#include "base/result.h"
#include "base/time.h"
#include "enrich/places.h"
#include "store/engine.h"
#include "telescope/vocabulary.h"

namespace yagura::telescope {

// A stretch of time: `from` is in it, `until` is not.
struct Period {
  Timestamp from, until;
  Duration length() const { return until - from; }
  bool operator==(const Period&) const = default;
};

// "2026-11-01 to 2026-11-03 (3 days)": whole days name the last day that is in it.
std::string format_period(const Period& period);
// The period moved outwards to whole days.
Period whole_days(const Period& period);
// The stretch of the same length that ends where `period` begins.
Period period_before(const Period& period);
// Reads "2026", "2026-11" or "2026-11-23" as that year, month or day.
Result<Period> parse_period(std::string_view text);

// A value of an enumeration with the word that people write for it: flags of the command line and
// parameters of the API offer the same.
template <typename Value>
struct Choice {
  std::string_view word;
  Value value;
};

enum class Survey { with, without, only };  // survey scanners
inline constexpr Choice<Survey> survey_choices[] = {
    {"with", Survey::with}, {"without", Survey::without}, {"only", Survey::only}};

struct PortFilter {
  uint16_t port = 0;
  bool tcp = true;
  bool udp = true;
};
// Reads "23", "23/tcp", "53/udp".
Result<PortFilter> parse_port_filter(std::string_view text);

// Which sources and packets count. An empty filter lets everything through.
struct Filter {
  std::optional<PacketClass> class_;  // may be `scans`
  std::optional<PortFilter> port;
  std::optional<Prefix> source;
  std::optional<enrich::CountryCode> country;
  std::optional<uint32_t> asn;
  std::optional<Tool> tool;
  std::optional<uint16_t> organisation;  // survey organisation
  Survey survey = Survey::with;

  // Whether it says nothing but a class and what to do with survey scanners.
  bool is_plain() const { return !port && !source && !country && !asn && !tool && !organisation; }
  // Whether it asks for something that only the daily rows know of a source.
  bool asks_who() const { return country || asn || tool || organisation || survey != Survey::with; }
};

// A WHERE clause in the making. Conditions are joined by AND.
class Where {
 public:
  // Makes a parameter of `value`; returns its placeholder "{p0:UInt16}".
  std::string bind(std::string_view type, std::string value);
  std::string bind(uint64_t value) { return bind("UInt64", std::to_string(value)); }
  // A time as the store compares it: DateTime (seconds) and DateTime64(9).
  std::string bind_seconds(Timestamp time);
  std::string bind_nanoseconds(Timestamp time);
  std::string bind_day(Timestamp time);
  std::string bind_address(IpAddress address);

  void add(std::string condition);
  // "WHERE a AND b", or nothing.
  std::string sql() const;
  const store::Parameters& parameters() const { return parameters_; }

  // The filter on tables with a row per source (source_day; activity lacks place and verdicts).
  void add_class(const std::optional<PacketClass>& class_);
  void add_prefix(std::string_view column, const Prefix& prefix);
  void add_source_day_filter(const Filter& filter);
  // The same on `activity`, whose rows do not say who a source is: that is looked up in the daily
  // rows of the days that `period` touches.
  void add_activity_filter(const Filter& filter, const Period& period);
  // Rows whose `column` is an address that passes what the filter says of a source (not class and
  // port), by the daily rows of the days that `period` touches.
  void add_sources_of(std::string_view column, const Filter& filter, const Period& period);

 private:
  void add_port(const PortFilter& port);
  std::vector<std::string> who_conditions(const Filter& filter);
  std::string days_of(const Period& period);

  std::vector<std::string> conditions_;
  store::Parameters parameters_;
};

// For queries whose groups may not fit: the engine sorts them through the disk.
inline constexpr std::string_view spill_settings =
    " SETTINGS max_bytes_before_external_group_by = 200000000, "
    "max_bytes_before_external_sort = 200000000";

// The packets of a row that the filter's port lets through, as an expression on tables with a row
// per source: all of them without a port. Of rows that pass the filter.
std::string filtered_packets(const Filter& filter);

// "IN ('scan_tcp', …)" of the classes that `class_` stands for.
std::string class_condition(PacketClass class_);
// A class, tool or level by its name; nothing where there is none of that name.
std::optional<PacketClass> class_named(std::string_view name);
std::optional<Tool> tool_named(std::string_view name);

}  // namespace yagura::telescope
