// SPDX-License-Identifier: Apache-2.0
#include "telescope/stored_rows.h"

#include <fmt/core.h>

#include <memory>

namespace yagura::telescope {
namespace {

// Rows of one source and bucket, gathered until the next one begins.
class SourceGatherer {
 public:
  explicit SourceGatherer(const StoredVisitor& visit) : visit_(&visit) {}

  Result<void> add(const store::Block& block, size_t i) {
    const auto time = static_cast<uint32_t>(block["bucket"].unsigned_at(i));
    const IpAddress source = block["source"].address_at(i);
    if (!rows_.empty() && (time != time_ || source != rows_[0].source)) TRY_VOID(flush());
    time_ = time;
    auto& kept = *kept_.emplace_back(std::make_unique<Values>());
    narrow(block["ports"].unsigned_array_at(i), kept.ports);
    narrow(block["port_packets"].unsigned_array_at(i), kept.port_packets);
    narrow(block["mark_packets"].unsigned_array_at(i), kept.mark_packets);
    for (const uint64_t mark : block["marks"].unsigned_array_at(i))
      kept.marks.push_back(static_cast<Mark>(mark));
    SourceRow row;
    row.source = source;
    row.class_ = static_cast<PacketClass>(block["class"].unsigned_at(i));
    row.scope = static_cast<AddressScope>(block["scope"].unsigned_at(i));
    row.windows = static_cast<uint32_t>(block["windows"].unsigned_at(i));
    row.first = static_cast<uint32_t>(block["first"].unsigned_at(i));
    row.last = static_cast<uint32_t>(block["last"].unsigned_at(i));
    row.packets = block["packets"].unsigned_at(i);
    row.bytes = block["bytes"].unsigned_at(i);
    row.ports = kept.ports;
    row.port_packets = kept.port_packets;
    row.marks = kept.marks;
    row.mark_packets = kept.mark_packets;
    rows_.push_back(row);
    return {};
  }

  Result<void> flush() {
    if (rows_.empty()) return {};
    TRY_VOID((*visit_)(time_, rows_));
    rows_.clear();
    kept_.clear();
    return {};
  }

 private:
  struct Values {
    std::vector<uint16_t> ports;
    std::vector<uint32_t> port_packets;
    std::vector<Mark> marks;
    std::vector<uint32_t> mark_packets;
  };
  template <typename T>
  static void narrow(const std::vector<uint64_t>& from, std::vector<T>& to) {
    to.assign(from.size(), 0);
    for (size_t i = 0; i < from.size(); ++i) to[i] = static_cast<T>(from[i]);
  }

  const StoredVisitor* visit_;
  uint32_t time_ = 0;
  std::vector<SourceRow> rows_;
  std::vector<std::unique_ptr<Values>> kept_;
};

Result<void> visit_rows(store::Connection& connection, std::string_view sql,
                        const store::Parameters& parameters, const StoredVisitor& visit) {
  SourceGatherer gatherer(visit);
  TRY_VOID(connection.stream(sql, parameters, [&](const store::Block& block) -> Result<void> {
    for (size_t i = 0; i < block.rows; ++i) TRY_VOID(gatherer.add(block, i));
    return {};
  }));
  return gatherer.flush();
}

// IN and not has(): only a set is looked up in the primary key.
std::string_view source_condition(std::span<const IpAddress> sources) {
  return sources.empty() ? "" : " AND source IN (SELECT arrayJoin({sources:Array(IPv6)}))";
}

store::Parameters parameters_of(uint32_t day, std::span<const IpAddress> sources) {
  store::Parameters parameters = {{"day", fmt::format("{}", day)}};
  if (!sources.empty()) parameters.emplace_back("sources", address_array(sources));
  return parameters;
}

// A day of activity may not fit the store's memory when it is grouped: let it spill.
constexpr std::string_view spill_settings =
    " SETTINGS max_bytes_before_external_group_by = 200000000,"
    " max_bytes_before_external_sort = 200000000";

}  // namespace

std::string address_array(std::span<const IpAddress> addresses) {
  std::string text = "[";
  for (const IpAddress address : addresses) {
    if (text.size() > 1) text += ',';
    text += fmt::format("'{}{}'", address.is_v4() ? "::ffff:" : "", address.to_string());
  }
  return text + "]";
}

Result<void> visit_activity(store::Connection& connection, Level level, uint32_t day,
                            std::span<const IpAddress> sources, const StoredVisitor& visit) {
  const char* bucket = level == Level::five_minutes ? "window"
                       : level == Level::hour       ? "toStartOfHour(window)"
                                                    : "toStartOfDay(window)";
  const std::string sql = fmt::format(
      "SELECT bucket, source, class, scope, windows, first, last, packets, bytes,"
      " port_map.1 AS ports, port_map.2 AS port_packets,"
      " mark_map.1 AS marks, mark_map.2 AS mark_packets FROM ("
      "SELECT toUInt32({}) AS bucket, source, class, any(scope) AS scope,"
      " uniqExact(window) AS windows, toUInt32(min(window + first_second)) AS first,"
      " toUInt32(max(window + last_second)) AS last, sum(packets) AS packets,"
      " sum(bytes) AS bytes, sumMap(ports, port_packets) AS port_map,"
      " sumMap(arrayMap(m -> toUInt8(m), marks), mark_packets) AS mark_map"
      " FROM activity WHERE window >= toDateTime({{day:UInt32}})"
      " AND window < toDateTime({{day:UInt32}}) + 86400{}"
      " GROUP BY bucket, source, class) ORDER BY bucket, source, class{}",
      bucket, source_condition(sources), spill_settings);
  return visit_rows(connection, sql, parameters_of(day, sources), visit);
}

Result<void> visit_source_days(store::Connection& connection, uint32_t day,
                               std::span<const IpAddress> sources, const StoredVisitor& visit) {
  const std::string sql = fmt::format(
      "SELECT bucket, source, class, scope, windows, first, last, packets, bytes,"
      " port_map.1 AS ports, port_map.2 AS port_packets,"
      " mark_map.1 AS marks, mark_map.2 AS mark_packets FROM ("
      "SELECT {{day:UInt32}} AS bucket, source, class, any(scope) AS scope,"
      " sum(windows) AS windows, toUInt32(min(first)) AS first, toUInt32(max(last)) AS last,"
      " sum(packets) AS packets, sum(bytes) AS bytes, sumMap(ports, port_packets) AS port_map,"
      " sumMap(arrayMap(m -> toUInt8(m), marks), mark_packets) AS mark_map"
      " FROM source_day WHERE day = toDate(toDateTime({{day:UInt32}}, 'UTC'), 'UTC'){}"
      " GROUP BY bucket, source, class) ORDER BY source, class{}",
      source_condition(sources), spill_settings);
  return visit_rows(connection, sql, parameters_of(day, sources), visit);
}

Result<bool> has_activity(store::Connection& connection, uint32_t day) {
  TRY(const auto block, connection.query("SELECT count() AS n FROM (SELECT 1 FROM activity"
                                         " WHERE window >= toDateTime({day:UInt32})"
                                         " AND window < toDateTime({day:UInt32}) + 86400 LIMIT 1)",
                                         {{"day", fmt::format("{}", day)}}));
  return block["n"].unsigned_at(0) > 0;
}

}  // namespace yagura::telescope
