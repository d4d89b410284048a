// SPDX-License-Identifier: Apache-2.0
#include "generate/command.h"

#include <fmt/core.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <optional>

#include "generate/capture_writer.h"
#include "generate/generate.h"
#include "generate/ground_truth.h"

namespace yagura::generate {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

Result<void> write_file(const std::string& path, std::string_view text) {
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "wbe"));
  if (file == nullptr) return failure(fmt::format("opening {}: {}", path, errno_text(errno)));
  if (std::fwrite(text.data(), 1, text.size(), file.get()) != text.size() ||
      std::fflush(file.get()) != 0)
    return failure(fmt::format("writing {}: {}", path, errno_text(errno)));
  return {};
}

}  // namespace

Result<GenerateSummary> run_generate(const GenerateOptions& options, const std::string& output,
                                     const std::string& truth, const GenerateProgress& progress) {
  TRY(Generator generator, Generator::create(options));
  std::optional<TruthCounter> counter;
  if (!truth.empty()) {
    if (options.packets > most_truth_packets)
      return failure(
          fmt::format("the ground truth is counted for at most {} packets, not {}; "
                      "leave --truth away or lower --packets",
                      most_truth_packets, options.packets));
    TRY_VOID(write_file(truth, ""));  // better now than after the last packet
    counter.emplace(options);
  }
  TRY(CaptureWriter writer, CaptureWriter::create(output, options.nanoseconds));
  GenerateSummary summary;
  PacketFacts facts;
  while (const size_t length = generator.next(writer.room(), facts)) {
    TRY_VOID(writer.add(facts.time, length));
    if (counter) counter->add(facts);
    if (++summary.packets % 65'536 == 0 && progress) progress(summary.packets);
  }
  TRY_VOID(writer.finish());
  summary.bytes = writer.bytes();
  if (counter)
    TRY_VOID(write_file(truth, truth_json(counter->finish(), options, generator.population())));
  return summary;
}

}  // namespace yagura::generate
