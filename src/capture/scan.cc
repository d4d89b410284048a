// SPDX-License-Identifier: Apache-2.0
#include "capture/scan.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <utility>

#include "capture/frame_hash.h"

namespace yagura::capture {

bool is_stream(const std::filesystem::path& path) {
  if (path == "-") return true;
  std::error_code none;
  const auto status = std::filesystem::status(path, none);
  return std::filesystem::exists(status) && !std::filesystem::is_regular_file(status) &&
         !std::filesystem::is_directory(status);
}

Result<std::unique_ptr<ByteSource>> open_input(const std::filesystem::path& path) {
  if (path == "-") return standard_input_source();
  TRY(FileDescriptor descriptor, open_for_reading(path));
  return file_source(std::move(descriptor));
}

InputScan scan_frames(CaptureReader& reader) {
  InputScan scan;
  FrameHash hash;
  std::array<Frame, 512> frames;
  int64_t latest = -1, earliest = no_limit;
  while (true) {
    const auto [count, stop] = reader.read(no_limit, frames);
    for (size_t i = 0; i < count; ++i) {
      scan.in_order &= frames[i].time >= latest;
      latest = std::max(latest, frames[i].time);
      earliest = std::min(earliest, frames[i].time);
    }
    hash.add(std::span(frames).first(count));
    scan.frames += count;
    if (stop != FrameReader::Stop::refill) continue;
    const auto more = reader.refill();
    if (more && *more) continue;
    if (!more) scan.failure = more.error().message();
    break;
  }
  scan.warning = reader.warning();
  scan.content_hash = hash.hex();
  scan.frames_out_of_time = reader.frames_out_of_time();
  if (scan.frames > 0) {
    scan.first = Timestamp{earliest};
    scan.last = Timestamp{latest};
  }
  return scan;
}

}  // namespace yagura::capture
