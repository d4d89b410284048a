// SPDX-License-Identifier: Apache-2.0
//
// What a service observes: the feeds of the config file and of a replay, and who watches them.
//
// Made, started and stopped by the main thread.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <span>
#include <vector>

#include "app/replay.h"
#include "app/telescope_data.h"
#include "http/event_stream.h"
#include "http/metrics.h"
#include "http/route.h"
#include "telescope/live.h"
#include "telescope/observer.h"
#include "telescope/report_tables.h"
#include "warning/watch.h"

namespace yagura::app {

class Observing {
 public:
  // `on_failure` is called once, from another thread, if the store cannot be written any more.
  // `data` outlives it.
  static Result<std::unique_ptr<Observing>> create(const TelescopeData& data, const Replay& replay,
                                                   std::function<void()> on_failure);

  telescope::Observer& observer() { return *observer_; }
  // The live routes, and /healthz, which tells of feeds that failed.
  std::vector<http::Route> routes();
  void count(http::Metrics& metrics);
  // Tells who listens of new alarms. On the thread that observes.
  void tell_of_synchrony(std::span<const telescope::JudgedWindow> alarms);

 private:
  explicit Observing(warning::WatchOptions watch) : watch_(watch) {}
  Result<void> add_feeds(const TelescopeData& data, const Replay& replay);
  Result<void> publish_warnings(state::Database& database);
  telescope::FeedWatchers watchers(const TelescopeData& data, uint16_t sensor);
  Result<void> add_feed(const TelescopeData& data, const SensorSetting& setting);

  http::EventHub hub_;
  telescope::Names names_;  // of sensors
  std::unique_ptr<telescope::Live> live_;
  warning::Watch watch_;                           // of the thread that observes
  std::set<uint16_t> sensors_;                     // that have a feed
  std::unique_ptr<telescope::Observer> observer_;  // uses the others: ends first
};

}  // namespace yagura::app
