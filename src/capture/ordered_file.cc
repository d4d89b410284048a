// SPDX-License-Identifier: Apache-2.0
#include "capture/ordered_file.h"

#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "capture/decode_frames.h"
#include "capture/scan.h"

namespace yagura::capture {

Result<std::unique_ptr<OrderedFile>> OrderedFile::open(const InputSpecification& input,
                                                       const DecodeOptions& options) {
  struct stat status{};
  TRY(auto bytes, open_input(input.path));
  if (::stat(input.path.c_str(), &status) != 0) return failure(errno_text(errno));
  TRY(bytes, decompressed(std::move(bytes)));
  TRY(auto reader, CaptureReader::open(std::move(bytes), block_size));
  std::unique_ptr<OrderedFile> file(new OrderedFile(std::move(reader), options));
  file->file_bytes_ = static_cast<uint64_t>(status.st_size);
  file->summary_.name = input.path.string();
  file->summary_.sensor = input.sensor;
  while (file->frames_read_ == 0 && !file->finished_) file->read_frames(batch_capacity);
  if (file->frames_read_ > 0) file->first_ = Timestamp{file->frames_[0].time};
  return file;
}

Result<void> OrderedFile::next(PacketBatch& batch) {
  // Growing clears only what the last batch lacked; decoding overwrites all of a packet.
  batch.resize(batch_capacity);
  size_t used = 0;
  while (used < batch_capacity && !finished_) {
    // A refill makes the packets of this batch invalid.
    if (frames_read_ == 0 && wants_refill_ && used > 0) break;
    if (frames_read_ == 0) read_frames(batch_capacity - used);
    const auto frames = std::span<const Frame>(frames_).first(std::exchange(frames_read_, 0));
    if (frames.empty()) continue;
    if (!follow_in_order(frames)) {
      in_disorder_ = true;
      return failure("reading " + summary_.name + ": the file is not in order of time");
    }
    hash_.add(frames);
    used += decode_frames(frames, summary_.sensor, options_, summary_.counts,
                          std::span(batch).subspan(used));
  }
  batch.resize(used);
  return {};
}

// Puts what comes next into frames_, at most `room` of them; nothing at the end of a block.
void OrderedFile::read_frames(size_t room) {
  if (wants_refill_) refill();
  if (finished_) return;
  const auto [count, stop] = reader_->read(no_limit, std::span(frames_).first(room));
  frames_read_ = count;
  wants_refill_ = stop == FrameReader::Stop::refill;
}

void OrderedFile::refill() {
  wants_refill_ = false;
  const auto more = reader_->refill();
  if (more && *more) return;
  if (!more) fault_ = more.error().message();
  finished_ = true;
  summary_.first = first_;
  if (first_) summary_.last = Timestamp{last_time_};
  summary_.warning = reader_->warning();
  summary_.content_hash = hash_.hex();
  const uint64_t out_of_time = reader_->frames_out_of_time();
  summary_.counts.frames += out_of_time;
  summary_.counts.rejected[static_cast<size_t>(Reject::time_out_of_range)] = out_of_time;
}

bool OrderedFile::follow_in_order(std::span<const Frame> frames) {
  bool in_order = true;
  for (const Frame& frame : frames) {
    in_order &= frame.time >= last_time_;
    last_time_ = frame.time;
  }
  return in_order;
}

}  // namespace yagura::capture
