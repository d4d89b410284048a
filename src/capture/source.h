// SPDX-License-Identifier: Apache-2.0
//
// Where packets come from: captures in files, standard input or an interface.
//
// A source hands out batches in time order. Files may be pcap (both byte orders, µs and ns) or
// pcapng, plain, gzip or zstd. Several inputs are merged by time; a file that is itself in disorder
// is read through a time-sorted index, so nothing from a file is late.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "capture/decode.h"
#include "capture/packet.h"

namespace yagura::capture {

struct InputCounts {
  uint64_t frames = 0;   // records read
  uint64_t packets = 0;  // of them decoded
  uint64_t bytes = 0;    // captured bytes of the frames
  std::array<uint64_t, reject_reasons> rejected{};
  uint64_t kernel_drops = 0;  // live only: dropped by the kernel
  uint64_t queue_drops = 0;   // live only: dropped by our own queue
  uint64_t late = 0;          // live only: older than the lateness bound
};

// What is known of one input after it was read.
struct InputSummary {
  std::string name;  // path as given, or "standard input", or the interface
  uint8_t sensor = 0;
  InputCounts counts;
  std::optional<Timestamp> first, last;  // of its frames
  // 128-bit hash (hex) of the sequence of frames (time, lengths, link type, captured bytes): the
  // same for the same packets whatever the file's name, container or compression.
  std::string content_hash;
  // Empty, or what was wrong with the end of the file: "cut in the middle of a packet at offset N;
  // read to the last whole packet".
  std::string warning;
};

struct InputSpecification {
  std::filesystem::path path;  // "-" is standard input
  uint8_t sensor = 0;
};

// Not thread-safe; belongs to one thread.
class PacketSource {
 public:
  virtual ~PacketSource() = default;
  // Replaces `batch` with the next packets in time order; an empty batch is the end (files) or a
  // pause (live). What the batch points to stays valid until the next call.
  virtual Result<void> next(PacketBatch& batch) = 0;
  // True once next() has given the last packet (never for a live source that was not stopped).
  virtual bool finished() const = 0;
  // One entry per input, complete once finished; counts are current while reading.
  virtual std::vector<InputSummary> summaries() const = 0;
  // Bytes read and bytes in all, for progress; all = 0 where it is unknown (standard input).
  virtual uint64_t bytes_done() const = 0;
  virtual uint64_t bytes_total() const = 0;
};

// Expands directories (recursively, regular files with a capture's magic number) and sorts the
// inputs by their first packet. A file that is no capture is an error naming the file and what was
// found at its offset 0; inside a directory it is skipped and named in `skipped`.
Result<std::vector<InputSpecification>> expand_inputs(const std::vector<InputSpecification>& given,
                                                      std::vector<std::string>& skipped);

struct FileSourceOptions {
  DecodeOptions decode;
  // Files that overlap in time are open at once; more than this many is an error that says so.
  int max_open_files = 512;
};

// Opens the inputs (already expanded). Opens a file only when the merged clock reaches it.
Result<std::unique_ptr<PacketSource>> open_files(std::vector<InputSpecification> inputs,
                                                 FileSourceOptions options);

// Content hash of an input as in InputSummary, without decoding it: lets a command see that an
// input has been read before, whatever its name. Fails as reading it would.
Result<std::string> content_hash(const InputSpecification& input);

struct LiveSourceOptions {
  DecodeOptions decode;
  std::string interface;
  uint8_t sensor = 0;
  std::string filter;                        // BPF; empty = all
  int snap_length = 256;                     // bytes kept of a frame
  int ring_mebibytes = 64;                   // kernel ring
  Duration lateness = Duration::seconds(5);  // packets older than this behind the newest are late
};
// AF_PACKET ring through libpcap, promiscuous. next() waits at most 100 ms.
Result<std::unique_ptr<PacketSource>> open_live(LiveSourceOptions options);

}  // namespace yagura::capture
