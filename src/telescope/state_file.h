// SPDX-License-Identifier: Apache-2.0
//
// The saved state of a run between two commits, as a file in the data folder.
//
// Format: "YAGSTA02", the dark space it was made with, the pipeline's bytes (pipeline.h), and an
// XXH3-64 of all of it. Written piece by piece under another name, synced, and renamed into place.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "state/sensors.h"

namespace yagura::telescope {

struct SavedState {
  std::vector<state::DarkPrefix> dark_space;
  std::string file;  // its bytes
  size_t pipeline_begin = 0, pipeline_size = 0;

  std::string_view pipeline() const {
    return std::string_view(file).substr(pipeline_begin, pipeline_size);
  }
};

// `save` writes the pipeline's bytes.
Result<void> write_state_file(const std::filesystem::path& path,
                              const std::vector<state::DarkPrefix>& dark_space,
                              const std::function<void(ByteWriter&)>& save);
// A damaged file is an error that names it.
Result<SavedState> read_state_file(const std::filesystem::path& path);
// The dark space and the beginning of the pipeline's bytes, 64 KiB if there are so many: all that
// is asked for most times of a file of hundreds of megabytes. Its checksum is not looked at: who
// goes on from a state reads the whole file.
Result<SavedState> read_state_start(const std::filesystem::path& path);

// Makes sure that the file's bytes are on disk.
Result<void> sync_file(const std::filesystem::path& path);

}  // namespace yagura::telescope
