// SPDX-License-Identifier: Apache-2.0
#include "app/observing.h"

#include <fmt/format.h>

#include <random>
#include <utility>

#include "base/text.h"
#include "state/members.h"
#include "state/sessions.h"
#include "state/spool_files.h"
#include "telescope/feed_interface.h"
#include "telescope/feed_replay.h"
#include "telescope/feed_spool.h"
#include "telescope/live_json.h"
#include "telescope/routes_live.h"

namespace yagura::app {
namespace {

using telescope::FeedKind;
using telescope::FeedState;
using telescope::FeedStatus;

std::unique_ptr<telescope::Live> make_live(const TelescopeData& data,
                                           std::vector<state::Sensor> sensors,
                                           const enrich::Places* places, bool replay,
                                           http::EventHub& hub) {
  telescope::LiveOptions options;
  options.key = data.telescope->key();
  options.seed = std::random_device()();
  options.places = places;
  options.sensors = std::move(sensors);
  options.replay = replay;
  options.publish = [&hub](std::string_view event, std::string_view text) {
    hub.publish(event, text);
  };
  options.is_heard = [&hub] { return hub.has_subscribers(); };
  return std::make_unique<telescope::Live>(std::move(options));
}

// What of a feed is counted for /metrics.
using Value = double (*)(const FeedStatus&);
struct Series {
  http::MetricKind kind;
  std::string_view name, help, outcome;
  Value value;
};
// A spool folder without files is watched; an interface that waits is not open yet.
bool observes(const FeedStatus& feed) {
  return feed.state != FeedState::failed &&
         (feed.kind != FeedKind::interface || feed.state != FeedState::waiting);
}

constexpr auto counter = http::MetricKind::counter;
const Series feed_series[] = {
    {counter, "yagura_feed_frames_total", "Frames taken in.", "",
     [](const FeedStatus& f) { return static_cast<double>(f.frames); }},
    {counter, "yagura_feed_dark_packets_total", "Packets to dark addresses.", "",
     [](const FeedStatus& f) { return static_cast<double>(f.dark_packets); }},
    {counter, "yagura_feed_kernel_drops_total", "Packets that the kernel dropped.", "",
     [](const FeedStatus& f) { return static_cast<double>(f.kernel_drops); }},
    {counter, "yagura_feed_queue_drops_total", "Packets that a queue of ours dropped.", "",
     [](const FeedStatus& f) { return static_cast<double>(f.queue_drops); }},
    {counter, "yagura_feed_late_total", "Packets too late to be put in order.", "",
     [](const FeedStatus& f) { return static_cast<double>(f.late); }},
    {counter, "yagura_feed_files_total", "Files of a spool folder, by what became of them.", "read",
     [](const FeedStatus& f) { return static_cast<double>(f.files_done - f.files_read_before); }},
    {counter, "yagura_feed_files_total", "Files of a spool folder, by what became of them.",
     "read_before", [](const FeedStatus& f) { return static_cast<double>(f.files_read_before); }},
    {counter, "yagura_feed_files_total", "Files of a spool folder, by what became of them.",
     "set_aside", [](const FeedStatus& f) { return static_cast<double>(f.files_set_aside); }},
    {http::MetricKind::gauge, "yagura_feed_files_waiting", "Files not read yet.", "",
     [](const FeedStatus& f) { return static_cast<double>(f.files_waiting); }},
    {http::MetricKind::gauge, "yagura_feed_failed", "1 while the feed does not observe.", "",
     [](const FeedStatus& f) { return observes(f) ? 0.0 : 1.0; }}};

http::Response health(const std::vector<FeedStatus>& feeds) {
  std::string failed;
  for (const FeedStatus& feed : feeds)
    if (feed.state == FeedState::failed)
      failed += fmt::format("{}: {}\n", feed.sensor, feed.detail);
  return failed.empty() ? http::text("ok\n") : http::text(failed, 503);
}

}  // namespace

Result<std::unique_ptr<Observing>> Observing::create(const TelescopeData& data,
                                                     const Replay& replay,
                                                     std::function<void()> on_failure) {
  warning::WatchOptions watch;
  watch.silence = data.settings.warning_silence;
  watch.new_for = data.settings.warning_new_for;
  std::unique_ptr<Observing> observing(new Observing(watch));
  state::Database& database = data.telescope->database();
  for (const auto& [name, inputs] : replay.inputs)
    TRY_VOID(within("--replay", state::sensor_named(database, name).map([](const auto&) {})));
  TRY(auto sensors, state::sensors(database));
  TRY(const enrich::Places* places, data.telescope->places());
  observing->names_ = telescope::Names(places, {}, sensors);
  observing->live_ = make_live(data, std::move(sensors), places, replay.wanted(), observing->hub_);

  telescope::ObserverOptions options;
  options.commit_interval = data.settings.commit_interval;
  options.clocks = clocks_now;
  options.tick = [self = observing.get(), &database](telescope::Clocks now,
                                                     auto feeds) -> Result<void> {
    self->live_->tick(now, feeds);
    TRY_VOID(self->watch_.tick(database));
    return self->publish_warnings(database);
  };
  options.upkeep = [](telescope::Telescope& telescope) {
    return state::prune_sessions(telescope.database(), clock_now());
  };
  options.on_failure = std::move(on_failure);
  observing->observer_ = std::make_unique<telescope::Observer>(*data.telescope, std::move(options));
  TRY_VOID(observing->add_feeds(data, replay));
  TRY_VOID(observing->watch_.load(database, observing->sensors_));
  return observing;
}

Result<void> Observing::publish_warnings(state::Database& database) {
  for (const warning::WarningChange& change : watch_.take_changes()) {
    if (!hub_.has_subscribers()) continue;
    TRY(const auto member, state::find_member(database, change.member));
    if (!member) continue;
    hub_.publish("warning",
                 fmt::format(R"({{"id":{},"member":{},"address":"{}","kind":"{}",)"
                             R"("severity":"{}","state":"{}"}})",
                             change.warning, json_quote(member->name), change.address.to_string(),
                             name_of(change.kind), name_of(change.severity),
                             warning::state_names[static_cast<size_t>(change.state)]));
  }
  return {};
}

void Observing::tell_of_synchrony(std::span<const telescope::JudgedWindow> alarms) {
  if (alarms.empty() || !hub_.has_subscribers()) return;
  hub_.publish("synchrony", telescope::rows_json(telescope::synchrony_table(alarms, names_)));
}

telescope::FeedWatchers Observing::watchers(const TelescopeData& data, uint16_t sensor) {
  sensors_.insert(sensor);
  telescope::FeedWatchers watchers;
  watchers.tap = [this](std::span<const model::DarkPacket> packets) {
    live_->add(packets);
    watch_.add(packets);
  };
  watchers.rows = live_.get();
  watchers.commit = [this, sensor, &database = data.telescope->database()] {
    return watch_.commit(database, sensor);
  };
  return watchers;
}

Result<void> Observing::add_feeds(const TelescopeData& data, const Replay& replay) {
  state::Database& database = data.telescope->database();
  for (const auto& [name, inputs] : replay.inputs) {
    TRY(const state::Sensor sensor, state::sensor_named(database, name));
    TRY(const auto space, state::dark_space(database, sensor.id));
    if (space.empty())
      return failure(fmt::format(
          "--replay: sensor '{}' has no dark space; give it with --dark 198.51.100.0/24, or write "
          "a [[sensor]] into the config file",
          name));
    telescope::ReplayFeedOptions options;
    options.inputs = inputs;
    options.decode.decapsulate = data.settings.decapsulate;
    options.speed = replay.speed;
    options.repeat = replay.repeat;
    options.clock = clock_now;
    observer_->add(std::make_unique<telescope::ReplayFeed>(
        *data.telescope, sensor, watchers(data, sensor.id), std::move(options)));
  }
  for (const SensorSetting& setting : data.settings.sensors)
    if (!replay.inputs.contains(setting.name)) TRY_VOID(add_feed(data, setting));
  return {};
}

Result<void> Observing::add_feed(const TelescopeData& data, const SensorSetting& setting) {
  if (setting.interface.empty() && setting.spool.empty()) return {};
  TRY(const state::Sensor sensor, state::sensor_named(data.telescope->database(), setting.name));
  capture::DecodeOptions decode;
  decode.decapsulate = data.settings.decapsulate;
  if (!setting.spool.empty()) {
    observer_->add(std::make_unique<telescope::SpoolFeed>(
        *data.telescope, sensor, watchers(data, sensor.id), setting.spool, decode));
    return {};
  }
  observer_->add(std::make_unique<telescope::InterfaceFeed>(
      *data.telescope, sensor, watchers(data, sensor.id),
      live_options(data.settings, setting.interface, setting.filter)));
  return {};
}

std::vector<http::Route> Observing::routes() {
  http::Route route;
  route.pattern = "/healthz";
  route.summary = "Whether the service answers and every feed observes";
  route.tag = "operation";
  route.answers = {{200, "They do.", {"text/plain"}, ""},
                   {503, "A line for each feed that failed.", {"text/plain"}, ""}};
  route.handler = [this](const http::Call&) { return health(observer_->feeds()); };
  return {telescope::live_route(hub_), telescope::now_route(*live_), std::move(route)};
}

void Observing::count(http::Metrics& metrics) {
  metrics.watch(http::MetricKind::gauge, "yagura_warnings_open", "Warnings that are open.", {},
                [this] { return static_cast<double>(watch_.open()); });
  metrics.watch(counter, "yagura_warning_packets_left_out_total",
                "Packets of members' addresses beyond the warnings that can be open.", {},
                [this] { return static_cast<double>(watch_.left_out()); });
  const std::vector<FeedStatus> feeds = observer_->feeds();
  for (const Series& series : feed_series)
    for (size_t i = 0; i < feeds.size(); ++i) {
      const bool of_files = series.name.find("files") != std::string_view::npos;
      if (of_files && feeds[i].kind != telescope::FeedKind::spool) continue;
      std::vector<http::NameValue> labels = {
          {"sensor", feeds[i].sensor},
          {"kind", std::string(telescope::feed_kind_names[static_cast<size_t>(feeds[i].kind)])},
          {"name", feeds[i].name}};
      if (!series.outcome.empty()) labels.push_back({"outcome", std::string(series.outcome)});
      metrics.watch(series.kind, std::string(series.name), std::string(series.help),
                    std::move(labels), [observer = observer_.get(), i, value = series.value] {
                      return value(observer->feeds()[i]);
                    });
    }
}

}  // namespace yagura::app
