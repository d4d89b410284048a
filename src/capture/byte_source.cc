// SPDX-License-Identifier: Apache-2.0
#include "capture/byte_source.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace yagura::capture {
namespace {

class FileSource final : public ByteSource {
 public:
  FileSource(int descriptor, FileDescriptor owned)
      : descriptor_(descriptor), owned_(std::move(owned)) {
    struct stat status{};
    regular_ = fstat(descriptor_, &status) == 0 && S_ISREG(status.st_mode);
    // Advice only: a failure changes nothing but speed.
    if (regular_) posix_fadvise(descriptor_, 0, 0, POSIX_FADV_SEQUENTIAL);
  }

  Result<size_t> read(std::span<uint8_t> out) override {
    while (true) {
      const ssize_t got =
          regular_ && owned_.get() >= 0
              ? ::pread(descriptor_, out.data(), out.size(), static_cast<off_t>(taken_))
              : ::read(descriptor_, out.data(), out.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0)
        return failure(fmt::format("reading at offset {}: {}", taken_, errno_text(errno)));
      taken_ += static_cast<uint64_t>(got);
      return static_cast<size_t>(got);
    }
  }
  uint64_t bytes_taken() const override { return taken_; }

 private:
  int descriptor_;
  FileDescriptor owned_;  // none for standard input
  bool regular_ = false;
  uint64_t taken_ = 0;
};

class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  Result<size_t> read(std::span<uint8_t> out) override {
    const size_t size = std::min(out.size(), bytes_.size() - taken_);
    if (size > 0) std::memcpy(out.data(), bytes_.data() + taken_, size);
    taken_ += size;
    return size;
  }
  uint64_t bytes_taken() const override { return taken_; }

 private:
  std::span<const uint8_t> bytes_;
  size_t taken_ = 0;
};

class CopyingSource final : public ByteSource {
 public:
  CopyingSource(std::unique_ptr<ByteSource> source, int descriptor)
      : source_(std::move(source)), descriptor_(descriptor) {}

  Result<size_t> read(std::span<uint8_t> out) override {
    TRY(const size_t size, source_->read(out));
    TRY_VOID(write_at(descriptor_, written_, out.first(size)));
    written_ += size;
    return size;
  }
  uint64_t bytes_taken() const override { return source_->bytes_taken(); }
  std::string warning() const override { return source_->warning(); }

 private:
  std::unique_ptr<ByteSource> source_;
  int descriptor_;
  uint64_t written_ = 0;
};

}  // namespace

FileDescriptor::FileDescriptor(FileDescriptor&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)) {}

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  return *this;
}

FileDescriptor::~FileDescriptor() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<FileDescriptor> open_for_reading(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return failure(errno_text(errno));
  return FileDescriptor(descriptor);
}

Result<FileDescriptor> open_temporary(const std::filesystem::path& folder) {
  std::string name = (folder / "yagura-XXXXXX").string();
  const int descriptor = ::mkostemp(name.data(), O_CLOEXEC);
  if (descriptor < 0)
    return failure(
        fmt::format("cannot make a temporary file in {}: {}", folder.string(), errno_text(errno)));
  FileDescriptor owned(descriptor);
  if (::unlink(name.c_str()) != 0)
    return failure(fmt::format("cannot unlink {}: {}", name, errno_text(errno)));
  return owned;
}

Result<void> read_at(int descriptor, uint64_t offset, std::span<uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t got = ::pread(descriptor, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failure(fmt::format("reading at offset {}: {}", offset, errno_text(errno)));
    if (got == 0)
      return failure(
          fmt::format("offset {}: the file has become shorter while being read", offset));
    bytes = bytes.subspan(static_cast<size_t>(got));
    offset += static_cast<uint64_t>(got);
  }
  return {};
}

Result<void> write_at(int descriptor, uint64_t offset, std::span<const uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t put =
        ::pwrite(descriptor, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return failure(fmt::format("writing a temporary file: {}", errno_text(errno)));
    bytes = bytes.subspan(static_cast<size_t>(put));
    offset += static_cast<uint64_t>(put);
  }
  return {};
}

std::unique_ptr<ByteSource> file_source(FileDescriptor descriptor) {
  const int number = descriptor.get();
  return std::make_unique<FileSource>(number, std::move(descriptor));
}

std::unique_ptr<ByteSource> standard_input_source() {
  return std::make_unique<FileSource>(STDIN_FILENO, FileDescriptor());
}

std::unique_ptr<ByteSource> memory_source(std::span<const uint8_t> bytes) {
  return std::make_unique<MemorySource>(bytes);
}

std::unique_ptr<ByteSource> copying_source(std::unique_ptr<ByteSource> source, int descriptor) {
  return std::make_unique<CopyingSource>(std::move(source), descriptor);
}

}  // namespace yagura::capture
