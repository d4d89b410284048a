// SPDX-License-Identifier: Apache-2.0
//
// Several captures as one stream in order of time.
//
// All inputs that are not at their end stand in a heap by the time of their next frame (of one that
// is not open yet, the first the scan saw). The first of them becomes the current one and is read
// up to the time of the second; only then the heap moves. A single file, and files that do not
// overlap, therefore never touch the heap but at their ends.
//
// Frames stay in the readers' buffers while the batch is out. A reader that would have to reuse its
// buffer ends the batch instead, and goes on at the next call.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "capture/decode_frames.h"
#include "capture/indexed_reader.h"
#include "capture/reorder_reader.h"
#include "capture/scan.h"
#include "capture/source.h"

namespace yagura::capture {
namespace {

struct Input {
  InputSpecification specification;
  InputSummary summary;
  std::unique_ptr<FrameReader> reader;
  ReorderReader* stream = nullptr;  // `reader`, if it reads a stream
  uint64_t frames_left = 0;         // of a file
  uint64_t bytes = 0;               // of a file; once done, bytes taken of a stream
  int64_t last_time = -1;
  bool done = false;
};

int64_t shift_of(const Input& input) { return input.specification.shift.nanoseconds; }

class FileSource final : public PacketSource {
 public:
  FileSource(std::vector<Input> inputs, FileSourceOptions options);

  Result<void> next(PacketBatch& batch) override;
  bool finished() const override { return !current_ && heap_.empty(); }
  std::vector<InputSummary> summaries() const override;
  uint64_t bytes_done() const override;
  uint64_t bytes_total() const override;

 private:
  struct Turn {
    int64_t time;
    size_t input;
    bool operator<(const Turn& other) const {  // the heap has its largest first
      return time != other.time ? time > other.time : input > other.input;
    }
  };

  bool choose();
  Result<void> open(Input& input);
  Result<bool> refill(Input& input);
  Result<void> read_some(PacketBatch& batch);
  void end_turn();
  void end_input(Input& input);
  Result<void> advance(PacketBatch& batch);
  Result<void> decode_all(std::span<const Frame> frames, Input& input, PacketBatch& batch);

