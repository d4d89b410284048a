// SPDX-License-Identifier: Apache-2.0
//
// Walks run files side by side, source by source: windows are merged into hours and hours into
// days with a buffer per file, so distinct hosts are counted exactly however many there are.
//
// Not thread-safe.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "telescope/run_file.h"
#include "telescope/source_row.h"
#include "telescope/source_sum.h"

namespace yagura::telescope {

class SourceMerge {
 public:
  static Result<SourceMerge> open(const std::vector<std::filesystem::path>& files);

  // Moves on to the next source; false at the end.
  Result<bool> next();
  // The rows of the source, file by file of those that have it. Valid until the next call of
  // next().
  std::span<const std::span<const SourceRow>> parts() const { return parts_; }
  // Where the file of a part stands among the files.
  size_t file_of(size_t part) const { return heads_[used_[part]].file; }
  // The source's rows of all files added up, classes rising. Valid until the next call of next().
  std::span<const SourceRow> sum() { return sum_.of(parts_); }

 private:
  // A file that has more.
  struct Head {
    std::unique_ptr<RunFileReader> reader;
    size_t file;
    std::span<const SourceRow> rows;  // of its next source
  };
  explicit SourceMerge(std::vector<Head> heads);
  void drop_ended();

  std::vector<Head> heads_;
  std::vector<IpAddress>
      sources_;  // of the heads: side by side, since all are looked at every time
  std::vector<std::span<const SourceRow>> parts_;
  std::vector<size_t> used_;  // heads behind parts_, and, before the first source, all
  SourceSum sum_;
};

}  // namespace yagura::telescope
