// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <atomic>
#include <csignal>
#include <memory>

#include "app/read_summary.h"
#include "app/session.h"
#include "app/telescope_data.h"
#include "app/verbs.h"
#include "base/progress.h"
#include "base/text.h"
#include "capture/source.h"
#include "telescope/ingest.h"

namespace yagura::app {
namespace {

struct Options {
  std::string interface, filter;
  DarkFlags dark;
};

// A signal handler can reach nothing but globals.
std::atomic<bool> stop_capture = false;
static_assert(std::atomic<bool>::is_always_lock_free);
extern "C" void on_stop_signal(int) { stop_capture = true; }

void stop_on_signals() {
  struct sigaction action{};
  action.sa_handler = on_stop_signal;
  sigemptyset(&action.sa_mask);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaction(signal, &action, nullptr);
}

Result<ExitCode> capture(Session& session, const Options& options) {
  TRY(const DarkChange dark, parse_dark(options.dark));
  TRY(const TelescopeData data, open_for_reading(session));
  TRY_VOID(apply_dark(session, data.telescope->database(), dark));

  telescope::CaptureOptions capturing;
  capturing.interface = options.interface;
  capturing.sensor = options.dark.sensor;
  capturing.filter = options.filter;
  capturing.decode.decapsulate = data.settings.decapsulate;
  capturing.ring_mebibytes = static_cast<int>(data.settings.ring >> 20);
  capturing.commit_interval = data.settings.commit_interval;
  capturing.stop = &stop_capture;
  stop_on_signals();
  session.note(fmt::format("capturing on {}; interrupt to end. A crash loses at most the last {}",
                           options.interface,
                           format_duration(capturing.commit_interval + capture::live_lateness)));
  Progress progress(progress_options("capturing"), write_error);
  const Stopwatch watch;
  capturing.progress = [&](const capture::InputCounts& counts, uint64_t) {
    progress.update({counts.bytes, 0, counts.frames, watch.elapsed()});
  };
  Result<telescope::ReadSummary> summary = telescope::capture_interface(*data.telescope, capturing);
  progress.finish();
  if (!summary) return failure(std::move(summary).error());
  return print_summary(session, *summary);
}

}  // namespace

void add_telescope_capture(Verb& parent) {
  auto options = std::make_shared<Options>();
  Verb verb = parent.verb("capture", "Listen on a network interface until told to stop",
                          "Needs the right to capture (CAP_NET_RAW). Ends on SIGINT or SIGTERM "
                          "with everything written.\n\n"
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
