// SPDX-License-Identifier: Apache-2.0
#include "telescope/synchrony_detector.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <span>
#include <utility>

#include "state/ledger.h"
#include "store/native_block.h"
#include "telescope/input_record.h"
#include "telescope/tables_synchrony.h"

namespace yagura::telescope {
namespace {

uint32_t seconds_of(Timestamp time) { return static_cast<uint32_t>(time.seconds()); }

uint32_t next_window(Timestamp time) {
  const Timestamp start = time.floor(judged_length);
  return seconds_of(start == time ? start : start + judged_length);
}

// Rows of a stretch of time.
struct Stretch {
  std::vector<SynchronyRow> rows;              // rising
  std::map<uint32_t, SynchronyTotals> totals;  // by window

  std::span<const SynchronyRow> of(uint32_t from, uint32_t until) const {
    const auto before = [](const SynchronyRow& row, uint32_t time) { return row.time < time; };
    const auto first = std::lower_bound(rows.begin(), rows.end(), from, before);
    return {first, std::lower_bound(first, rows.end(), until, before)};
  }
};

Result<Stretch> read_stretch(store::Connection& reader, uint16_t sensor, uint32_t from,
                             uint32_t until) {
  Where where;
  where.add("time >= " + where.bind_seconds(Timestamp::from_seconds(from)));
  where.add("time < " + where.bind_seconds(Timestamp::from_seconds(until)));
  where.add("sensor = " + where.bind(sensor));
  Stretch stretch;
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
          stretch.rows.push_back(row);
        }
        return {};
      }));
  TRY(const store::Block totals,
      reader.query(fmt::format("SELECT toUInt32(time) AS at, packets, hosts FROM synchrony_total "
                               "{} ORDER BY time",
                               where.sql()),
                   where.parameters()));
  for (size_t i = 0; i < totals.rows; ++i) {
    const auto time = static_cast<uint32_t>(totals["at"].unsigned_at(i));
    SynchronyTotals& total = stretch.totals[time - time % judged_seconds];
    total.packets += totals["packets"].unsigned_at(i);
    total.hosts += totals["hosts"].unsigned_at(i);
  }
  return stretch;
}

// A stretch of time that a run observed.
struct Observed {
  uint64_t run = 0;
  Timestamp from, until;
};

// In order of time. Inputs that follow each other closely are one stretch, as within one input: it
// makes no difference where a capture was cut.
std::vector<Observed> observed(std::span<const state::Run> runs,
                               std::span<const state::Coverage> coverage, uint16_t sensor) {
  std::vector<Observed> parts;
  for (const state::Run& run : runs)
    for (const state::Coverage& part : coverage)
      if (run.sensor == sensor && part.sensor == sensor && part.from <= run.last &&
          run.first <= part.until)
        parts.push_back({static_cast<uint64_t>(run.id), std::max(run.first, part.from),
                         std::min(run.last, part.until)});
  std::sort(parts.begin(), parts.end(),
            [](const Observed& a, const Observed& b) { return a.from < b.from; });
  std::vector<Observed> joined;
  for (const Observed& part : parts) {
    if (!joined.empty() && joined.back().run == part.run &&
        part.from <= joined.back().until + coverage_gap)
      joined.back().until = std::max(joined.back().until, part.until);
    else
      joined.push_back(part);
  }
  return joined;
}

// The start of the first window all of whose rows are kept.
Result<std::optional<uint32_t>> oldest_kept(store::Connection& reader, uint16_t sensor) {
  TRY(const store::Block block,
      reader.query("SELECT toUInt32(time) AS at FROM synchrony WHERE sensor = {sensor:UInt16} "
                   "ORDER BY time LIMIT 1",
                   {{"sensor", std::to_string(sensor)}}));
  if (block.rows == 0) return std::nullopt;
  return next_window(Timestamp::from_seconds(static_cast<int64_t>(block["at"].unsigned_at(0))));
}

}  // namespace

Result<void> write_findings(store::Connection& writer, const SynchronyFindings& findings) {
  if (findings.again_from) {
    TRY_VOID(writer.execute(
        fmt::format("DELETE FROM synchrony_window WHERE sensor = {{sensor:UInt16}} AND "
                    "(time >= toDateTime({{from:UInt32}}) OR run NOT IN ({}))",
                    findings.known_runs.empty()
                        ? "0"
                        : fmt::format("{}", fmt::join(findings.known_runs, ", "))),
        {{"sensor", std::to_string(findings.sensor)},
         {"from", std::to_string(findings.again_from->seconds())}}));
  }
  store::NativeBlockWriter<SynchronyWindowRow> block;
  for (const JudgedWindow& window : findings.windows) block.add(window.row());
  return store::insert_rows(writer, block);
}

// Makes the sensor's judge and what was judged of it, as the store tells it.
Result<SynchronyDetector::Sensor*> SynchronyDetector::sensor(store::Connection& reader,
                                                             uint16_t id) {
  Sensor& sensor = sensors_[id];
  if (sensor.judge != nullptr) return &sensor;
  sensor.id = id;
  sensor.again = again_;
  sensor.judge = std::make_unique<SynchronyJudge>(id, key_, options_);
  TRY(const auto windows, judged_windows(reader, id, Timestamp::from_seconds(UINT32_MAX)));
  for (const JudgedWindow& window : windows) {
    sensor.judged.push_back({window.facts.time, window.facts.run});
    sensor.judge->remember(window);
  }
  return &sensor;
}

