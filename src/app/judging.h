// SPDX-License-Identifier: Apache-2.0
//
// The part of a service that looks for synchrony: one thread that judges windows once they are over
// and committed, with connections of its own, and hands what it found to the writing side. Solving
// a window may take seconds; packets do not wait for it. To write, the feeds must commit: while
// there is much to catch up on, that is done as often as they commit anyway.
//
// Made, started and stopped by the main thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <thread>

#include "app/settings.h"
#include "app/telescope_data.h"
#include "http/metrics.h"
#include "telescope/synchrony_detector.h"

namespace yagura::app {

// What the settings say of synchrony. Fails on a list of ports that is none.
Result<telescope::SynchronyOptions> synchrony_options(const Settings& settings);

struct JudgingOptions {
  // Runs `work` on the thread that writes, and waits for it (Observer::at_rest).
  std::function<Result<void>(const std::function<Result<void>(telescope::Telescope&)>& work)>
      at_rest;
  // Told of the alarms that are news, on that thread.
  std::function<void(std::span<const telescope::JudgedWindow>)> tell;
};

class Judging {
 public:
  // `data` outlives it.
  static Result<std::unique_ptr<Judging>> create(const TelescopeData& data, JudgingOptions options);
  ~Judging();

  void start();
  // Ends after the window that is being solved; stop() waits for that. What was not written is
  // judged again by the next service.
  void stop_soon() { stops_ = true; }
  void stop();
  void count(http::Metrics& metrics);

 private:
  Judging(telescope::SynchronyDetector detector, JudgingOptions options, Duration turn)
      : detector_(std::move(detector)), options_(std::move(options)), turn_(turn) {}
  void run();
  Result<bool> turn();
  void wait() const;

  telescope::SynchronyDetector detector_;
  JudgingOptions options_;
  Duration turn_;  // of one sensor, at most
  std::unique_ptr<store::Connection> reader_;
  std::unique_ptr<state::Database> database_;
  std::atomic<uint64_t> judged_ = 0, alarms_ = 0, due_ = 0;
  std::atomic<bool> stops_ = false;
  std::thread thread_;
};

}  // namespace yagura::app
