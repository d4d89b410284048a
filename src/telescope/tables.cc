// SPDX-License-Identifier: Apache-2.0
#include "telescope/tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace yagura::telescope {
namespace {

constexpr Duration day = Duration::days(1);

template <typename Names>
std::optional<size_t> position(const Names& names, std::string_view name) {
  const auto it = std::find(names.begin(), names.end(), name);
  if (it == names.end() || name.empty()) return {};
  return static_cast<size_t>(it - names.begin());
}

}  // namespace

std::string format_period(const Period& period) {
  const bool days =
      period.from == period.from.floor(day) && period.until == period.until.floor(day);
  if (!days)
    return fmt::format("{} to {} ({})", format_time_for_people(period.from),
                       format_time_for_people(period.until), format_duration(period.length()));
  const int64_t count = period.length().nanoseconds / day.nanoseconds;
  if (count == 1) return format_day(period.from);
  return fmt::format("{} to {} ({} days)", format_day(period.from), format_day(period.until - day),
                     format_count(static_cast<uint64_t>(count)));
}

Period whole_days(const Period& period) {
  const Timestamp until = period.until.floor(day);
  return {period.from.floor(day), until == period.until ? until : until + day};
}

Period period_before(const Period& period) { return {period.from - period.length(), period.from}; }

Result<Period> parse_period(std::string_view text) {
  const auto refuse = [&] {
    return failure(
        fmt::format("'{}' is not a year, month or day; write 2026, 2026-11 or 2026-11-23", text));
  };
  const auto from = parse_time(text);
  if (!from) return refuse();
  constexpr size_t year_length = 4, month_length = 7, day_length = 10;
  if (text.size() == year_length) return Period{*from, start_of_year(year_of(*from) + 1)};
  if (text.size() == day_length) return Period{*from, *from + day};
  if (text.size() != month_length) return refuse();
  Timestamp next = *from + Duration::days(31);  // in the next month, on its first days
  while (format_day(next).substr(day_length - 2) != "01") next = next - day;
  return Period{*from, next};
}

Result<PortFilter> parse_port_filter(std::string_view text) {
  PortFilter filter;
  const size_t slash = text.find('/');
  const std::string_view number = text.substr(0, slash);
  const auto [end, error] =
      std::from_chars(number.data(), number.data() + number.size(), filter.port);
  const std::string_view protocol =
      slash == std::string_view::npos ? std::string_view() : text.substr(slash + 1);
  const bool known = slash == std::string_view::npos || protocol == "tcp" || protocol == "udp";
  if (error != std::errc() || end != number.data() + number.size() || !known)
    return failure(fmt::format("'{}' is not a port; write 23, 23/tcp or 53/udp", text));
  filter.tcp = protocol != "udp";
  filter.udp = protocol != "tcp";
  return filter;
}

std::string Where::bind(std::string_view type, std::string value) {
  const std::string name = fmt::format("p{}", parameters_.size());
  parameters_.emplace_back(name, std::move(value));
  return fmt::format("{{{}:{}}}", name, type);
}

std::string Where::bind_seconds(Timestamp time) {
  const int64_t seconds = std::clamp<int64_t>(time.seconds(), 0, UINT32_MAX);
  return fmt::format("toDateTime({}, 'UTC')", bind("UInt32", std::to_string(seconds)));
}

std::string Where::bind_nanoseconds(Timestamp time) {
  return fmt::format("fromUnixTimestamp64Nano({}, 'UTC')",
                     bind("Int64", std::to_string(time.nanoseconds)));
}

