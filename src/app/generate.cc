// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>

#include "app/read_summary.h"
#include "app/session.h"
#include "app/verbs.h"
#include "base/text.h"
#include "generate/command.h"

namespace yagura::app {
namespace {

struct Options {
  std::vector<std::pair<const generate::Flag*, std::string>> flags;
  std::string output, truth;
};

Result<ExitCode> make_capture(Session& session, const Options& options) {
  generate::GenerateOptions wanted;
  for (const auto& [flag, text] : options.flags) TRY_VOID(generate::set_flag(*flag, wanted, text));
  Progress progress(progress_options("generating"), write_error);
  const Stopwatch watch;
  Result<generate::GenerateSummary> summary =
      generate::run_generate(wanted, options.output, options.truth, [&](uint64_t packets) {
        progress.update({packets, wanted.packets, packets, watch.elapsed()});
      });
  progress.finish();
  if (!summary) return failure(std::move(summary).error());
  session.note(fmt::format("{} synthetic packets, {}", format_count(summary->packets),
                           format_bytes(summary->bytes)));
  return ExitCode::done;
}

}  // namespace

void add_generate(Verb& parent) {
  auto options = std::make_shared<Options>();
  Verb verb = parent.verb(
      "generate", "Make a synthetic darknet capture with its ground truth",
      "The same flags give the same bytes. The capture is made up: call it synthetic wherever you\n"
      "show it.\n\n"
      "Example:\n"
      "  yagura generate --packets 1M --sources 20k --truth truth.json synthetic.pcap");
  verb.argument("capture", options->output, "file to write, - for standard output", true)
      .text("--truth", options->truth, "FILE", "write what is in it as JSON");
  const generate::GenerateOptions defaults;
  for (const generate::Flag& flag : generate::all_flags())
    verb.taken(
        "--" + std::string(flag.name), std::string(flag.value),
        fmt::format("{} ({})", flag.help, generate::flag_text(flag, defaults)),
        [options, &flag](const std::string& text) { options->flags.emplace_back(&flag, text); });
  verb.does_alone([options](Session& session) { return make_capture(session, *options); });
}

}  // namespace yagura::app
