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

namespace yagura::telescope {

class SourceMerge {
 public:
  // The rows that one of the files has of the source.
  struct Part {
    size_t file;  // its place among the files
    std::span<const SourceRow> rows;
  };

  static Result<SourceMerge> open(const std::vector<std::filesystem::path>& files);

  // Moves on to the next source; false at the end.
  Result<bool> next();
  // Files rising. Valid until the next call of next().
  std::span<const Part> parts() const { return parts_; }
  // The source's rows of all files added up, classes rising. Valid until the next call of next().
  std::span<const SourceRow> sum();

 private:
  struct Head {
    std::unique_ptr<RunFileReader> reader;
    std::span<const SourceRow> rows;  // of its next source
  };
  // What the summed rows point to: their arrays, one row behind the other.
  struct Arrays {
    std::vector<uint16_t> ports;
    std::vector<uint32_t> port_packets;
    std::vector<Mark> marks;
    std::vector<uint32_t> mark_packets;
    std::vector<uint32_t> dark;
    void clear();
  };
  struct Sizes {
    size_t ports, marks, dark;
  };

  explicit SourceMerge(std::vector<Head> heads) : heads_(std::move(heads)) {}
  void add_up_class();

  std::vector<Head> heads_;  // files that have more
  std::vector<size_t> files_;
  std::vector<Part> parts_;
  std::vector<size_t> used_;  // heads behind parts_
  bool started_ = false;

  std::vector<const SourceRow*> same_class_;
  std::vector<size_t> at_;  // next row of each part
  std::vector<SourceRow> rows_;
  std::vector<Sizes> sizes_;
  Arrays sum_, scratch_;
};

}  // namespace yagura::telescope
