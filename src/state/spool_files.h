// SPDX-License-Identifier: Apache-2.0
//
// Files of spool folders that have been dealt with, so that a restart need not read them again to
// find out. Only a short cut: what counts once is decided by the ledger, from a file's content.
//
// Threads: as the Database they are given.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "state/database.h"

namespace yagura::state {

// What became of a file.
enum class SpoolOutcome : uint8_t {
  read = 0,         // counted, or empty
  read_before = 1,  // its content had been counted already
  set_aside = 2,    // no capture, broken, or of a time that was read already
};
inline constexpr size_t spool_outcomes = 3;
inline constexpr std::array<std::string_view, spool_outcomes> spool_outcome_names = {
    "read", "read_before", "set_aside"};

// A file as the file system tells it apart from what stood under its name before.
struct SpoolFile {
  std::string path;  // absolute
  uint64_t bytes = 0;
  Timestamp changed;
  uint64_t inode = 0;
  bool operator==(const SpoolFile&) const = default;
};

// What became of exactly this file; nothing if it is new, or another under the same name.
Result<std::optional<SpoolOutcome>> spool_outcome(Database& database, const SpoolFile& file);
Result<void> note_spool_file(Database& database, const SpoolFile& file, SpoolOutcome outcome);
// Forgets files under `folder` that `is_there` says are gone: the list does not outgrow the folder.
Result<void> forget_spool_files(Database& database, std::string_view folder,
                                const std::function<bool(const std::string& path)>& is_there);

}  // namespace yagura::state
