// SPDX-License-Identifier: Apache-2.0
#include "telescope/synchrony_detector.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string>
#include <utility>

#include "store/native_block.h"
#include "telescope/input_record.h"
#include "telescope/synchrony_rows.h"
#include "telescope/tables_synchrony.h"

namespace yagura::telescope {
namespace {

uint32_t seconds_of(Timestamp time) { return static_cast<uint32_t>(time.seconds()); }

uint32_t next_window(Timestamp time) {
  const Timestamp start = time.floor(judged_length);
  return seconds_of(start == time ? start : start + judged_length);
}

// Rows of so many windows are held at a time: six hours.
constexpr size_t read_at_once = 36;
// Of what was found before, nobody is to be told as news.
constexpr uint32_t news_seconds = 3600;
// What one statement deletes.
constexpr size_t deleted_at_once = 100;

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
  for (const state::Run& run : runs) {
    if (run.sensor != sensor) continue;
    for (const state::Coverage& part : coverage)
      if (part.sensor == sensor && part.from <= run.last && run.first <= part.until)
        parts.push_back({static_cast<uint64_t>(run.id), std::max(run.first, part.from),
                         std::min(run.last, part.until)});
  }
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

bool same(const state::Run& a, const state::Run& b) {
  return a.id == b.id && a.sensor == b.sensor && a.first == b.first && a.last == b.last;
}

bool same(const state::Coverage& a, const state::Coverage& b) {
  return a.sensor == b.sensor && a.from == b.from && a.until == b.until;
}

template <typename Part>
bool all_same(const std::vector<Part>& a, const std::vector<Part>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Part& x, const Part& y) { return same(x, y); });
}

uint32_t half_hour_before(uint32_t window) { return window - std::min(window, 2 * judged_seconds); }

}  // namespace

Result<void> write_findings(store::Connection& writer, const SynchronyFindings& findings) {
  for (size_t i = 0; i < findings.again.size(); i += deleted_at_once) {
    Where where;
    std::vector<std::string> times;
    for (size_t j = i; j < std::min(i + deleted_at_once, findings.again.size()); ++j)
      times.push_back(
          fmt::format("time >= {} AND time < {}",
                      where.bind_seconds(Timestamp::from_seconds(findings.again[j].from)),
                      where.bind_seconds(Timestamp::from_seconds(findings.again[j].until))));
    where.add("sensor = " + where.bind(findings.sensor));
    where.add(fmt::format("({})", fmt::join(times, " OR ")));
    TRY_VOID(writer.execute("DELETE FROM synchrony_window " + where.sql(), where.parameters()));
  }
  store::NativeBlockWriter<SynchronyWindowRow> block;
  for (const JudgedWindow& window : findings.windows) block.add(window.row());
  return store::insert_rows(writer, block);
}

void SynchronyDetector::forget_all() {
  sensors_.clear();
  ledger_.reset();
}

const SynchronyDetector::Place* SynchronyDetector::Sensor::covered_at(uint32_t time) const {
  const auto at =
      std::lower_bound(covered.begin(), covered.end(), time,
                       [](const Place& place, uint32_t before) { return place.time < before; });
  return at != covered.end() && at->time == time ? &*at : nullptr;
}

// Reads what is known of a sensor from the store.
Result<void> SynchronyDetector::add_sensor(store::Connection& reader, uint16_t id) {
  const auto [at, added] = sensors_.try_emplace(id);
  if (!added) return {};
  Sensor& sensor = at->second;
  sensor.id = id;
  sensor.again = again_;
  return each_judged(reader, id, {Timestamp{}, Timestamp::from_seconds(UINT32_MAX)},
                     [&sensor](const JudgedWindow& window) {
                       const SynchronyWindowRow& facts = window.facts;
                       sensor.known.insert_or_assign(
                           sensor.known.end(), facts.time,
                           Known{facts.run, true, facts.packets, facts.total_packets});
                       sensor.told_until = facts.time + judged_seconds;
                     });
}

