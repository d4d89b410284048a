// SPDX-License-Identifier: Apache-2.0
//
// Backups: a copy of the whole data folder as it was at one commit, made while reading and
// capturing go on, and the way back.
//
// It is made in two steps. `Snapshot::take` runs on the thread that writes, between two commits: it
// makes hard links and copies the control plane, which takes well under a second whatever the size
// of the store. `write_backup` then copies the links to where they belong, on any thread, while the
// telescope goes on. A backup is a folder:
//
//   manifest   what follows, as text; its own checksum is the last line
//   state.db, store/, runs/, archive/   as in a data folder (telescope.h)
//
//   YAGBAK01
//   made 2026-11-25T02:10:00Z
//   <XXH3-128, 32 hexadecimal digits> <size> <path>     one line per file
//   manifest <XXH3-128 of the lines before>
//
// It gets its name with its last byte, so a backup that was killed is never taken for one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace yagura::telescope {

class Telescope;

// A data folder at one moment. Whoever holds it may use it on one thread at a time; the telescope
// it was taken of may be closed meanwhile. Goes away with its links.
class Snapshot {
 public:
  struct File {
    std::filesystem::path source;  // absolute; nobody writes to it
    std::filesystem::path place;   // relative to the data folder
    uint64_t size = 0;
  };

  // On the thread that writes to `telescope`, at a moment when all it wrote is committed (or is to
  // be taken back). One at a time: a second one is refused.
  static Result<std::unique_ptr<Snapshot>> take(Telescope& telescope);
  ~Snapshot();
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

  const std::filesystem::path& folder() const { return folder_; }  // of the data
  const std::vector<File>& files() const { return files_; }
  uint64_t bytes() const;

  // Removes what a killed process left of one in the data folder `folder`.
  static Result<void> clear(const std::filesystem::path& folder);

 private:
  explicit Snapshot(std::filesystem::path folder) : folder_(std::move(folder)) {}
  Result<void> add_state(Telescope& telescope);
  Result<void> add_store(Telescope& telescope);
  Result<void> add_folder(const std::filesystem::path& name);
  Result<void> add(std::filesystem::path source, std::filesystem::path place);

  std::filesystem::path folder_;  // the data folder
  std::vector<File> files_;
};

struct CopyProgress {
  uint64_t bytes_done = 0, bytes_total = 0;
  uint64_t files = 0;
};

struct CopyOptions {
  std::function<void(const CopyProgress&)> progress;  // after every file; may be empty
  std::function<bool()> stop;  // asked several times a second; true ends it with an error
};

struct BackupSummary {
  uint64_t files = 0;
  uint64_t bytes = 0;
  std::string made;  // when, as text
};

// Writes the snapshot to the folder `destination`, which must not exist yet and must not lie in the
// data folder. `now` is what the backup says it was made at. After a failure nothing is left.
Result<BackupSummary> write_backup(const Snapshot& snapshot,
                                   const std::filesystem::path& destination, Timestamp now,
                                   const CopyOptions& options = {});

// Both steps, for a telescope that nobody writes to meanwhile.
Result<BackupSummary> backup(Telescope& telescope, const std::filesystem::path& destination,
                             Timestamp now, const CopyOptions& options = {});

// Makes the data folder `folder`, which must be empty or not there, of a backup. Every byte is
// compared with its checksum; after a failure nothing is left.
Result<BackupSummary> restore(const std::filesystem::path& backup,
                              const std::filesystem::path& folder, const CopyOptions& options = {});

}  // namespace yagura::telescope
