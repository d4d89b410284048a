// SPDX-License-Identifier: Apache-2.0
//
// `yagura generate`: its flags, each declared once, and its work.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "generate/options.h"

namespace yagura::generate {

// One of two words, the second standing for true.
struct Choice {
  bool* value;
  std::string_view no, yes;
};

// What a flag sets.
using FlagTarget =
    std::variant<uint64_t*, uint16_t*, Duration*, Timestamp*, Prefix*, PortMix*, Choice>;

// One flag of the command: `--name VALUE`.
struct Flag {
  std::string_view name;   // without the dashes
  std::string_view value;  // what it takes: "count", "duration", "random|bots" …
  std::string_view help;
  FlagTarget (*target)(GenerateOptions& options);
};

// In the order of the help text.
std::span<const Flag> all_flags();

// Sets a flag from its text on the command line; errors name the flag and what it takes.
Result<void> set_flag(const Flag& flag, GenerateOptions& options, std::string_view text);
// Its value as a text that set_flag() reads; of fresh options, its default.
std::string flag_text(const Flag& flag, const GenerateOptions& options);
// The flags as a Markdown table, for the manual.
std::string flags_markdown();

// The flags that make the same capture again: those that differ from their defaults.
std::string command_line(const GenerateOptions& options);

struct GenerateSummary {
  uint64_t packets = 0;
  uint64_t bytes = 0;  // of the capture
};

// Called every 65,536 packets with those written so far.
using GenerateProgress = std::function<void(uint64_t packets)>;

// More packets than this have no ground truth: counting it takes 8 bytes of memory for each.
inline constexpr uint64_t most_truth_packets = 500'000'000;

// Writes the capture to the file `output` ("-" is standard output) and its ground truth as JSON to
// the file `truth` (empty = none).
Result<GenerateSummary> run_generate(const GenerateOptions& options, const std::string& output,
                                     const std::string& truth,
                                     const GenerateProgress& progress = {});

}  // namespace yagura::generate