// What is observed of each sensor, where the ledger is not as it was.
Result<void> SynchronyDetector::look_at_ledger(store::Connection& reader,
                                               state::Database& database) {
  Ledger now;
  TRY(now.runs, state::all_runs(database));
  TRY(now.coverage, state::coverage(database));
  if (ledger_ && all_same(ledger_->runs, now.runs) && all_same(ledger_->coverage, now.coverage))
    return {};
  if (!ledger_) {  // of sensors all of whose runs were forgotten, too
    TRY(const store::Block judged, reader.query("SELECT DISTINCT sensor FROM synchrony_window"));
    for (size_t i = 0; i < judged.rows; ++i)
      TRY_VOID(add_sensor(reader, static_cast<uint16_t>(judged["sensor"].unsigned_at(i))));
  }
  for (const state::Run& run : now.runs) {
    now.known_runs.push_back(static_cast<uint64_t>(run.id));
    TRY_VOID(add_sensor(reader, run.sensor));
  }
  std::sort(now.known_runs.begin(), now.known_runs.end());
  for (auto& [id, sensor] : sensors_) {
    sensor.looked = false;
    sensor.covered.clear();
    for (const Observed& part : observed(now.runs, now.coverage, id)) {
      uint32_t time = next_window(part.from);
      for (; time + judged_seconds <= seconds_of(part.until); time += judged_seconds)
        if (sensor.covered.empty() || sensor.covered.back().time < time)
          sensor.covered.push_back({time, part.run});
    }
  }
  ledger_ = std::move(now);
  return {};
}

// From where on what is known may not be what the ledger tells.
uint32_t SynchronyDetector::first_difference(const Sensor& sensor) const {
  if (sensor.again) return 0;
  uint32_t first = UINT32_MAX;
  auto known = sensor.known.begin();
  for (const Place& place : sensor.covered) {
    if (known == sensor.known.end() || known->first != place.time ||
        known->second.run != place.run) {
      first = place.time;
      break;
    }
    ++known;
  }
  return known == sensor.known.end() ? first : std::min(first, known->first);
}

// Forgets the windows that are not covered any more; returns which of them were judged.
std::vector<uint32_t> SynchronyDetector::find_unknown(Sensor& sensor, uint32_t from) const {
  std::vector<uint32_t> gone;
  for (auto at = sensor.known.lower_bound(from); at != sensor.known.end();) {
    const auto& [time, known] = *at;
    if (sensor.covered_at(time) != nullptr &&
        std::binary_search(ledger_->known_runs.begin(), ledger_->known_runs.end(), known.run)) {
      ++at;
      continue;
    }
    if (known.judged) gone.push_back(time);
    at = sensor.known.erase(at);
  }
  return gone;
}

// Compares what is known with what is covered, as far as rows are kept.
Result<void> SynchronyDetector::find_due(store::Connection& reader, Sensor& sensor,
                                         SynchronyFindings& findings) {
  sensor.due.clear();
  const uint32_t first = first_difference(sensor);
  if (first == UINT32_MAX) return {};
  TRY(const auto kept, kept_windows(reader, sensor.id, half_hour_before(first)));
  // Whether rows that a window was judged from have gone.
  const auto lacks_rows = [&](uint32_t time) {
    const auto known = sensor.known.find(time);
    if (known == sensor.known.end() || !known->second.judged) return false;
    const auto at = kept.find(time);
    return at == kept.end() || !at->second.observed() ||
           at->second.packets < known->second.packets ||
           at->second.total_packets < known->second.total_packets;
  };
  std::vector<uint32_t> again = find_unknown(sensor, first);
  uint32_t changed = sensor.again ? 0 : again.empty() ? UINT32_MAX : again.front();
  const size_t unknown = again.size();
  for (const Place& place : sensor.covered) {
    if (place.time < first) continue;
    const auto known = sensor.known.find(place.time);
    const bool judged = known != sensor.known.end() && known->second.judged;
    if (judged && known->second.run == place.run && place.time < changed) continue;
    if (judged && (lacks_rows(place.time) || lacks_rows(place.time - judged_seconds) ||
                   lacks_rows(place.time - 2 * judged_seconds)))
      continue;
    const auto rows = kept.find(place.time);
    if (rows == kept.end() || !rows->second.observed()) {
      sensor.known.insert_or_assign(place.time, Known{.run = place.run});
      continue;
    }
    if (judged) again.push_back(place.time);
    if (known != sensor.known.end()) sensor.known.erase(known);
    changed = std::min(changed, place.time);
    sensor.due.push_back(place);
  }
  sensor.again = false;
  std::inplace_merge(again.begin(), again.begin() + static_cast<ptrdiff_t>(unknown), again.end());
  for (const uint32_t time : again) {
    const auto stays = [&](uint32_t from) {
      return std::any_of(sensor.known.lower_bound(from), sensor.known.lower_bound(time),
                         [](const auto& known) { return known.second.judged; });
    };
    if (findings.again.empty() || stays(findings.again.back().until))
      findings.again.push_back({time, 0});
    findings.again.back().until = time + judged_seconds;
  }
  if (changed < sensor.learned_until) sensor.judge.reset();
  return {};
}

