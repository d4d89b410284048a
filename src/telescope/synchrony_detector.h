// SPDX-License-Identifier: Apache-2.0
//
// Judges what the store holds: finds the windows that are due, judges them from committed rows, and
// says what is to be written. Live and over the past the same, so that a replay, a capture that was
// split, and a crash in between give the same alarms.
//
// A window is due once a sensor was observing from its start to its end by the ledger, in one run:
// from then on its rows never change. Windows without coverage are not judged and nothing is
// learned from them; neither are those with rows in too few of their slots (synchrony_rows.h).
// Where what was judged is not what the ledger tells now (a run was forgotten, or one before it was
// read), the windows from there on are judged again: what is usual in them has changed. But not
// those of which rows have gone by age: what was found in them stays for ever, and is learned from.
//
// A sensor's windows are judged in order of time, since each is judged by those before it. Sensors
// take turns, so that one with much to catch up on does not hold up the others.
//
// It reads through the connections it is given, which may be others' than the writer's; write() is
// for who owns the writing side. Not thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "state/database.h"
#include "state/ledger.h"
#include "store/engine.h"
#include "telescope/synchrony_judge.h"

namespace yagura::telescope {

struct SynchronyFindings {
  struct Times {
    uint32_t from = 0, until = 0;
  };

  uint16_t sensor = 0;
  std::vector<Times> again;  // what was judged of these is to go first
  std::vector<JudgedWindow> windows;
  // Those from here on were not judged before, and are of the last hour observed.
  Timestamp news_from;

  bool empty() const { return again.empty() && windows.empty(); }
};

class SynchronyDetector {
 public:
  SynchronyDetector(uint64_t key, SynchronyOptions options)
      : key_(key), options_(std::move(options)) {}

  // Judges up to `most` windows that are due, all of one sensor; empty where none is. `give_up` is
  // asked before each window. The findings must be written before the next call.
  Result<SynchronyFindings> judge(store::Connection& reader, state::Database& database, size_t most,
                                  const std::function<bool()>& give_up);
  // To be called where they could not be written.
  void forget_all();
  // All windows whose rows are kept become due, of all sensors.
  void judge_all_again() { again_ = true; }

  // The windows of all sensors that are due.
  uint64_t due() const;

 private:
  struct Place {  // of a window
    uint32_t time = 0;
    uint64_t run = 0;
  };
  struct Known {
    uint64_t run = 0;
    bool judged = false;  // else passed over: its rows are too few
    uint64_t packets = 0, total_packets = 0;
  };
  struct Sensor {
    uint16_t id = 0;
    bool looked = false;              // at what the ledger tells now
    bool again = false;               // all that was judged is to be judged again
    std::vector<Place> covered;       // rising
    std::map<uint32_t, Known> known;  // what was decided, by time
    std::deque<Place> due;            // rising
    uint32_t told_until = 0;          // end of the last window that was ever judged
    // Has learned from the known windows before `learned_until`. Made when it is needed.
    std::unique_ptr<SynchronyJudge> judge;
    uint32_t learned_until = 0;

    const Place* covered_at(uint32_t time) const;
  };
  struct Ledger {
    std::vector<state::Run> runs;
    std::vector<state::Coverage> coverage;
    std::vector<uint64_t> known_runs;  // rising
  };

  Result<void> look_at_ledger(store::Connection& reader, state::Database& database);
  Result<void> add_sensor(store::Connection& reader, uint16_t id);
  std::vector<uint16_t> in_turn() const;
  uint32_t first_difference(const Sensor& sensor) const;
  std::vector<uint32_t> find_unknown(Sensor& sensor, uint32_t from) const;
  Result<void> find_due(store::Connection& reader, Sensor& sensor, SynchronyFindings& findings);
  Result<void> learn_until(store::Connection& reader, Sensor& sensor, uint32_t until) const;
  Result<bool> judge_part(store::Connection& reader, Sensor& sensor, size_t most,
                          const std::function<bool()>& give_up, SynchronyFindings& findings) const;

  uint64_t key_;
  SynchronyOptions options_;
  bool again_ = false;
  std::optional<Ledger> ledger_;
  uint16_t last_ = 0;  // the sensor whose turn it was
  std::map<uint16_t, Sensor> sensors_;
};

Result<void> write_findings(store::Connection& writer, const SynchronyFindings& findings);

}  // namespace yagura::telescope
