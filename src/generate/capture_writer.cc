// SPDX-License-Identifier: Apache-2.0
#include "generate/capture_writer.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <utility>

namespace yagura::generate {
namespace {

static_assert(std::endian::native == std::endian::little);

// The file header of pcap (draft-ietf-opsawg-pcap).
struct FileHeader {
  uint32_t magic;
  uint16_t major = 2, minor = 4;
  uint32_t zone = 0, accuracy = 0;
  uint32_t snap_length = 262'144;
  uint32_t link_type = 1;  // Ethernet
};
static_assert(sizeof(FileHeader) == 24);

constexpr uint32_t magic_microseconds = 0xa1b2c3d4;
constexpr uint32_t magic_nanoseconds = 0xa1b23c4d;

}  // namespace

Result<CaptureWriter> CaptureWriter::create(const std::string& path, bool nanoseconds) {
  if (path == "-") {
    if (::isatty(STDOUT_FILENO) != 0)
      return failure("a capture is not for a terminal; give a file or a pipe to read it");
    return CaptureWriter(STDOUT_FILENO, false, "standard output", nanoseconds);
  }
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return failure(fmt::format("opening {}: {}", path, errno_text(errno)));
  return CaptureWriter(file, true, path, nanoseconds);
}

CaptureWriter::CaptureWriter(int file, bool owned, std::string name, bool nanoseconds)
    : buffer_(std::make_unique<uint8_t[]>(buffer_length)),
      file_(file),
      owned_(owned),
      name_(std::move(name)),
      tick_(nanoseconds ? 1 : 1000) {
  const FileHeader header{.magic = nanoseconds ? magic_nanoseconds : magic_microseconds};
  std::memcpy(buffer_.get(), &header, sizeof header);
  used_ = bytes_ = sizeof header;
}

CaptureWriter::~CaptureWriter() {
  if (owned_ && file_ >= 0) ::close(file_);
}

CaptureWriter::CaptureWriter(CaptureWriter&& other) noexcept
    : buffer_(std::move(other.buffer_)),
      used_(other.used_),
      bytes_(other.bytes_),
      file_(std::exchange(other.file_, -1)),
      owned_(other.owned_),
      name_(std::move(other.name_)),
      tick_(other.tick_) {}

Result<void> CaptureWriter::add(Timestamp time, size_t length) {
  CHECK(0 < length && length <= largest_frame);
  const int64_t seconds = time.seconds();
  const auto size = static_cast<uint32_t>(length);
  const std::array<uint32_t, 4> header = {
      static_cast<uint32_t>(seconds),
      static_cast<uint32_t>((time.nanoseconds - seconds * 1'000'000'000) / tick_), size, size};
  std::memcpy(buffer_.get() + used_, header.data(), record_header_length);
  used_ += record_header_length + length;
  bytes_ += record_header_length + length;
  if (buffer_length - used_ < record_header_length + largest_frame) return flush();
  return {};
}

Result<void> CaptureWriter::flush() {
  for (size_t done = 0; done < used_;) {
    const ssize_t written = ::write(file_, buffer_.get() + done, used_ - done);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failure(fmt::format("writing {}: {}", name_, errno_text(errno)));
    done += static_cast<size_t>(written);
  }
  used_ = 0;
  return {};
}

Result<void> CaptureWriter::finish() {
  TRY_VOID(flush());
  const int file = std::exchange(file_, -1);
  if (owned_ && ::close(file) != 0)
    return failure(fmt::format("closing {}: {}", name_, errno_text(errno)));
  return {};
}

}  // namespace yagura::generate
