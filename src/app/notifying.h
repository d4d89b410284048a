// SPDX-License-Identifier: Apache-2.0
//
// The part of a service that tells members: one thread that decides which notices are due and sends
// what is in the outbox, with a connection to state.db of its own.
//
// Made, started and stopped by the main thread.
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <thread>

#include "app/post_office.h"
#include "app/settings.h"
#include "enrich/places.h"
#include "http/metrics.h"
#include "state/database.h"
#include "warning/decide.h"

namespace yagura::app {

// What the settings say of notices. Fails on a relay or a sender that is none.
Result<warning::DecideOptions> decide_options(const Settings& settings);

class Notifying {
 public:
  // `places` outlives it. Fails where the settings cannot be used, too.
  static Result<std::unique_ptr<Notifying>> create(const Settings& settings,
                                                   const std::filesystem::path& state_file,
                                                   const enrich::Places* places);
  ~Notifying();

  void start();
  // What is under way then is sent again by the next service that starts.
  void stop();
  void count(http::Metrics& metrics);

 private:
  Notifying() = default;
  void run();
  Result<void> turn();

  warning::DecideOptions options_;
  std::unique_ptr<state::Database> database_;
  std::unique_ptr<PostOffice> office_;
  Timestamp decided_, counted_, pruned_;
  std::atomic<uint64_t> waiting_ = 0, dead_ = 0;
  std::atomic<bool> stops_ = false;
  std::thread thread_;
};

}  // namespace yagura::app
