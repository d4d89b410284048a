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
  // The rows of the source, file by file of those that have it. Valid until the next call of next().
  std::span<const std::span<const SourceRow>> parts() const { return parts_; }
  // Where the file of a part stands among the files.
  size_t file_of(size_t part) const { return files_[used_[part]]; }
  // The source's rows of all files added up, classes rising. Valid until the next call of next().
  std::span<const SourceRow> sum() { return sum_.of(parts_); }

 private:
  struct Head {
    std::unique_ptr<RunFileReader> reader;
    std::span<const SourceRow> rows;  // of its next source
  };
  explicit SourceMerge(std::vector<Head> heads) : heads_(std::move(heads)) {}

  std::vector<Head> heads_;  // files that have more
  std::vector<size_t> files_;
  std::vector<std::span<const SourceRow>> parts_;
  std::vector<size_t> used_;  // heads behind parts_
  bool started_ = false;
  SourceSum sum_;
};

}  // namespace yagura::telescope
