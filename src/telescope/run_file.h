// SPDX-License-Identifier: Apache-2.0
//
// Run files: the rows of many sources, sources rising, kept between the window, the hour and the
// day that they are merged into.
//
// A run file is temporary: it belongs to the saved state of a run and is deleted once it is merged.
// It is written and read once each, soon after another and by the same machine, and what it costs
// are its bytes, which pass through the kernel twice. Most sources send little: their rows have a
// short form, where every number has the bytes that it needs as a rule. Any other row has a long
// form, where every number has the bytes that it can need; its arrays are read in place.
//
//   "YAGRUN05"
//   per source: size of its rows (4 bytes, a multiple of 4), the rows
//     per row: a fixed part that begins with its form (ShortRow and LongRow in run_file.cc), its
//     arrays, zeros up to a multiple of 4
//       short: ports (2 bytes each), packets per port, packets per mark, marks (1)
//       long: packets per port, dark positions, packets per mark (4), ports (2), marks (1)
//   0 (4 bytes), and an XXH3-64 of all before
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "telescope/source_row.h"

namespace yagura::telescope {

// Buffered; the file is complete only after finish(). Not thread-safe.
class RunFileWriter {
 public:
  // Dark positions are kept only where windows are merged that are parts of one.
  enum class Dark { kept, dropped };
  static Result<RunFileWriter> create(const std::filesystem::path& path, Dark dark);
  ~RunFileWriter();
  RunFileWriter(RunFileWriter&& other) noexcept;
  RunFileWriter& operator=(RunFileWriter&&) = delete;

  // The rows of the next source, classes rising.
  Result<void> add(std::span<const SourceRow> rows);
  Result<void> finish();

 private:
  struct Sum;
  RunFileWriter(std::filesystem::path path, int file, Dark dark);
  Result<void> flush();
  uint8_t* reserve(size_t size);

  std::filesystem::path path_;
  int file_;
  Dark dark_;
  std::vector<uint8_t> buffer_;
  size_t used_ = 0;
  std::unique_ptr<Sum> sum_;  // of what was flushed
};

// Reads a finished run file. A damaged one is an error that names the file and the offset, some
// damage only once everything was read: what was made of the rows before it must be thrown away.
// Not thread-safe.
class RunFileReader {
 public:
  static Result<std::unique_ptr<RunFileReader>> open(const std::filesystem::path& path);
  ~RunFileReader();
  RunFileReader(const RunFileReader&) = delete;
  RunFileReader& operator=(const RunFileReader&) = delete;

  // The rows of the next source; none at the end. Valid, like their spans, until the next call.
  Result<std::span<const SourceRow>> next();

 private:
  struct Sum;
  RunFileReader(std::filesystem::path path, int file);
  Result<void> read_header();
  Result<std::span<const SourceRow>> end();
  Result<void> need(size_t size);
  Result<size_t> read_more();
  // Read, but not in sum_ yet: it takes whole buffers, not rows.
  std::span<const uint8_t> unsummed() const;
  std::string damaged_text() const;
  tl::unexpected<Error> damaged() const { return failure(damaged_text()); }

  std::filesystem::path path_;
  int file_;
  std::vector<uint8_t> buffer_;
  size_t size_ = 0;      // bytes in it
  size_t position_ = 0;  // of the next block
  uint64_t offset_ = 0;  // in the file, of buffer_[0]
  std::unique_ptr<Sum> sum_;
  std::vector<SourceRow> rows_;   // of one source, as many as there can be
  std::vector<uint32_t> counts_;  // of its short rows
};

}  // namespace yagura::telescope
