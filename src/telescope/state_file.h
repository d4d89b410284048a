// SPDX-License-Identifier: Apache-2.0
//
// The saved state of a run between two commits, as a file in the data folder.
//
// Format: "YAGSTA01", the dark space it was made with, the pipeline's bytes (pipeline.h), and an
// XXH3-64 of all of it. Written under another name, synced, and renamed into place.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "state/sensors.h"

namespace yagura::telescope {

struct SavedState {
  std::vector<state::DarkPrefix> dark_space;
  std::string pipeline;
};

Result<void> write_state_file(const std::filesystem::path& path, const SavedState& state);
// A damaged file is an error that names it.
Result<SavedState> read_state_file(const std::filesystem::path& path);

// Makes sure that the file's bytes are on disk.
Result<void> sync_file(const std::filesystem::path& path);

}  // namespace yagura::telescope
