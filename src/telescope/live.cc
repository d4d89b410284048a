// SPDX-License-Identifier: Apache-2.0
#include "telescope/live.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace yagura::telescope {
namespace {

constexpr Duration one_second = Duration::seconds(1);
constexpr Duration packets_interval = Duration::milliseconds(250);
constexpr Duration feeds_interval = Duration::seconds(5);
constexpr size_t rows_per_message = 100;
constexpr size_t first_compaction = size_t{1} << 18;

// What of the feeds is worth a message of its own.
std::string states_of(std::span<const FeedStatus> feeds) {
  std::string states;
  for (const FeedStatus& feed : feeds)
    states += fmt::format("{} {} {} {} {}\n", static_cast<int>(feed.state), feed.detail,
                          feed.files_done, feed.files_waiting, feed.files_set_aside);
  return states;
}

}  // namespace

Live::Live(LiveOptions options)
    : options_(std::move(options)),
      names_(options_.places, {}, options_.sensors),
      compact_at_(first_compaction),
      sample_(options_.seed) {
  CHECK(options_.publish && options_.is_heard);
}

void Live::add(std::span<const model::DarkPacket> packets) {
  counts_.packets += packets.size();
  if (compact_at_ > 0 && hosts_.size() + packets.size() > compact_at_) compact_hosts();
  for (const model::DarkPacket& packet : packets) {
    ++counts_.classes[static_cast<size_t>(packet.classified.class_)];
    if (compact_at_ > 0) hosts_.push_back(packet.classified.accounted);
    if (heard_)
      sample_.add([&] {
        return LivePacket{packet.sensor, packet.classified, packet.position,
                          packet.packet->destination.is_v4()};
      });
  }
}

// Drops repetitions, so that the list grows with the hosts and not with the packets.
void Live::compact_hosts() {
  std::sort(hosts_.begin(), hosts_.end());
  hosts_.erase(std::unique(hosts_.begin(), hosts_.end()), hosts_.end());
  // With `hosts_max` of them the list is full.
  compact_at_ = hosts_.size() < hosts_max ? std::max(2 * hosts_.size(), first_compaction) : 0;
}

void Live::on_event(const EventRow& row) {
  if (!heard_) return;
  events_.push_back(event_of(row));
  if (events_.size() >= rows_per_message) publish_rows();
}

void Live::on_attack(const AttackRow& row) {
  if (!heard_) return;
  attacks_.push_back(attack_of(row));
  if (attacks_.size() >= rows_per_message) publish_rows();
}

void Live::on_alarm(const AlarmRow& row) {
  if (!heard_) return;
  alarms_.push_back(row);
  if (alarms_.size() >= rows_per_message) publish_rows();
}

void Live::tick(Clocks now, std::span<const FeedStatus> feeds) {
  close_seconds(now.wall, feeds);
  publish_packets(now);
  publish_rows();
  publish_feeds(now, feeds);
  heard_ = options_.is_heard();
  if (!heard_) sample_.clear();
}

void Live::close_seconds(Timestamp now, std::span<const FeedStatus> feeds) {
  const Timestamp current = now.floor(one_second);
  if (!second_ || current < *second_) second_ = current;  // the clock may be set back
  // Seconds in which the observer was busy are told as what they look like: silence. Those beyond
  // what is kept are not told at all.
  const auto kept = static_cast<int64_t>(seconds_kept);
  if (current - *second_ > Duration::seconds(kept)) second_ = current - Duration::seconds(kept);
  for (; *second_ < current; *second_ = *second_ + one_second) close_second(*second_, feeds);
}

void Live::close_second(Timestamp time, std::span<const FeedStatus> feeds) {
  compact_hosts();
  counts_.hosts = hosts_.size();
  FeedStatus sum;
  for (const FeedStatus& feed : feeds) {
    sum.kernel_drops += feed.kernel_drops;
    sum.queue_drops += feed.queue_drops;
    sum.late += feed.late;
  }
  counts_.kernel_drops = sum.kernel_drops - told_.kernel_drops;
  counts_.queue_drops = sum.queue_drops - told_.queue_drops;
  counts_.late = sum.late - told_.late;
  told_ = sum;
  std::string json = second_json(time, counts_);
  counts_ = {};
  hosts_.clear();
  compact_at_ = first_compaction;
  options_.publish("second", json);
  const MutexLock lock(mutex_);
  seconds_json_.push_back(std::move(json));
  if (seconds_json_.size() > seconds_kept) seconds_json_.pop_front();
}

void Live::publish_packets(Clocks now) {
  if (now.steady < next_packets_ || sample_.seen() == 0) return;
  next_packets_ = now.steady + packets_interval;
  options_.publish("packets", packets_json(now.wall, sample_.seen(), sample_.taken(),
                                           options_.places, options_.key));
  sample_.clear();
}

void Live::publish_rows() {
  if (!events_.empty())
    options_.publish("scan-event", rows_json(events_table(std::exchange(events_, {}), names_)));
  if (!attacks_.empty())
    options_.publish("attack", rows_json(attacks_table(std::exchange(attacks_, {}), names_)));
  if (alarms_.empty()) return;
  const std::vector<AlarmRow> alarms = std::exchange(alarms_, {});
  std::vector<RisingPort> ports;
  for (const AlarmRow& row : alarms)
    if (row.kind == AlarmKind::rising_port) ports.push_back(rising_port_of(row));
  if (!ports.empty()) options_.publish("rising-port", rows_json(rising_table(ports, names_)));
  options_.publish("alarm", rows_json(alarms_table(alarms)));
}

void Live::publish_feeds(Clocks now, std::span<const FeedStatus> feeds) {
  std::string states = states_of(feeds);
  if (now.steady < next_feeds_ && states == feeds_told_) return;
  next_feeds_ = now.steady + feeds_interval;
  feeds_told_ = std::move(states);
  std::string json = feeds_json(feeds);
  options_.publish("feeds", fmt::format(R"({{"feeds":{}}})", json));
  const MutexLock lock(mutex_);
  feeds_json_ = std::move(json);
}

std::string Live::now_json() const {
  const MutexLock lock(mutex_);
  return fmt::format(R"({{"seconds":[{}],"feeds":{},"replay":{}}})", fmt::join(seconds_json_, ","),
                     feeds_json_, options_.replay);
}

}  // namespace yagura::telescope
