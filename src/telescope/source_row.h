// SPDX-License-Identifier: Apache-2.0
//
// What one source did, in one class, in some stretch of time: the unit that windows, hours and days
// are merged from; and run files, in which such rows lie sorted by (source, class).
//
// Windows are merged into hours and hours into days by walking sorted runs side by side, so that
// distinct hosts are counted exactly with a few buffers of memory, however many there are. A run
// file is temporary: it belongs to the saved state of a run and is deleted once it is merged.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/ip_address.h"
#include "base/result.h"
#include "telescope/vocabulary.h"

namespace yagura::telescope {

// Spans belong to whoever made the row.
struct SourceRow {
  IpAddress source;
  PacketClass class_ = PacketClass::other;
  AddressScope scope = AddressScope::global;
  uint8_t ttl_min = 255;
  uint8_t ttl_max = 0;
  uint32_t windows = 1;  // 5-minute windows merged into it
  uint32_t first = 0;    // seconds since the epoch
  uint32_t last = 0;
  uint64_t packets = 0;
  uint64_t bytes = 0;
  std::span<const uint16_t> ports;  // rising
  std::span<const uint32_t> port_packets;
  std::span<const Mark> marks;  // rising
  std::span<const uint32_t> mark_packets;
  std::span<const uint32_t> dark;  // positions, rising; only while a window is open
};

inline bool same_key(const SourceRow& a, const SourceRow& b) {
  return a.source == b.source && a.class_ == b.class_;
}
inline bool key_less(const SourceRow& a, const SourceRow& b) {
  return a.source != b.source ? a.source < b.source : a.class_ < b.class_;
}

// A sequence of rows in order of (source, class), each key once.
class SourceRowStream {
 public:
  virtual ~SourceRowStream() = default;
  // The next row into `row`; false at the end. The row's spans are valid until the next call.
  virtual Result<bool> next(SourceRow& row) = 0;
};

// Writes a run file: buffered, complete only after finish(). Rows must come in order.
//
// Format: "YAGRUN02", for each row its length (4 bytes, not 0) and its bytes, a length of 0, and an
// XXH3-64 of all before.
class RunFileWriter {
 public:
  static Result<RunFileWriter> create(const std::filesystem::path& path);
  ~RunFileWriter();
  RunFileWriter(RunFileWriter&& other) noexcept;
  RunFileWriter& operator=(RunFileWriter&&) = delete;

  Result<void> add(const SourceRow& row);
  Result<void> finish();

 private:
  struct Sum;
  RunFileWriter(std::filesystem::path path, int file);
  Result<void> flush();

  std::filesystem::path path_;
  int file_;
  std::string buffer_;
  std::unique_ptr<Sum> sum_;  // of what was flushed
};

// Opens a finished run file. A damaged one is an error that names the file and the offset, some
// damage only once everything was read: what was made of the rows before it must be thrown away.
Result<std::unique_ptr<SourceRowStream>> open_run_file(const std::filesystem::path& path);

// Merges streams into one: rows of the same key are added up.
std::unique_ptr<SourceRowStream> merge_streams(
    std::vector<std::unique_ptr<SourceRowStream>> streams);

}  // namespace yagura::telescope
