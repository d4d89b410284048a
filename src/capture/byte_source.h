// SPDX-License-Identifier: Apache-2.0
//
// Streams of bytes below the capture formats: a file, standard input, memory, and what comes out of
// gzip and zstd. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

#include "base/result.h"

namespace yagura::capture {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Puts up to out.size() bytes into `out` and says how many; 0 is the end. May give fewer than
  // there are.
  virtual Result<size_t> read(std::span<uint8_t> out) = 0;
  // Bytes taken so far from the outermost input: of a compressed file, the compressed ones.
  virtual uint64_t bytes_taken() const = 0;
  // After the end: what was wrong with it ("the gzip data is cut"), or empty.
  virtual std::string warning() const { return {}; }
};

// A descriptor that closes itself.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int descriptor) : descriptor_(descriptor) {}
  FileDescriptor(FileDescriptor&& other) noexcept;
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  ~FileDescriptor();
  int get() const { return descriptor_; }

 private:
  int descriptor_ = -1;
};

Result<FileDescriptor> open_for_reading(const std::filesystem::path& path);
// A file without a name in `folder`, for reading and writing; gone when closed.
Result<FileDescriptor> open_temporary(const std::filesystem::path& folder);

// All of `bytes` at `offset`; failing to read or write them all is an error.
Result<void> read_at(int descriptor, uint64_t offset, std::span<uint8_t> bytes);
Result<void> write_at(int descriptor, uint64_t offset, std::span<const uint8_t> bytes);

// Reads a regular file with pread (so that the descriptor's position does not matter), anything
// else (a pipe) as it comes.
std::unique_ptr<ByteSource> file_source(FileDescriptor descriptor);
// Standard input, which stays open.
std::unique_ptr<ByteSource> standard_input_source();
// `bytes` must outlive the source.
std::unique_ptr<ByteSource> memory_source(std::span<const uint8_t> bytes);

// `source` itself, or what gzip (several members) or zstd (several frames) makes of it if it begins
// with their magic number. Compressed data that ends early reads as what was there, with a warning;
// damaged data is an error.
Result<std::unique_ptr<ByteSource>> decompressed(std::unique_ptr<ByteSource> source);

// True if data that begins so is what decompressed() would unpack.
bool is_compressed(std::span<const uint8_t> beginning);

// Passes `source` through and writes all of it to `descriptor`, which must outlive it.
std::unique_ptr<ByteSource> copying_source(std::unique_ptr<ByteSource> source, int descriptor);

}  // namespace yagura::capture
