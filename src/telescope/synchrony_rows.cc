// SPDX-License-Identifier: Apache-2.0
#include "telescope/synchrony_rows.h"

#include <fmt/format.h>

#include <algorithm>

#include "telescope/synchrony.h"
#include "telescope/tables.h"

namespace yagura::telescope {
namespace {

uint32_t window_of(uint32_t time) { return time - time % judged_seconds; }

Where stored_of(uint16_t sensor, uint32_t from) {
  Where where;
  where.add("time >= " + where.bind_seconds(Timestamp::from_seconds(from)));
  where.add("sensor = " + where.bind(sensor));
  return where;
}

}  // namespace

std::span<const SynchronyRow> StoredRows::of(uint32_t from, uint32_t until) const {
  const auto before = [](const SynchronyRow& row, uint32_t time) { return row.time < time; };
  const auto first = std::lower_bound(rows.begin(), rows.end(), from, before);
  return {first, std::lower_bound(first, rows.end(), until, before)};
}

std::optional<SynchronyTotals> StoredRows::totals_of(uint32_t window) const {
  const auto at = totals.find(window);
  if (at == totals.end() || at->second.halves < 2) return std::nullopt;
  return at->second.sum;
}

bool StoredRows::observed(uint32_t window) const {
  size_t slots = 0;
  uint32_t last = 0;
  for (const SynchronyRow& row : of(window, window + judged_seconds)) {
    if (slots == 0 || row.time != last) ++slots;
    last = row.time;
  }
  return slots >= observed_slots;
}

Result<StoredRows> read_rows(store::Connection& reader, uint16_t sensor, uint32_t from,
                             uint32_t until) {
  Where where = stored_of(sensor, from);
  where.add("time < " + where.bind_seconds(Timestamp::from_seconds(until)));
  StoredRows rows;
  TRY_VOID(reader.stream(
      fmt::format("SELECT toUInt32(time) AS at, prefix, port, packets, top_share, top_dark, "
                  "dark_addresses FROM synchrony {} ORDER BY time, prefix, port",
                  where.sql()),
      where.parameters(), [&](store::Block& block) -> Result<void> {
        for (size_t i = 0; i < block.rows; ++i) {
          SynchronyRow row;
          row.time = static_cast<uint32_t>(block["at"].unsigned_at(i));
          row.sensor = sensor;
          row.prefix = static_cast<uint16_t>(block["prefix"].unsigned_at(i));
          row.port = static_cast<uint16_t>(block["port"].unsigned_at(i));
          row.packets = static_cast<uint32_t>(block["packets"].unsigned_at(i));
          row.top_share = static_cast<float>(block["top_share"].number_at(i));
          row.top_dark = static_cast<uint32_t>(block["top_dark"].unsigned_at(i));
          row.dark_addresses = static_cast<uint32_t>(block["dark_addresses"].unsigned_at(i));
          rows.rows.push_back(row);
        }
        return {};
      }));
  TRY(const store::Block totals,
      reader.query(fmt::format("SELECT toUInt32(time) AS at, sum(packets) AS packets, sum(hosts) "
                               "AS hosts FROM synchrony_total {} GROUP BY at ORDER BY at",
                               where.sql()),
                   where.parameters()));
  for (size_t i = 0; i < totals.rows; ++i) {
    const auto time = static_cast<uint32_t>(totals["at"].unsigned_at(i));
    StoredRows::Totals& total = rows.totals[window_of(time)];
    total.sum.packets += totals["packets"].unsigned_at(i);
    total.sum.hosts += totals["hosts"].unsigned_at(i);
    ++total.halves;
  }
  return rows;
}

Result<std::map<uint32_t, KeptWindow>> kept_windows(store::Connection& reader, uint16_t sensor,
                                                    uint32_t from) {
  const Where where = stored_of(sensor, from);
  std::map<uint32_t, KeptWindow> windows;
  const auto each = [&](std::string_view sql, const auto& take) {
    return reader.stream(fmt::format(fmt::runtime(sql), judged_seconds, where.sql()),
                         where.parameters(), [&](store::Block& block) -> Result<void> {
                           for (size_t i = 0; i < block.rows; ++i)
                             take(windows[static_cast<uint32_t>(block["at"].unsigned_at(i))], block,
                                  i);
                           return {};
                         });
  };
  TRY_VOID(
      each("SELECT intDiv(toUInt32(time), {0}) * {0} AS at, uniqExact(time) AS slots, "
           "sum(packets) AS packets FROM synchrony {1} GROUP BY at ORDER BY at",
           [](KeptWindow& window, const store::Block& block, size_t i) {
             window.slots = block["slots"].unsigned_at(i);
             window.packets = block["packets"].unsigned_at(i);
           }));
  TRY_VOID(
      each("SELECT intDiv(toUInt32(time), {0}) * {0} AS at, sum(packets) AS packets FROM "
           "synchrony_total {1} GROUP BY at ORDER BY at",
           [](KeptWindow& window, const store::Block& block, size_t i) {
             window.total_packets = block["packets"].unsigned_at(i);
           }));
  return windows;
}

}  // namespace yagura::telescope