  std::vector<Input> inputs_;
  FileSourceOptions options_;
  std::vector<Turn> heap_;
  std::optional<size_t> current_;
  int64_t limit_ = 0;          // of the current input's turn
  bool wants_refill_ = false;  // the current input
  int open_files_ = 0;
  size_t used_ = 0;  // packets in the batch
  std::array<Frame, batch_capacity> frames_;
  std::vector<std::unique_ptr<FrameReader>> finished_;  // their buffers are still in the batch
  std::optional<Error> error_;
};

FileSource::FileSource(std::vector<Input> inputs, FileSourceOptions options)
    : inputs_(std::move(inputs)), options_(std::move(options)) {
  for (size_t i = 0; i < inputs_.size(); ++i) {
    const auto& scan = inputs_[i].specification.scan;
    if (scan && scan->first) {
      heap_.push_back({scan->first->nanoseconds + shift_of(inputs_[i]), i});
    } else if (!scan || !scan->failure.empty()) {
      heap_.push_back({0, i});  // a stream, whose first frame is not known yet, or broken before it
    } else {
      inputs_[i].done = true;
    }
  }
  std::make_heap(heap_.begin(), heap_.end());
}

Result<void> FileSource::next(PacketBatch& batch) {
  finished_.clear();
  used_ = 0;
  // Growing clears only what the last batch lacked; decoding overwrites all of a packet.
  batch.resize(batch_capacity);
  while (used_ < batch_capacity && !error_ && choose()) {
    const Input& input = inputs_[*current_];
    // A refill makes frames of this batch invalid, unless the file is at its end.
    const bool at_end = input.specification.scan && input.frames_left == 0;
    if (wants_refill_ && used_ > 0 && !at_end) break;
    const auto result = advance(batch);
    if (!result) error_ = result.error().within("reading " + input.summary.name);
  }
  batch.resize(used_);
  if (used_ == 0 && error_) return failure(*error_);
  return {};
}

// Makes sure that there is a current input; false at the end of all.
bool FileSource::choose() {
  if (current_) return true;
  if (heap_.empty()) return false;
  std::pop_heap(heap_.begin(), heap_.end());
  current_ = heap_.back().input;
  heap_.pop_back();
  limit_ = no_limit;
  if (!heap_.empty()) {
    const Turn& other = heap_.front();
    limit_ = other.input > *current_ ? other.time : other.time - 1;
  }
  return true;
}

Result<void> FileSource::advance(PacketBatch& batch) {
  Input& input = inputs_[*current_];
  if (!input.reader) TRY_VOID(open(input));
  if (wants_refill_) {
    wants_refill_ = false;
    TRY(const bool more, refill(input));
    if (!more) {
      end_input(input);
      return {};
    }
  }
  return read_some(batch);
}

Result<void> FileSource::open(Input& input) {
  if (open_files_ == options_.max_open_files)
    return failure(fmt::format("more than {} captures overlap in time here; read fewer at a time",
                               options_.max_open_files));
  const auto& scan = input.specification.scan;
  const auto& path = input.specification.path;
  if (scan && !scan->in_order) {
    TRY(input.reader, IndexedReader::open(path, input.frames_left, options_.spool_folder));
  } else {
    TRY(auto bytes, open_input(path));
    TRY(bytes, decompressed(std::move(bytes)));
    TRY(auto reader, CaptureReader::open(std::move(bytes), block_size, !scan));
    if (scan) {
      input.reader = std::move(reader);
    } else {
      auto stream = std::make_unique<ReorderReader>(std::move(reader), ReorderLimits());
      input.stream = stream.get();
      input.reader = std::move(stream);
    }
  }
  ++open_files_;
  return {};
}

// Reads on behind what is in memory; false once the input is at its end, as the scan saw it.
Result<bool> FileSource::refill(Input& input) {
  const auto& scan = input.specification.scan;
  if (scan && input.frames_left == 0) {
    if (!scan->failure.empty()) return failure(scan->failure);
    return false;
  }
  TRY(const bool more, input.reader->refill());
  if (!more && input.frames_left > 0)
    return failure("the file has become shorter while being read");
  return more;
}

Result<void> FileSource::read_some(PacketBatch& batch) {
  Input& input = inputs_[*current_];
  size_t room = batch_capacity - used_;
  if (input.specification.scan) room = std::min<uint64_t>(room, input.frames_left);
  const int64_t shift = shift_of(input);
  const int64_t limit = limit_ == no_limit ? no_limit : limit_ - shift;
  const auto [count, stop] = input.reader->read(limit, std::span(frames_).first(room));
  if (shift != 0)
    for (Frame& frame : std::span(frames_).first(count)) frame.time += shift;
  if (input.specification.scan) {
    input.frames_left -= count;
    wants_refill_ = stop == FrameReader::Stop::refill || input.frames_left == 0;
  } else {
    wants_refill_ = stop == FrameReader::Stop::refill;
  }
  TRY_VOID(decode_all(std::span(frames_).first(count), input, batch));
  if (stop == FrameReader::Stop::limit && !wants_refill_) end_turn();
  return {};
}

Result<void> FileSource::decode_all(std::span<const Frame> frames, Input& input,
                                    PacketBatch& batch) {
  for (const Frame& frame : frames) {
    if (frame.time < input.last_time)
      return failure("the file has changed while being read: it is no longer in order");
    input.last_time = frame.time;
  }
  used_ += decode_frames(frames, input.specification.sensor, options_.decode, input.summary.counts,
                         std::span(batch).subspan(used_));
  if (!frames.empty() && !input.summary.first) input.summary.first = Timestamp{frames[0].time};
  if (!frames.empty()) input.summary.last = Timestamp{frames.back().time};
  return {};
}

void FileSource::end_turn() {
  const Input& input = inputs_[*current_];
  heap_.push_back({input.reader->head_time() + shift_of(input), *current_});
  std::push_heap(heap_.begin(), heap_.end());
  current_.reset();
}

void FileSource::end_input(Input& input) {
  InputSummary& summary = input.summary;
  if (input.stream != nullptr) {
    const uint64_t out_of_time = input.stream->frames_out_of_time();
    summary.counts.late = input.stream->late();
    summary.counts.frames += out_of_time + input.stream->late();
    summary.counts.rejected[static_cast<size_t>(Reject::time_out_of_range)] = out_of_time;
    summary.content_hash = input.stream->content_hash();
    summary.warning = input.stream->warning();
    if (summary.counts.late > 0) {
      if (!summary.warning.empty()) summary.warning += "; ";
      summary.warning += fmt::format(
          "{} frames came too late to be put in order and were left out: save the capture to a "
          "file and read that, files are read whatever their order",
          summary.counts.late);
    }
    input.bytes = input.stream->bytes_taken();
    input.stream = nullptr;
  }
  input.done = true;
  finished_.push_back(std::move(input.reader));
  --open_files_;
  current_.reset();
}

std::vector<InputSummary> FileSource::summaries() const {
  std::vector<InputSummary> all;
  for (const Input& input : inputs_) all.push_back(input.summary);
  return all;
}

uint64_t FileSource::bytes_done() const {
  uint64_t sum = 0;
  for (const Input& input : inputs_) {
    if (input.done)
      sum += input.bytes;
    else if (input.reader)
      sum += input.reader->bytes_taken();
  }
  return sum;
}

uint64_t FileSource::bytes_total() const {
  uint64_t sum = 0;
  for (const Input& input : inputs_) {
    if (!input.specification.scan) return 0;
    sum += input.specification.scan->file_bytes;
  }
  return sum;
}

}  // namespace

Result<std::unique_ptr<PacketSource>> open_files(std::vector<InputSpecification> specifications,
                                                 FileSourceOptions options) {
  std::vector<Input> inputs;
  for (InputSpecification& specification : specifications) {
    Input input;
    input.summary.name = specification.path == "-" ? "standard input" : specification.path.string();
    input.summary.sensor = specification.sensor;
    if (!is_stream(specification.path) && !specification.scan) {
      TRY(specification.scan, scan_input(specification.path));
    }
    if (const auto& scan = specification.scan) {
      constexpr auto out_of_range = static_cast<size_t>(Reject::time_out_of_range);
      input.frames_left = scan->frames;
      input.bytes = scan->file_bytes;
      input.summary.content_hash = scan->content_hash;
      input.summary.warning = scan->warning;
      input.summary.counts.frames = scan->frames_out_of_time;
      input.summary.counts.rejected[out_of_range] = scan->frames_out_of_time;
    }
    input.specification = std::move(specification);
    inputs.push_back(std::move(input));
  }
  return std::make_unique<FileSource>(std::move(inputs), std::move(options));
}

}  // namespace yagura::capture