// Forgets what was judged from `until` on, and of runs that are not known.
Result<void> SynchronyDetector::learn_until(store::Connection& reader, Sensor& sensor,
                                            uint32_t until,
                                            const std::vector<uint64_t>& known_runs) {
  sensor.judge = std::make_unique<SynchronyJudge>(sensor.id, key_, options_);
  sensor.judged.clear();
  TRY(const auto windows, judged_windows(reader, sensor.id, Timestamp::from_seconds(until)));
  for (const JudgedWindow& window : windows) {
    if (!std::binary_search(known_runs.begin(), known_runs.end(), window.facts.run)) continue;
    sensor.judged.push_back({window.facts.time, window.facts.run});
    sensor.judge->remember(window);
  }
  return {};
}

// Compares what was judged with what is covered, as far as rows are kept.
Result<SynchronyFindings> SynchronyDetector::find_due(store::Connection& reader, Sensor& sensor,
                                                      const std::vector<uint64_t>& known_runs) {
  SynchronyFindings findings;
  findings.sensor = sensor.id;
  sensor.due = 0;
  if (sensor.covered == sensor.judged && !sensor.again) return findings;
  TRY(const auto kept, oldest_kept(reader, sensor.id));
  const uint32_t from = kept.value_or(UINT32_MAX);
  const auto kept_of = [from](std::span<const Place> places) {
    const auto first =
        std::lower_bound(places.begin(), places.end(), from,
                         [](const Place& place, uint32_t time) { return place.time < time; });
    return places.subspan(static_cast<size_t>(first - places.begin()));
  };
  const auto covered = kept_of(sensor.covered), judged = kept_of(sensor.judged);
  const auto [due, other] =
      std::mismatch(covered.begin(), sensor.again ? covered.begin() : covered.end(), judged.begin(),
                    judged.end());
  sensor.due = static_cast<size_t>(covered.end() - due);
  sensor.again = false;
  const bool forgotten = std::any_of(sensor.judged.begin(), sensor.judged.end(), [&](auto& place) {
    return !std::binary_search(known_runs.begin(), known_runs.end(), place.run);
  });
  if (other == judged.end() && !forgotten) return findings;
  uint32_t again = UINT32_MAX;
  if (due != covered.end()) again = due->time;
  if (other != judged.end()) again = std::min(again, other->time);
  findings.again_from = Timestamp::from_seconds(again);
  findings.known_runs = known_runs;
  TRY_VOID(learn_until(reader, sensor, again, known_runs));
  return findings;
}

// Judges the first windows that are due and follow each other.
Result<void> SynchronyDetector::judge_due(store::Connection& reader, Sensor& sensor, size_t most,
                                          const std::function<bool()>& give_up,
                                          SynchronyFindings& findings) {
  const size_t first = sensor.covered.size() - sensor.due;
  size_t end = first;
  while (end < sensor.covered.size() && end - first < most &&
         sensor.covered[end].time ==
             sensor.covered[first].time + static_cast<uint32_t>(end - first) * judged_seconds)
    ++end;
  if (end == first) return {};
  const uint32_t start = sensor.covered[first].time;
  TRY(const Stretch stretch, read_stretch(reader, sensor.id, start - 2 * judged_seconds,
                                          sensor.covered[end - 1].time + judged_seconds));
  for (size_t i = first; i < end && !give_up(); ++i) {
    const Place& place = sensor.covered[i];
    OpenWindow window;
    window.time = place.time;
    window.run = place.run;
    window.rows = stretch.of(place.time, place.time + judged_seconds);
    const auto total = stretch.totals.find(place.time);
    if (total != stretch.totals.end())
      window.totals = total->second;
    else if (window.rows.empty())
      window.totals = SynchronyTotals{};
    // The two windows before are those just before it in the list, if they are covered.
    if (i >= 2 && sensor.covered[i - 2] == Place{place.time - 2 * judged_seconds, place.run})
      window.half_hour = stretch.of(place.time - 2 * judged_seconds, place.time + judged_seconds);
    TRY(auto judged,
        within(fmt::format("judging {}", format_time(Timestamp::from_seconds(place.time))),
               sensor.judge->judge(window)));
    sensor.judged.push_back(place);
    --sensor.due;
    findings.windows.push_back(std::move(judged));
  }
  return {};
}

Result<SynchronyFindings> SynchronyDetector::judge(store::Connection& reader,
                                                   state::Database& database, size_t most,
                                                   const std::function<bool()>& give_up) {
  TRY(const auto runs, state::all_runs(database));
  TRY(const auto coverage, state::coverage(database));
  std::vector<uint64_t> known_runs;
  std::set<uint16_t> ids;
  for (const state::Run& run : runs) {
    known_runs.push_back(static_cast<uint64_t>(run.id));
    ids.insert(run.sensor);
  }
  // Of sensors all of whose runs were forgotten, too.
  TRY(const store::Block judged, reader.query("SELECT DISTINCT sensor FROM synchrony_window"));
  for (size_t i = 0; i < judged.rows; ++i)
    ids.insert(static_cast<uint16_t>(judged["sensor"].unsigned_at(i)));
  std::sort(known_runs.begin(), known_runs.end());
  for (const uint16_t id : ids) {
    TRY(Sensor* const state, sensor(reader, id));
    state->covered.clear();
    for (const Observed& part : observed(runs, coverage, id)) {
      uint32_t time = next_window(part.from);
      for (; time + judged_seconds <= seconds_of(part.until); time += judged_seconds)
        state->covered.push_back({time, part.run});
    }
    TRY(SynchronyFindings findings, find_due(reader, *state, known_runs));
    TRY_VOID(judge_due(reader, *state, most, give_up, findings));
    if (!findings.empty()) return findings;
  }
  return SynchronyFindings{};
}

uint64_t SynchronyDetector::due() const {
  uint64_t windows = 0;
  for (const auto& [id, sensor] : sensors_) windows += sensor.due;
  return windows;
}

}  // namespace yagura::telescope
