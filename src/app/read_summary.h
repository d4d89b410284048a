// SPDX-License-Identifier: Apache-2.0
//
// What `telescope read` and `telescope capture` share: the flags of a sensor's dark space,
// progress, and the account they give at the end.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "app/session.h"
#include "app/verb.h"
#include "base/progress.h"
#include "state/sensors.h"
#include "telescope/ingest.h"

namespace yagura::app {

struct DarkFlags {
  std::string sensor = "default";
  std::vector<std::string> dark, exclude;
  std::string from, until;
};
void add_dark_flags(Verb& verb, DarkFlags& flags);

// The dark space that the flags give a sensor; empty where they give none.
struct DarkChange {
  std::string sensor;
  std::vector<state::DarkPrefix> dark_space;
};
Result<DarkChange> parse_dark(const DarkFlags& flags);
// Writes it to the control plane, and says so if the sensor had another. A sensor that has none
// after that is an error that says how to give one.
Result<void> apply_dark(const Session& session, state::Database& database,
                        const DarkChange& change);

Progress::Options progress_options(std::string action);

class Stopwatch {
 public:
  Duration elapsed() const {
    const auto passed = std::chrono::steady_clock::now() - start_;
    return {std::chrono::duration_cast<std::chrono::nanoseconds>(passed).count()};
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// A line per input on standard output; what failed or was cut on standard error.
Result<ExitCode> print_summary(Session& session, const telescope::ReadSummary& summary);

}  // namespace yagura::app