std::string Where::bind_day(Timestamp time) {
  const int64_t days = std::clamp<int64_t>(time.floor(day).seconds() / 86'400, 0, UINT16_MAX);
  return fmt::format("toDate({})", bind("UInt16", std::to_string(days)));
}

std::string Where::bind_address(IpAddress address) {
  const std::string text = address.to_string();
  return fmt::format("toIPv6({})", bind("String", address.is_v4() ? "::ffff:" + text : text));
}

void Where::add(std::string condition) { conditions_.push_back(std::move(condition)); }

std::string Where::sql() const {
  std::string out;
  for (const std::string& condition : conditions_)
    out += (out.empty() ? "WHERE " : " AND ") + condition;
  return out;
}

void Where::add_class(const std::optional<PacketClass>& class_) {
  if (class_ && *class_ != PacketClass::any) add(class_condition(*class_));
}

void Where::add_prefix(std::string_view column, const Prefix& prefix) {
  if (prefix.length() == 0) return;
  const std::string first = bind_address(prefix.first());
  const std::string last = bind_address(prefix.last());
  add(fmt::format("{} BETWEEN {} AND {}", column, first, last));
}

void Where::add_port(const PortFilter& filter) {
  const std::string port = bind(filter.port);
  std::vector<std::string> either;
  if (filter.tcp)
    either.push_back(fmt::format(
        "(class IN ('scan_tcp', 'backscatter_tcp', 'other_tcp') AND has(ports, {}))", port));
  if (filter.udp)
    either.push_back(fmt::format(
        "(class IN ('scan_udp', 'probe_amplification', 'backscatter_udp') AND has(ports, {}))",
        port));
  add(fmt::format("({})", fmt::join(either, " OR ")));
}

// What the daily rows know of a source. The verdict on it stands in each of its rows of a day.
std::vector<std::string> Where::who_conditions(const Filter& filter) {
  std::vector<std::string> all;
  if (filter.country) all.push_back("country = " + bind(*filter.country));
  if (filter.asn) all.push_back("asn = " + bind(*filter.asn));
  if (filter.tool) all.push_back("toInt8(tool) = " + bind(static_cast<uint64_t>(*filter.tool)));
  if (filter.organisation) all.push_back("organisation = " + bind(*filter.organisation));
  if (filter.survey == Survey::without) all.emplace_back("organisation = 0");
  if (filter.survey == Survey::only) all.emplace_back("organisation > 0");
  return all;
}

std::string Where::days_of(const Period& period) {
  const Period days = whole_days(period);
  const std::string from = bind_day(days.from);
  return fmt::format("day >= {} AND day < {}", from, bind_day(days.until));
}

void Where::add_source_day_filter(const Filter& filter) {
  add_class(filter.class_);
  if (filter.port) add_port(*filter.port);
  if (filter.source) add_prefix("source", *filter.source);
  for (std::string& condition : who_conditions(filter)) add(std::move(condition));
}

void Where::add_activity_filter(const Filter& filter, const Period& period) {
  add_class(filter.class_);
  if (filter.port) add_port(*filter.port);
  if (filter.source) add_prefix("source", *filter.source);
  if (!filter.asks_who()) return;
  // Survey scanners are few: to leave them out, they are the ones to look up.
  Filter who = filter;
  const bool all_but = filter.survey == Survey::without && !filter.country && !filter.asn &&
                       !filter.tool && !filter.organisation;
  if (all_but) who.survey = Survey::only;
  const std::string days = days_of(period);
  add(
      fmt::format("(toDate(window), source) {}IN (SELECT day, source FROM source_day WHERE {} AND "
                  "{})",
                  all_but ? "NOT " : "", days, fmt::join(who_conditions(who), " AND ")));
}

void Where::add_sources_of(std::string_view column, const Filter& filter, const Period& period) {
  if (filter.source) add_prefix(column, *filter.source);
  if (!filter.asks_who()) return;
  const std::string days = days_of(period);
  add(fmt::format("{} IN (SELECT source FROM source_day WHERE {} AND {})", column, days,
                  fmt::join(who_conditions(filter), " AND ")));
}

std::string filtered_packets(const Filter& filter) {
  if (!filter.port) return "packets";
  return fmt::format("port_packets[indexOf(ports, {})]", filter.port->port);
}

std::string class_condition(PacketClass class_) {
  if (class_ == PacketClass::scans)
    return "class IN ('scan_tcp', 'scan_udp', 'scan_icmp', 'probe_amplification')";
  return fmt::format("class = '{}'", class_names[static_cast<size_t>(class_)]);
}

std::optional<PacketClass> class_named(std::string_view name) {
  const auto at = position(class_names, name);
  if (!at) return {};
  return static_cast<PacketClass>(*at);
}

std::optional<Tool> tool_named(std::string_view name) {
  const auto at = position(tool_names, name);
  if (!at) return {};
  return static_cast<Tool>(*at);
}

}  // namespace yagura::telescope
