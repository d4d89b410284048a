// SPDX-License-Identifier: Apache-2.0
#include "capture/indexed_reader.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "capture/capture_reader.h"
#include "capture/scan.h"

namespace yagura::capture {
namespace {

constexpr size_t room_for_bytes = 1024 * 1024;
constexpr size_t most_frames = 4096;
static_assert(room_for_bytes >= max_frame);

// A capture that several queues wrote is nearly in order, so a frame's neighbours are wanted soon,
// those just before it too; one that was shuffled is read frame by frame.
constexpr size_t wide_window = 256 * 1024;
constexpr size_t wide_window_before = 64 * 1024;
constexpr size_t narrow_window = 4 * 1024;
constexpr size_t uses_of_a_good_window = 16;

}  // namespace

IndexedReader::IndexedReader(FileDescriptor file, TimeIndex index)
    : file_(std::move(file)), index_(std::move(index)) {
  struct stat status{};
  if (fstat(file_.get(), &status) == 0) file_end_ = static_cast<uint64_t>(status.st_size);
  bytes_.reserve(room_for_bytes);
}

Result<std::unique_ptr<IndexedReader>> IndexedReader::open(
    const std::filesystem::path& path, uint64_t frames, const std::filesystem::path& spool_folder) {
  TRY(FileDescriptor file, open_for_reading(path));
  TRY(std::unique_ptr<ByteSource> source, open_input(path));
  std::array<uint8_t, 4> beginning{};
  TRY_VOID(read_at(file.get(), 0, beginning));
  if (is_compressed(beginning)) {
    TRY(source, decompressed(std::move(source)));
    TRY(file, open_temporary(spool_folder));
    source = copying_source(std::move(source), file.get());
  }
  TRY(const auto reader, CaptureReader::open(std::move(source), block_size));
  TimeIndex index(spool_folder);
  std::array<Frame, 512> batch;
  while (frames > 0) {
    const size_t most = std::min<uint64_t>(frames, batch.size());
    const auto [count, stop] = reader->read(no_limit, std::span(batch).first(most));
    for (const Frame& frame : std::span(batch).first(count))
      TRY_VOID(index.add(IndexEntry::of(frame, reader->offset_of(frame))));
    frames -= count;
    if (stop != Stop::refill || frames == 0) continue;
    TRY(const bool more, reader->refill());
    if (!more) return failure("the file has become shorter while being read");
  }
  TRY_VOID(index.finish());
  std::unique_ptr<IndexedReader> indexed(new IndexedReader(std::move(file), std::move(index)));
  indexed->out_of_time_ = reader->frames_out_of_time();
  return indexed;
}

Result<bool> IndexedReader::refill() {
  ready_.clear();
  next_ = 0;
  bytes_.clear();
  while (ready_.size() < most_frames) {
    if (!pending_) {
      TRY(pending_, index_.next());
    }
    if (!pending_) break;
    const IndexEntry& entry = *pending_;
    if (bytes_.size() + entry.captured_length > room_for_bytes) break;
    TRY(const uint8_t* data, fetch(entry.offset(), entry.captured_length));
    const size_t at = bytes_.size();
    bytes_.insert(bytes_.end(), data, data + entry.captured_length);
    ready_.push_back(
        {entry.time, bytes_.data() + at, entry.captured_length, entry.wire_length, entry.link()});
    bytes_taken_ += entry.captured_length + 16;
    pending_.reset();
  }
  return !ready_.empty();
}

Result<const uint8_t*> IndexedReader::fetch(uint64_t offset, size_t size) {
  if (size == 0) return bytes_.data();
  if (offset >= window_offset_ && offset + size <= window_offset_ + window_.size()) {
    ++window_uses_;
    return window_.data() + (offset - window_offset_);
  }
  const bool wide = window_uses_ >= uses_of_a_good_window || window_.empty();
  const uint64_t before = wide ? std::min<uint64_t>(offset, wide_window_before) : 0;
  const uint64_t wanted = std::max<uint64_t>(wide ? wide_window : narrow_window, before + size);
  window_offset_ = offset - before;
  window_uses_ = 0;
  if (window_offset_ >= file_end_) return failure("the file has become shorter while being read");
  window_.resize(std::min(wanted, file_end_ - window_offset_));
  TRY_VOID(read_at(file_.get(), window_offset_, window_));
  if (before + size > window_.size())
    return failure("the file has become shorter while being read");
  return window_.data() + before;
}

}  // namespace yagura::capture