// Tells the judge what was judged of the windows before `until`.
Result<void> SynchronyDetector::learn_until(store::Connection& reader, Sensor& sensor,
                                            uint32_t until) const {
  if (sensor.judge == nullptr) {
    sensor.judge = std::make_unique<SynchronyJudge>(sensor.id, key_, options_);
    sensor.learned_until = 0;
  }
  const auto stays = [&](uint32_t time) {
    const auto known = sensor.known.find(time);
    return known != sensor.known.end() && known->second.judged;
  };
  // Most often it was there just before.
  const auto next = sensor.known.lower_bound(sensor.learned_until);
  if (next != sensor.known.end() && next->first < until) {
    TRY_VOID(
        each_judged(reader, sensor.id,
                    {Timestamp::from_seconds(sensor.learned_until), Timestamp::from_seconds(until)},
                    [&](const JudgedWindow& window) {
                      if (stays(window.facts.time)) sensor.judge->remember(window);
                    }));
  }
  sensor.learned_until = until;
  return {};
}

// Judges the first windows that are due and follow each other; false where it gave up.
Result<bool> SynchronyDetector::judge_part(store::Connection& reader, Sensor& sensor, size_t most,
                                           const std::function<bool()>& give_up,
                                           SynchronyFindings& findings) const {
  const uint32_t start = sensor.due.front().time;
  TRY_VOID(learn_until(reader, sensor, start));
  size_t count = 1;
  while (count < std::min(most, sensor.due.size()) &&
         sensor.due[count].time == start + static_cast<uint32_t>(count) * judged_seconds)
    ++count;
  TRY(const StoredRows rows, read_rows(reader, sensor.id, half_hour_before(start),
                                       start + static_cast<uint32_t>(count) * judged_seconds));
  for (; count > 0; --count) {
    if (give_up()) return false;
    const Place place = sensor.due.front();
    const uint32_t until = place.time + judged_seconds, before = half_hour_before(place.time);
    OpenWindow window;
    window.time = place.time;
    window.run = place.run;
    window.rows = rows.of(place.time, until);
    window.totals = rows.totals_of(place.time);
    const Place* covered = sensor.covered_at(before);
    if (until - before == 3 * judged_seconds && covered != nullptr && covered->run == place.run &&
        rows.observed(before) && rows.observed(before + judged_seconds))
      window.half_hour = rows.of(before, until);
    TRY(auto judged,
        within(fmt::format("judging {}", format_time(Timestamp::from_seconds(place.time))),
               sensor.judge->judge(window)));
    sensor.due.pop_front();
    sensor.known[place.time] = {place.run, true, judged.facts.packets, judged.facts.total_packets};
    sensor.learned_until = until;
    sensor.told_until = std::max(sensor.told_until, until);
    findings.windows.push_back(std::move(judged));
  }
  return true;
}

// Those after the one whose turn it was, and then the others.
std::vector<uint16_t> SynchronyDetector::in_turn() const {
  std::vector<uint16_t> ids;
  for (const auto& [id, sensor] : sensors_) ids.push_back(id);
  std::rotate(ids.begin(), std::upper_bound(ids.begin(), ids.end(), last_), ids.end());
  return ids;
}

Result<SynchronyFindings> SynchronyDetector::judge(store::Connection& reader,
                                                   state::Database& database, size_t most,
                                                   const std::function<bool()>& give_up) {
  TRY_VOID(look_at_ledger(reader, database));
  for (const uint16_t id : in_turn()) {
    Sensor& sensor = sensors_.at(id);
    SynchronyFindings findings;
    findings.sensor = id;
    if (!sensor.looked) TRY_VOID(find_due(reader, sensor, findings));
    sensor.looked = true;
    if (!sensor.covered.empty()) {
      const uint32_t last = sensor.covered.back().time;
      findings.news_from =
          Timestamp::from_seconds(std::max(sensor.told_until, last - std::min(last, news_seconds)));
    }
    bool goes_on = true;
    while (goes_on && !sensor.due.empty() && findings.windows.size() < most) {
      TRY(goes_on,
          judge_part(reader, sensor, std::min(read_at_once, most - findings.windows.size()),
                     give_up, findings));
    }
    if (findings.empty()) continue;
    last_ = id;
    return findings;
  }
  return SynchronyFindings{};
}

uint64_t SynchronyDetector::due() const {
  uint64_t windows = 0;
  for (const auto& [id, sensor] : sensors_) windows += sensor.due.size();
  return windows;
}

}  // namespace yagura::telescope
