// SPDX-License-Identifier: Apache-2.0
//
// gzip and zstd behind ByteSource. Both decoders hold one buffer of compressed input and write
// straight into the caller's memory.
#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>
#include <vector>

#include "capture/byte_source.h"

namespace yagura::capture {
namespace {

constexpr size_t input_buffer = 128 * 1024;

// Compressed input with a read position; shared by the two decoders.
class Input {
 public:
  Input(std::unique_ptr<ByteSource> source, std::span<const uint8_t> beginning)
      : source_(std::move(source)), buffer_(input_buffer) {
    std::memcpy(buffer_.data(), beginning.data(), beginning.size());
    end_ = beginning.size();
  }

  // Makes the rest not empty; false at the end of the input.
  Result<bool> fill() {
    if (position_ < end_) return true;
    TRY(end_, source_->read(buffer_));
    offset_ += position_;
    position_ = 0;
    return end_ > 0;
  }
  std::span<uint8_t> rest() { return std::span(buffer_).subspan(position_, end_ - position_); }
  void consume(size_t size) { position_ += size; }
  uint64_t offset() const { return offset_ + position_; }
  uint64_t bytes_taken() const { return source_->bytes_taken(); }

 private:
  std::unique_ptr<ByteSource> source_;
  std::vector<uint8_t> buffer_;
  size_t position_ = 0, end_ = 0;
  uint64_t offset_ = 0;  // of the buffer in the input
};

class GzipSource final : public ByteSource {
 public:
  GzipSource(std::unique_ptr<ByteSource> source, std::span<const uint8_t> beginning)
      : input_(std::move(source), beginning) {
    CHECK(inflateInit2(&stream_, 15 + 16) == Z_OK);  // 16: gzip, not zlib
  }
  GzipSource(const GzipSource&) = delete;
  GzipSource& operator=(const GzipSource&) = delete;
  ~GzipSource() override { inflateEnd(&stream_); }

  Result<size_t> read(std::span<uint8_t> out) override {
    if (out.empty()) return size_t{0};
    while (!ended_) {
      TRY(const bool more, input_.fill());
      if (!more && !in_member_) break;
      if (!in_member_ && begun_) {
        TRY(const bool next, next_member());
        if (!next) continue;
      }
      in_member_ = begun_ = true;
      TRY(const size_t size, step(out, more));
      if (size > 0) return size;
      if (!more) {
        warning_ = fmt::format("the gzip data is cut at offset {}", input_.offset());
        ended_ = true;
      }
    }
    return size_t{0};
  }
  uint64_t bytes_taken() const override { return input_.bytes_taken(); }
  std::string warning() const override { return warning_; }

 private:
  // Between members: zeros are the padding of tapes and blocks; anything else begins a member.
  Result<bool> next_member() {
    if (input_.rest()[0] == 0) {
      input_.consume(1);
      return false;
    }
    inflateReset(&stream_);
    return true;
  }

  // At the end of the input (no `more`) the decoder may still hold output that did not fit before.
  Result<size_t> step(std::span<uint8_t> out, bool more) {
    const std::span<uint8_t> in = more ? input_.rest() : std::span<uint8_t>();
    stream_.next_in = in.data();
    stream_.avail_in = static_cast<uInt>(in.size());
    stream_.next_out = out.data();
    stream_.avail_out = static_cast<uInt>(std::min<size_t>(out.size(), 1U << 30));
    const uInt room = stream_.avail_out;
    const int status = inflate(&stream_, Z_NO_FLUSH);
    input_.consume(in.size() - stream_.avail_in);
    const size_t size = room - stream_.avail_out;
    if (status == Z_STREAM_END) {
      in_member_ = false;
    } else if (status != Z_OK && status != Z_BUF_ERROR && size == 0) {
      return failure(fmt::format("compressed offset {}: damaged gzip data: {}", input_.offset(),
                                 stream_.msg != nullptr ? stream_.msg : "unknown error"));
    }
    return size;
  }

