// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>

#include "app/open_folder.h"
#include "app/owner_socket.h"
#include "app/read_summary.h"
#include "app/session.h"
#include "app/telescope_data.h"
#include "app/verbs.h"
#include "base/progress.h"
#include "telescope/ingest.h"

namespace yagura::app {
namespace {

struct Options {
  std::vector<std::string> inputs;
  DarkFlags dark;
};

Result<ExitCode> read(Session& session, const Options& options) {
  TRY(const DarkChange dark, parse_dark(options.dark));
  TRY(const TelescopeData data, open_for_reading(session));
  TRY_VOID(apply_dark(session, data.telescope->database(), dark));
  TRY(const enrich::Places* places, data.telescope->places());
  const OpenFolder folder = reading_folder(data, places);
  const auto others = answer_others(folder);  // until the end
  if (!others) session.note(fmt::format("nobody can ask meanwhile: {}", others.error().message()));

  telescope::ReadOptions reading;
  for (const std::string& input : options.inputs)
    reading.inputs.push_back({input, options.dark.sensor});
  reading.decode.decapsulate = data.settings.decapsulate;
  Progress progress(progress_options("reading"), write_error);
  const Stopwatch watch;
  reading.progress = [&](const telescope::ReadProgress& so_far) {
    progress.update({so_far.bytes_done, so_far.bytes_total, so_far.packets, watch.elapsed()});
  };
  Result<telescope::ReadSummary> summary = telescope::read_inputs(*data.telescope, reading);
  progress.finish();
  if (!summary) return failure(std::move(summary).error());
  return print_summary(session, *summary);
}

}  // namespace

void add_telescope_read(Verb& parent) {
  auto options = std::make_shared<Options>();
  Verb verb =
      parent.verb("read", "Read captures: files, folders, standard input",
                  "Captures are pcap or pcapng, plain, gzip or zstd; several are merged by "
                  "time. What has been\n"
                  "read before, under whatever name, is left out. Meanwhile other verbs that ask "
                  "see what has\n"
                  "come in so far.\n\n"
                  "Examples:\n"
                  "  yagura telescope read --dark 198.51.100.0/24 capture.pcap\n"
                  "  yagura telescope read --sensor campus captures/ \n"
                  "  zcat old.pcap.gz | yagura telescope read --sensor campus -");
  verb.arguments("inputs", options->inputs,
                 "capture files, folders of them, or - for standard input", true);
  add_dark_flags(verb, options->dark);
  verb.group("Settings")
      .settings({"capture.decapsulate", "archive.packets", "store.memory", "store.library",
                 "geo.country", "geo.asn"});
  verb.does([options](Session& session) { return read(session, *options); });
}

}  // namespace yagura::app
