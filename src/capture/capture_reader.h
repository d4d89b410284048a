// SPDX-License-Identifier: Apache-2.0
//
// Frames out of a pcap or pcapng stream, in the order they stand there.
//
// pcap: microseconds and nanoseconds, both byte orders. pcapng: any number of sections, interfaces
// and byte orders, enhanced, simple and obsolete packet blocks; a simple packet block, which has
// no time, gets that of the packet before it. Other blocks are skipped.
//
// Bounds: a frame has at most max_frame bytes, a packet or description block at most 1 MiB, a
// section at most 4,096 interfaces. A header that breaks a bound is garbage: an error with the
// offset (in the decompressed stream). A stream that ends within a record reads as if it ended
// before it, with a warning.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "capture/block_reader.h"
#include "capture/frame.h"

namespace yagura::capture {

inline constexpr uint32_t pcapng_section_header = 0x0a0d0d0a;

class CaptureReader final : public FrameReader {
 public:
  // `source` gives the capture's bytes, decompressed. Fails if it is no capture, saying what its
  // first bytes are.
  static Result<std::unique_ptr<CaptureReader>> open(std::unique_ptr<ByteSource> source,
                                                     size_t block_size, bool retain = false);

  Progress read(int64_t limit, std::span<Frame> out) override;
  int64_t head_time() const override { return head_time_; }
  Result<bool> refill() override;
  uint64_t frames_out_of_time() const override { return out_of_time_; }
  uint64_t bytes_taken() const override { return block_.bytes_taken(); }
  std::string warning() const override { return warning_; }

  // Where `frame`, which the last read() gave, stands in the stream.
  uint64_t offset_of(const Frame& frame) const {
    return block_.offset() - static_cast<uint64_t>(block_.data() - frame.data);
  }
  // With `retain`: the block that frames read now stand in, and letting go of an older one.
  uint64_t block_number() const { return block_.block_number(); }
  void release(uint64_t block_number) { block_.release(block_number); }

 private:
  struct Interface {
    LinkType link{};
    uint32_t snap_length = 0;  // 0: none
    uint64_t ticks_per_second = 1'000'000;
    int64_t offset_seconds = 0;
  };
  // What a record at the front of the window turned out to be.
  enum class Record { frame, other, late, incomplete, garbage };

  CaptureReader(std::unique_ptr<ByteSource> source, size_t block_size, bool retain)
      : block_(std::move(source), block_size, retain) {}

  Result<void> read_beginning();
  template <bool swapped>
  Progress read_pcap(int64_t limit, std::span<Frame> out);
  Progress read_pcapng(int64_t limit, std::span<Frame> out);
  Record read_block(int64_t limit, Frame& frame);
  Record read_section(const uint8_t* at, size_t size);
  Record read_interface(const uint8_t* at, size_t size);
  Record read_options(const uint8_t* at, size_t size, Interface& interface);
  Record read_packet_block(uint32_t type, const uint8_t* at, uint32_t size, int64_t limit,
                           Frame& frame);
  Record bad(std::string what);

  uint16_t get16(const uint8_t* at) const;
  uint32_t get32(const uint8_t* at) const;

  BlockReader block_;
  bool is_pcapng_ = false;
  bool swapped_ = false;
  LinkType link_{};                    // pcap
  uint32_t fraction_ = 1000;           // pcap: nanoseconds per unit of the fraction
  std::vector<Interface> interfaces_;  // pcapng
  uint64_t skip_ = 0;                  // bytes of an uninteresting block still to be stepped over,
  uint32_t skipped_length_ = 0;        // and its length, which must stand at its end too
  int64_t last_time_ = 0;
  int64_t head_time_ = 0;
  uint64_t out_of_time_ = 0;
  std::optional<Error> error_;
  std::string warning_;
};

}  // namespace yagura::capture
