// SPDX-License-Identifier: Apache-2.0
//
// Reading captures: from inputs to committed rows.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "capture/source.h"
#include "telescope/telescope.h"

namespace yagura::telescope {

struct ReadInput {
  std::filesystem::path path;  // file, directory, or "-" for standard input
  std::string sensor = "default";
};

struct ReadProgress {
  uint64_t bytes_done = 0, bytes_total = 0;  // total 0 = unknown
  uint64_t packets = 0;
};

struct ReadOptions {
  std::vector<ReadInput> inputs;
  capture::DecodeOptions decode;
  std::function<void(const ReadProgress&)> progress;  // called a few times a second; may be empty
};

// What became of one input.
struct InputResult {
  std::string name;
  std::string sensor;
  bool read_before = false;  // recognised by its content and left out
  std::string failure;       // why it could not be read (to its end), or empty
  capture::InputSummary summary;
};

struct ReadSummary {
  std::vector<InputResult> inputs;
  std::vector<std::string> skipped;  // files of directories that are no captures
  uint64_t frames = 0;
  uint64_t dark_packets = 0;
  uint64_t rows = 0;
  bool any_failed() const;
};

// Reads the inputs, merged by time, in one commit per sensor. Inputs read before are left out. An
// input that breaks in the middle counts up to there; its failure is in the summary and the others
// are read to their ends. On an error nothing of the call is kept.
Result<ReadSummary> read_inputs(Telescope& telescope, const ReadOptions& options);

}  // namespace yagura::telescope
