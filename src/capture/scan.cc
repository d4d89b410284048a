// SPDX-License-Identifier: Apache-2.0
#include "capture/scan.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>
#include <utility>

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

Result<InputScanner> InputScanner::open(const std::filesystem::path& path) {
  const auto attempt = [&]() -> Result<InputScanner> {
    struct stat status{};
    TRY(auto bytes, open_input(path));
    if (::stat(path.c_str(), &status) != 0) return failure(errno_text(errno));
    TRY(bytes, decompressed(std::move(bytes)));
    TRY(auto reader, CaptureReader::open(std::move(bytes), block_size));
    return InputScanner(std::move(reader), static_cast<uint64_t>(status.st_size));
  };
  return within("reading " + path.string(), attempt());
}

bool InputScanner::step() {
  std::array<Frame, 512> frames;
  while (true) {
    const auto [count, stop] = reader_->read(no_limit, frames);
    for (size_t i = 0; i < count; ++i) {
      scan_.in_order &= frames[i].time >= latest_;
      latest_ = std::max(latest_, frames[i].time);
      earliest_ = std::min(earliest_, frames[i].time);
    }
    hash_.add(std::span(frames).first(count));
    scan_.frames += count;
    if (stop == FrameReader::Stop::refill) break;
  }
  const auto more = reader_->refill();
  if (!more) scan_.failure = more.error().message();
  return more && *more;
}

InputScan InputScanner::take() {
  scan_.warning = reader_->warning();
  scan_.content_hash = hash_.hex();
  scan_.frames_out_of_time = reader_->frames_out_of_time();
  if (scan_.frames > 0) {
    scan_.first = Timestamp{earliest_};
    scan_.last = Timestamp{latest_};
  }
  return std::move(scan_);
}

Result<InputScan> scan_input(const std::filesystem::path& path) {
  TRY(InputScanner scanner, InputScanner::open(path));
  while (scanner.step()) continue;
  return scanner.take();
}

}  // namespace yagura::capture
