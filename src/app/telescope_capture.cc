// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>
#include <utility>

#include "app/open_folder.h"
#include "app/owner_socket.h"
#include "app/read_summary.h"
#include "app/session.h"
#include "app/stop_signals.h"
#include "app/telescope_data.h"
#include "app/verbs.h"
#include "base/progress.h"
#include "base/text.h"
#include "capture/source.h"
#include "telescope/feed_interface.h"
#include "telescope/observer.h"

namespace yagura::app {
namespace {

struct Options {
  std::string interface, filter;
  DarkFlags dark;
};

telescope::ReadSummary summary_of(const telescope::InterfaceFeed& feed) {
  telescope::ReadSummary summary;
  summary.frames = feed.status().frames;
  summary.dark_packets = feed.status().dark_packets;
  summary.rows = feed.rows();
  summary.inputs.push_back({.name = feed.status().name,
                            .sensor = feed.status().sensor,
                            .failure = {},
                            .summary = feed.summary()});
  summary.inputs[0].summary.counts.late = feed.status().late;  // those after a commit, too
  return summary;
}

Result<ExitCode> capture(Session& session, const Options& options) {
  const StopSignals stop;  // before the store starts threads
  TRY(const DarkChange dark, parse_dark(options.dark));
  TRY(const TelescopeData data, open_for_reading(session));
  state::Database& database = data.telescope->database();
  TRY_VOID(apply_dark(session, database, dark));
  TRY(const enrich::Places* places, data.telescope->places());
  TRY(state::Sensor sensor, state::sensor_named(database, options.dark.sensor));
  auto feed = std::make_unique<telescope::InterfaceFeed>(
      *data.telescope, std::move(sensor), telescope::FeedWatchers{},
      live_options(data.settings, options.interface, options.filter));
  TRY_VOID(feed->open());
  const telescope::InterfaceFeed& captured = *feed;

  Progress progress(progress_options("capturing"), write_error);
  const Stopwatch watch;
  telescope::ObserverOptions observing;
  observing.commit_interval = data.settings.commit_interval;
  observing.clocks = clocks_now;
  observing.tick = [&](telescope::Clocks, auto feeds) -> Result<void> {
    progress.update({0, 0, feeds[0].frames, watch.elapsed()});
    return {};
  };
  observing.on_failure = StopSignals::send;
  telescope::Observer observer(*data.telescope, std::move(observing));
  observer.add(std::move(feed));
  session.note(fmt::format(
      "capturing on {}; interrupt to end. A crash loses at most the last {}", options.interface,
      format_duration(data.settings.commit_interval + capture::live_lateness)));
  TRY_VOID(observer.start());  // the telescope is its from here on
  const OpenFolder folder = observed_folder(data, places, observer);
  TRY(const auto owner, answer_others(folder));
  stop.wait();
  owner->stop(question_canceller(data.telescope->engine()));
  const auto stopped = observer.stop();
  progress.finish();
  if (!stopped) return failure(stopped.error());
  return print_summary(session, summary_of(captured));
}

}  // namespace

void add_telescope_capture(Verb& parent) {
  auto options = std::make_shared<Options>();
  Verb verb = parent.verb("capture", "Listen on a network interface until told to stop",
                          "Needs the right to capture (CAP_NET_RAW). Ends on SIGINT or SIGTERM "
                          "with everything written.\n"
                          "Meanwhile other verbs ask this process.\n\n"
                          "Example:\n"
                          "  yagura telescope capture eth1 --sensor campus --dark 198.51.100.0/24");
  verb.argument("interface", options->interface, "the interface to listen on", true)
      .text("--filter", options->filter, "BPF", "only packets that match, as tcpdump writes it");
  add_dark_flags(verb, options->dark);
  verb.group("Settings")
      .settings({"capture.decapsulate", "capture.ring", "capture.commit_interval",
                 "archive.packets", "store.memory", "store.library", "geo.country", "geo.asn"});
  verb.does([options](Session& session) { return capture(session, *options); });
}

}  // namespace yagura::app
