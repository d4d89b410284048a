// SPDX-License-Identifier: Apache-2.0
//
// A capture from memory, packed or not, read with a small and a large block: both must give the
// same frames, and so must the reorder buffer as far as their number goes.
#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "capture/frame_hash.h"
#include "capture/reorder_reader.h"

namespace {

using namespace yagura::capture;

// Bounds what a decompression bomb may cost a run.
constexpr uint64_t most_frames = 20'000;

struct Summary {
  uint64_t frames = 0;
  std::string hash, warning, error;
};

Summary read_all(FrameReader& reader) {
  Summary summary;
  FrameHash hash;
  std::array<Frame, 64> frames;
  while (summary.frames < most_frames) {
    const auto [count, stop] = reader.read(no_limit, frames);
    for (const Frame& frame : std::span(frames).first(count)) {
      CHECK(frame.time >= 0 && frame.time < end_of_time);
      CHECK(frame.captured_length <= max_frame);
    }
    hash.add(std::span(frames).first(count));
    summary.frames += count;
    if (stop != FrameReader::Stop::refill) continue;
    const auto more = reader.refill();
    if (more && *more) continue;
    if (!more) summary.error = more.error().message();
    break;
  }
  summary.hash = hash.hex();
  summary.warning = reader.warning();
  return summary;
}

std::unique_ptr<CaptureReader> open(std::span<const uint8_t> file, size_t block_size, bool retain) {
  auto bytes = decompressed(memory_source(file));
  if (!bytes) return nullptr;
  auto reader = CaptureReader::open(std::move(*bytes), block_size, retain);
  return reader ? std::move(*reader) : nullptr;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span<const uint8_t> file(data, size);
  const auto small = open(file, 256, false);
  const auto large = open(file, 64 * 1024, false);
  // A decompressor that meets damage drops what it made in the same call, so how much of a damaged
  // packed file can be read depends on the size of the calls.
  const bool packed = is_compressed(file);
  CHECK(packed || (small == nullptr) == (large == nullptr));
  if (small == nullptr || large == nullptr) return 0;
  const Summary a = read_all(*small), b = read_all(*large);
  if (packed && !(a.error.empty() && b.error.empty())) return 0;
  CHECK(a.frames == b.frames && a.hash == b.hash);
  CHECK(a.error == b.error && a.warning == b.warning);

  ReorderReader reorder(open(file, 1024, true), {.frames = 50, .bytes = 4096, .blocks = 2});
  const Summary c = read_all(reorder);
  CHECK(a.frames >= most_frames || c.frames + reorder.late() == a.frames);
  return 0;
}
