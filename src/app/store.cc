// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>

#include "app/session.h"
#include "app/telescope_data.h"
#include "app/verbs.h"
#include "base/text.h"
#include "store/size.h"

namespace yagura::app {
namespace {

struct Options {
  uint64_t packets_per_second = 0;
  uint64_t days = 365;
};

// Tables that do not grow with the packets.
bool is_fixed(std::string_view table) {
  return table == "sensor" || table == "organisation" || table == "schema_version";
}

// Tables whose levels are kept for times of their own.
bool is_kept_by_level(std::string_view table) {
  return table == "numbers" || table == "port_numbers" || table == "number_sheets";
}

// A part of the store that is kept for one time: a table, or a level of one.
struct Part {
  std::string name;
  uint64_t rows = 0;
  uint64_t bytes = 0;
  Duration kept;  // 0 = for ever
};

Result<std::vector<Part>> parts_of(const TelescopeData& data) {
  const Settings& settings = data.settings;
  const std::map<std::string, Duration, std::less<>> kept = {
      {"activity", settings.keep_activity},
      {"synchrony", settings.keep_synchrony},
      {"sample", settings.keep_samples},
      {"source_day", settings.keep_source_days},
      {"numbers 5min", settings.keep_five_minutes},
      {"numbers hour", settings.keep_hours},
      {"numbers day", settings.keep_days}};
  const auto kept_of = [&](const std::string& name) {
    const auto it = kept.find(name);
    return it == kept.end() ? Duration{} : it->second;
  };
  TRY(const auto tables, store::table_sizes(data.connection()));
  std::vector<Part> parts;
  for (const store::TableSize& table : tables) {
    if (!is_kept_by_level(table.table)) {
      parts.push_back({table.table, table.rows, table.bytes, kept_of(table.table)});
      continue;
    }
    TRY(const auto levels, store::level_sizes(data.connection(), table.table));
    for (const store::TableSize& level : levels)
      parts.push_back({fmt::format("{} {}", table.table, level.table), level.rows, level.bytes,
                       kept_of("numbers " + level.table)});
  }
  return parts;
}

Result<uint64_t> stored_packets(store::Connection& connection) {
  TRY(const store::Block block,
      connection.query("SELECT toUInt64(greatest(sum(packets), 0)) AS packets FROM numbers WHERE "
                       "level = 'day' AND dimension = 'total' AND class = 'any'"));
  return block["packets"].unsigned_at(0);
}

Result<ExitCode> size(Session& session, const Options& options) {
  constexpr uint64_t fewest_packets = 10'000;  // below that the estimate would be of the overhead
  TRY(const TelescopeData data, open_for_questions(session));
  TRY(const auto parts, parts_of(data));
  TRY(const uint64_t packets, stored_packets(data.connection()));
  const bool estimate = options.packets_per_second > 0;
  if (estimate && packets < fewest_packets)
    return failure(
        fmt::format("an estimate needs a store with at least {} packets to measure; this "
                    "one has {} (`yagura generate` makes a capture to read)",
                    format_count(fewest_packets), format_count(packets)));
  Table table;
  table.columns = {{"table", "table", CellKind::text},
                   {"rows", "rows", CellKind::count},
                   {"bytes", "on disk", CellKind::bytes},
                   {"bytes_per_row", "bytes a row", CellKind::number},
                   {"bytes_per_packet", "bytes a packet", CellKind::number, 2}};
  if (estimate) {
    table.columns.push_back({"kept_days", "days kept", CellKind::count});
    table.columns.push_back({"estimated_bytes", "estimate", CellKind::bytes});
  }
  double total = 0, total_estimate = 0;
  uint64_t rows = 0;
  for (const Part& part : parts) {
    const auto bytes = static_cast<double>(part.bytes);
    const double each = packets > 0 ? bytes / static_cast<double>(packets) : 0;
    const auto kept = static_cast<uint64_t>(part.kept.as_seconds() / 86'400);
    const uint64_t days = kept == 0 ? options.days : std::min(options.days, kept);
    const double estimated = is_fixed(part.name)
                                 ? bytes
                                 : each * static_cast<double>(options.packets_per_second) * 86'400 *
                                       static_cast<double>(days);
    std::vector<Cell> row = {
        part.name, part.rows, part.bytes,
        known(part.rows > 0, bytes / static_cast<double>(std::max<uint64_t>(part.rows, 1))),
        known(packets > 0, each)};
    if (estimate) {
      row.emplace_back(days);
      row.emplace_back(estimated);
    }
    table.add(std::move(row));
    total += bytes;
    total_estimate += estimated;
    rows += part.rows;
  }
  std::vector<Cell> last = {std::string("all"), rows, total, Cell(),
                            known(packets > 0, total / static_cast<double>(packets))};
  if (estimate) {
    last.emplace_back();
    last.emplace_back(total_estimate);
  }
  table.add(std::move(last));
  if (estimate)
    session.note(fmt::format(
        "{} packets per second for {} days, as this store holds its packets: {} a day at first. "
        "Longer captures hold statistics more tightly, so this is rather too much",
        format_count(options.packets_per_second), format_count(options.days),
        format_bytes(static_cast<uint64_t>(total / static_cast<double>(packets) * 86'400 *
                                           static_cast<double>(options.packets_per_second)))));
  return session.print(table);
}

Result<ExitCode> check(Session& session) {
  TRY(const TelescopeData data, open_for_questions(session));
  TRY(const auto checks, store::check_tables(data.connection()));
  Table table;
  table.columns = {{"table", "table", CellKind::text},
                   {"whole", "whole", CellKind::boolean},
                   {"complaint", "complaint", CellKind::text, 1, 80}};
  bool whole = true;
  for (const store::TableCheck& result : checks) {
    whole = whole && result.whole;
    table.add({result.table, result.whole, known(!result.complaint.empty(), result.complaint)});
  }
  TRY_VOID(session.print(table));
  if (whole) return ExitCode::done;
  return failure(
      "the store is damaged; `yagura telescope forget` and reading the captures again restores it");
}

}  // namespace

void add_store(Verb& parent) {
  Verb verb = parent.verb("store", "Look after the store",
                          "Example:\n  yagura store size --packets-per-second 5200 --days 365");
  verb.needs_verb();
  auto options = std::make_shared<Options>();
  Verb sized = verb.verb(
      "size", "Say how much disk each table takes, and estimate what a telescope will need",
      "Example:\n  yagura store size --packets-per-second 5200 --days 365");
  sized
      .number("--packets-per-second", options->packets_per_second,
              "estimate for this rate; a /16 gets about 5200", 1, 1'000'000'000)
      .number("--days", options->days, "estimate for so many days", 1, 36'500);
  sized.answers([options](Session& session) { return size(session, *options); });
  Verb checked = verb.verb("check", "Read every part of the store and compare its checksums",
                           "Example:\n  yagura store check");
  checked.answers([](Session& session) { return check(session); });
}

}  // namespace yagura::app
