// SPDX-License-Identifier: Apache-2.0
//
// What is going on right now: counts per second, a fair sample of the packets, new findings, and
// how the feeds are. For people who watch; nothing here is stored.
//
// Everything is counted by the time at which it was observed, not by event time: a spool folder
// brings the packets of an hour within a second. A dark packet costs a few additions; places are
// looked up for the sampled ones only. Messages go out through `publish`, at most four a second of
// packets, one of counts, and as many as there are findings; their form is in docs/service.md.
//
// add(), tick() and the rows come from the thread that observes. now_json() may be called by any.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "enrich/places.h"
#include "model/dark_packet.h"
#include "state/sensors.h"
#include "telescope/fair_sample.h"
#include "telescope/feed.h"
#include "telescope/live_json.h"
#include "telescope/report_tables.h"
#include "telescope/row_listener.h"

namespace yagura::telescope {

struct LiveOptions {
  uint64_t key = 0;                        // of the data folder: masks dark addresses
  uint64_t seed = 0;                       // of the sample
  const enrich::Places* places = nullptr;  // null = no places known; outlives it
  std::vector<state::Sensor> sensors;      // their names
  bool replay = false;                     // what is shown did not happen now
  // A message for all who listen, and whether there are any. Neither may block.
  std::function<void(std::string_view event, std::string_view data)> publish;
  std::function<bool()> is_heard;
};

class Live final : public RowListener {
 public:
  static constexpr size_t seconds_kept = 600;
  static constexpr size_t sample_size = 64;
  // More distinct hosts than this in one second are not told apart.
  static constexpr size_t hosts_max = size_t{1} << 22;

  explicit Live(LiveOptions options);

  void add(std::span<const model::DarkPacket> packets);
  void on_event(const EventRow& row) override;
  void on_attack(const AttackRow& row) override;
  void on_alarm(const AlarmRow& row) override;
  // To be called several times a second.
  void tick(Clocks now, std::span<const FeedStatus> feeds);

  // {"seconds": [...], "feeds": [...], "replay": false}
  std::string now_json() const;

 private:
  void close_seconds(Timestamp now, std::span<const FeedStatus> feeds);
  void close_second(Timestamp time, std::span<const FeedStatus> feeds);
  void publish_packets(Clocks now);
  void publish_rows();
  void publish_feeds(Clocks now, std::span<const FeedStatus> feeds);
  void compact_hosts();

  LiveOptions options_;
  Names names_;
  bool heard_ = false;  // by anybody, at the last tick

  std::optional<Timestamp> second_;  // the start of the one that is counted
  LiveSecond counts_;
  std::vector<IpAddress> hosts_;  // of the second, some more than once
  size_t compact_at_;             // 0: it is full
  FeedStatus told_;               // the feeds' drops at the end of the last second

  FairSample<LivePacket, sample_size> sample_;  // of the packets since the last message
  Timestamp next_packets_;

  std::vector<Event> events_;
  std::vector<Attack> attacks_;
  std::vector<AlarmRow> alarms_;

  std::string feeds_told_;  // their states in the last message
  Timestamp next_feeds_;

  mutable Mutex mutex_;
  std::deque<std::string> seconds_json_ YAGURA_GUARDED_BY(mutex_);
  std::string feeds_json_ YAGURA_GUARDED_BY(mutex_) = "[]";
};

}  // namespace yagura::telescope
