// SPDX-License-Identifier: Apache-2.0
//
// Where packets come from: captures in files, standard input or an interface.
//
// A source hands out batches in time order. Files may be pcap (both byte orders, µs and ns) or
// pcapng, plain, gzip or zstd. Several inputs are merged by time; a file that is itself in disorder
// is read through a time-sorted index, so nothing from a file is late. Packets of the same time
// come in the order of the inputs, then of their place in the file: the order is always the same.
//
// A file is read twice (ordered_file.h is for one that need not be). A first, light pass (the
// *scan*) walks the record headers and finds when the file begins and ends, whether it is in order,
// and its content hash, which are needed before the first packet can be handed out: both passes
// took 76 ns a packet of 81 bytes where one that does all took 46. `expand_inputs` does the scan
// and leaves it in the specification, where `content_hash` and `open_files` find it; they do it
// themselves if it is not there. The main pass reads exactly the frames the scan saw, so that a
// capture still being written counts as what its hash says. A compressed file is decompressed in
// both passes.
//
// Standard input and pipes cannot be read twice. They go through a reorder buffer of 5 seconds of
// packet time, 65,536 frames or 64 MiB, whichever is reached first. A frame that belongs before
// one that has left the buffer is late: counted, not analysed, named in the summary's warning.
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
  uint64_t late = 0;          // live and standard input: older than the lateness bound
};

// What the scan of a file found.
struct InputScan {
  std::string content_hash;              // as in InputSummary
  std::optional<Timestamp> first, last;  // the earliest and the latest time, not the first frame's
  uint64_t frames = 0;                   // with a time in range
  uint64_t frames_out_of_time = 0;
  uint64_t file_bytes = 0;
  bool in_order = true;
  std::string warning;  // as in InputSummary
  // Empty, or the error that reading the file ends with: "offset N: not a packet". The frames
  // before it count, here and when the file is read.
  std::string failure;
};

// What is known of one input after it was read.
struct InputSummary {
  std::string name;  // path as given, or "standard input", or the interface
  uint8_t sensor = 0;
  InputCounts counts;
  std::optional<Timestamp> first, last;  // of its frames
  // 128-bit hash (hex) of the sequence of frames (time, lengths, link type, captured bytes): the
  // same for the same packets whatever the file's name, container or compression.
  // Of the bytes, the first 64 of each frame count (frame_hash.h says why).
  std::string content_hash;
  // Empty, or what was wrong with the end of the file: "cut in the middle of a packet at offset N;
  // read to the last whole packet"; of a stream also how many frames were late.
  std::string warning;
};

struct InputSpecification {
  std::filesystem::path path;  // "-" is standard input
  uint8_t sensor = 0;
  std::optional<InputScan> scan{};  // by expand_inputs; never of standard input or a pipe
  Duration shift{};                 // added to the times of a file's packets, for a replay
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
  // A descriptor that poll() finds readable when next() has something new, for who waits for
  // several sources at a time; -1 where there is none to wait for.
  virtual int descriptor() const { return -1; }
  // Of a live source: takes in what the kernel still holds and lets next() hand out the rest, after
  // which it is finished. A file's end is its own: there it does nothing.
  virtual void stop() {}
  // One entry per input, complete once finished; counts are current while reading.
  virtual std::vector<InputSummary> summaries() const = 0;
  // Bytes read and bytes in all, for progress; all = 0 where it is unknown (standard input).
  virtual uint64_t bytes_done() const = 0;
  virtual uint64_t bytes_total() const = 0;
};

// Expands directories (recursively, regular files with a capture's magic number) and sorts the
// inputs by their first packet. A file that is no capture is an error naming the file and what was
// found at its offset 0; inside a directory it is skipped and named in `skipped`, with the reason.
// A file that is reached twice for the same sensor (a symbolic link to another) is read once, the
// second time being named in `skipped` too. Loops of symbolic links are harmless.
Result<std::vector<InputSpecification>> expand_inputs(const std::vector<InputSpecification>& given,
                                                      std::vector<std::string>& skipped);

struct FileSourceOptions {
  DecodeOptions decode;
  // Files that overlap in time are open at once; more than this many is an error that says so.
  int max_open_files = 512;
  // For the temporary files that a compressed file in disorder is unpacked to, and the index of a
  // file in disorder with more than two million frames. They have no name and vanish by themselves.
  std::filesystem::path spool_folder = "/var/tmp";
};

// Opens the inputs (already expanded). Opens a file only when the merged clock reaches it.
Result<std::unique_ptr<PacketSource>> open_files(std::vector<InputSpecification> inputs,
                                                 FileSourceOptions options);

// Content hash of an input as in InputSummary, without decoding it: lets a command see that an
// input has been read before, whatever its name. Fails if it is no capture or cannot be opened; of
// a file that holds garbage further on it is the hash of the frames before.
Result<std::string> content_hash(const InputSpecification& input);

// How long a captured packet is held back, so that packets come in order. One ring brings them in
// order but for milliseconds, where queues of a network card are emptied side by side, and where
// the clock is set back; a member is to be warned within a second.
inline constexpr Duration live_lateness = Duration::milliseconds(400);

struct LiveSourceOptions {
  DecodeOptions decode;
  std::string interface;
  uint8_t sensor = 0;
  std::string filter;                 // BPF; empty = all
  int snap_length = 256;              // bytes kept of a frame
  int ring_mebibytes = 64;            // kernel ring
  Duration lateness = live_lateness;  // packets older than this behind the newest are late
};
// AF_PACKET ring through libpcap, promiscuous. Packets are held back by `lateness`, at most 2^20 of
// them or 256 MiB, so that they come in order; stop() loses none of them. Fails if there is no such
// interface, or no right to capture on it; next() fails when the interface vanishes.
Result<std::unique_ptr<PacketSource>> open_live(LiveSourceOptions options);
// Whether `filter` is one in BPF, as tcpdump writes it, for an Ethernet interface.
Result<void> check_filter(const std::string& filter);

}  // namespace yagura::capture
