// SPDX-License-Identifier: Apache-2.0
//
// A folder into which others put captures: says which files are complete.
//
// A file is complete once its writer has closed it, or once it is renamed (moved) into the folder:
// inotify tells. What stands there already when the folder is opened, or when inotify lost count,
// is complete if nobody has it open for writing; where that cannot be asked for lack of rights,
// once it has not changed for 10 seconds. Sub-folders, hidden files and names ending in .tmp, .part
// or .partial are left alone.
//
// Not thread-safe.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "state/spool_files.h"

namespace yagura::telescope {

// Whether a file of that name may be a capture to be picked up.
bool is_spool_name(std::string_view name);
// The regular file at `path` as it is; nothing if there is none (any more).
std::optional<state::SpoolFile> spool_file(const std::filesystem::path& path);

class SpoolFolder {
 public:
  // Fails if there is no such folder or it cannot be read.
  static Result<SpoolFolder> open(const std::filesystem::path& folder);
  ~SpoolFolder();
  SpoolFolder(SpoolFolder&& other) noexcept;
  SpoolFolder& operator=(SpoolFolder&&) = delete;

  // Files that have become complete since the last call, in order of their names; one that is
  // written again is named again. Fails once the folder is gone. `steady` rises. To be called now
  // and then though the descriptor is silent, for what settles.
  Result<std::vector<std::filesystem::path>> complete(Timestamp steady);
  int descriptor() const { return inotify_; }

 private:
  SpoolFolder(std::filesystem::path folder, int inotify)
      : folder_(std::move(folder)), inotify_(inotify) {}
  struct Settling {
    state::SpoolFile file;
    Timestamp since;
  };

  Result<void> scan(Timestamp steady);
  Result<void> take_events();

  std::filesystem::path folder_;
  int inotify_;
  bool scan_wanted_ = true;
  std::map<std::filesystem::path, Settling> settling_;
  std::vector<std::filesystem::path> complete_;
};

// Moves `file` into the folder `set-aside` beside it, under a name that is free there, and returns
// where it is now.
Result<std::filesystem::path> set_aside(const std::filesystem::path& file);

}  // namespace yagura::telescope
