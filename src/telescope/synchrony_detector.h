// SPDX-License-Identifier: Apache-2.0
//
// Judges what the store holds: finds the windows that are due, judges them from committed rows, and
// says what is to be written. Live and over the past the same, so that a replay, a capture that was
// split, and a crash in between give the same alarms.
//
// A window is due once a sensor was observing from its start to its end by the ledger, in one run:
// from then on its rows never change. Windows without coverage are not judged and nothing is
// learned from them; neither are those whose rows have been dropped by age. Where what was judged
// is not what the ledger tells now (a run was forgotten, or one before it was read), all windows
// from there on are judged again: what is usual in them has changed.
//
// It reads through the connections it is given, which may be others' than the writer's; write() is
// for who owns the writing side. Not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "state/database.h"
#include "store/engine.h"
#include "telescope/synchrony_judge.h"

namespace yagura::telescope {

struct SynchronyFindings {
  uint16_t sensor = 0;
  // What was judged from this time on, and of runs that are not known any more, is to go first.
  std::optional<Timestamp> again_from;
  std::vector<uint64_t> known_runs;
  std::vector<JudgedWindow> windows;

  bool empty() const { return !again_from && windows.empty(); }
};

class SynchronyDetector {
 public:
  SynchronyDetector(uint64_t key, SynchronyOptions options)
      : key_(key), options_(std::move(options)) {}

  // Judges up to `most` windows that are due, all of one sensor; empty where none is. `give_up` is
  // asked between two windows. The findings must be written before the next call.
  Result<SynchronyFindings> judge(store::Connection& reader, state::Database& database, size_t most,
                                  const std::function<bool()>& give_up);
  // To be called where they could not be written.
  void forget_all() { sensors_.clear(); }
  // All windows whose rows are kept become due, of all sensors.
  void judge_all_again() { again_ = true; }

  // The windows of all sensors that are due.
  uint64_t due() const;

 private:
  struct Place {  // of a window
    uint32_t time = 0;
    uint64_t run = 0;
    bool operator==(const Place&) const = default;
  };
  struct Sensor {
    uint16_t id = 0;
    std::vector<Place> covered, judged;  // rising
    size_t due = 0;                      // of `covered`
    std::unique_ptr<SynchronyJudge> judge;
    bool again = false;  // all that was judged is to be judged again
  };

  Result<Sensor*> sensor(store::Connection& reader, uint16_t id);
  Result<void> learn_until(store::Connection& reader, Sensor& sensor, uint32_t until,
                           const std::vector<uint64_t>& known_runs);
  Result<SynchronyFindings> find_due(store::Connection& reader, Sensor& sensor,
                                     const std::vector<uint64_t>& known_runs);
  Result<void> judge_due(store::Connection& reader, Sensor& sensor, size_t most,
                         const std::function<bool()>& give_up, SynchronyFindings& findings);

  uint64_t key_;
  SynchronyOptions options_;
  bool again_ = false;
  std::map<uint16_t, Sensor> sensors_;
};

Result<void> write_findings(store::Connection& writer, const SynchronyFindings& findings);

}  // namespace yagura::telescope