  Input input_;
  z_stream stream_{};
  bool begun_ = false;      // a member has begun
  bool in_member_ = false;  // and not ended
  bool ended_ = false;
  std::string warning_;
};

class ZstdSource final : public ByteSource {
 public:
  ZstdSource(std::unique_ptr<ByteSource> source, std::span<const uint8_t> beginning)
      : input_(std::move(source), beginning), stream_(ZSTD_createDStream()) {
    CHECK(stream_ != nullptr);
    // Bounds the memory that a frame may ask for: 128 MiB, what the zstd tool accepts by itself.
    CHECK(!ZSTD_isError(ZSTD_DCtx_setParameter(stream_, ZSTD_d_windowLogMax, 27)));
  }
  ZstdSource(const ZstdSource&) = delete;
  ZstdSource& operator=(const ZstdSource&) = delete;
  ~ZstdSource() override { ZSTD_freeDStream(stream_); }

  Result<size_t> read(std::span<uint8_t> out) override {
    if (out.empty()) return size_t{0};
    while (!ended_) {
      TRY(const bool more, input_.fill());
      // At the end of the input the decoder may still hold output that did not fit before.
      const std::span<uint8_t> in = more ? input_.rest() : std::span<uint8_t>();
      ZSTD_inBuffer from{in.data(), in.size(), 0};
      ZSTD_outBuffer to{out.data(), out.size(), 0};
      if (!more && !in_frame_) break;
      const size_t status = ZSTD_decompressStream(stream_, &to, &from);
      input_.consume(from.pos);
      if (ZSTD_isError(status))
        return failure(fmt::format("compressed offset {}: damaged zstd data: {}", input_.offset(),
                                   ZSTD_getErrorName(status)));
      in_frame_ = status != 0;
      if (to.pos > 0) return to.pos;
      if (!more) {
        if (in_frame_) warning_ = fmt::format("the zstd data is cut at offset {}", input_.offset());
        ended_ = true;
      }
    }
    return size_t{0};
  }
  uint64_t bytes_taken() const override { return input_.bytes_taken(); }
  std::string warning() const override { return warning_; }

 private:
  Input input_;
  ZSTD_DStream* stream_;
  bool in_frame_ = true;
  bool ended_ = false;
  std::string warning_;
};

bool is_gzip(std::span<const uint8_t> beginning) {
  return beginning.size() >= 2 && beginning[0] == 0x1f && beginning[1] == 0x8b;
}

// A zstd file may also begin with a skippable frame, as pzstd writes them.
bool is_zstd(std::span<const uint8_t> beginning) {
  constexpr uint8_t frame[] = {0x28, 0xb5, 0x2f, 0xfd};
  constexpr uint8_t skippable[] = {0x50, 0x2a, 0x4d, 0x18};  // the first with any low nibble
  if (beginning.size() < 4) return false;
  if (std::equal(beginning.begin(), beginning.begin() + 4, frame)) return true;
  return (beginning[0] & 0xf0) == skippable[0] &&
         std::equal(beginning.begin() + 1, beginning.begin() + 4, skippable + 1);
}

// A source whose beginning has been looked at already.
class ResumedSource final : public ByteSource {
 public:
  ResumedSource(std::unique_ptr<ByteSource> source, std::span<const uint8_t> beginning)
      : source_(std::move(source)), beginning_(beginning.begin(), beginning.end()) {}

  Result<size_t> read(std::span<uint8_t> out) override {
    if (position_ == beginning_.size()) return source_->read(out);
    const size_t size = std::min(out.size(), beginning_.size() - position_);
    std::memcpy(out.data(), beginning_.data() + position_, size);
    position_ += size;
    return size;
  }
  uint64_t bytes_taken() const override { return source_->bytes_taken(); }
  std::string warning() const override { return source_->warning(); }

 private:
  std::unique_ptr<ByteSource> source_;
  std::vector<uint8_t> beginning_;
  size_t position_ = 0;
};

}  // namespace

bool is_compressed(std::span<const uint8_t> beginning) {
  return is_gzip(beginning) || is_zstd(beginning);
}

Result<std::unique_ptr<ByteSource>> decompressed(std::unique_ptr<ByteSource> source) {
  std::array<uint8_t, 4> beginning{};
  size_t size = 0;
  while (size < beginning.size()) {
    TRY(const size_t got, source->read(std::span(beginning).subspan(size)));
    if (got == 0) break;
    size += got;
  }
  const std::span<const uint8_t> begun(beginning.data(), size);
  if (is_gzip(begun)) return std::make_unique<GzipSource>(std::move(source), begun);
  if (is_zstd(begun)) return std::make_unique<ZstdSource>(std::move(source), begun);
  return std::make_unique<ResumedSource>(std::move(source), begun);
}

}  // namespace yagura::capture
