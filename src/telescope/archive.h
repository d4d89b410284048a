// SPDX-License-Identifier: Apache-2.0
//
// The optional archive of the dark packets themselves, and the way back to one source's packets.
//
// A file holds at most an hour: `<folder>/<sensor>/<YYYY-MM-DD>/<HHMMSS>-c<commit>.pcap.zst`, a
// pcap (nanoseconds, LINKTYPE_RAW: packets begin at their outermost IP header) of independent zstd
// frames that any tool reads with zstd, and beside it `.index`: for each zstd frame its place, its
// time range and a Bloom filter of its sources, so that looking for one source opens few frames.
//
// Files carry the commit that wrote them: a commit that is rolled back or forgotten takes its files
// with it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/ip_address.h"
#include "base/result.h"
#include "base/time.h"
#include "capture/packet.h"

namespace yagura::telescope {

// Not thread-safe. The first failure is kept and returned by finish().
class ArchiveWriter {
 public:
  ArchiveWriter(std::filesystem::path folder, std::string sensor, uint64_t commit)
      : folder_(std::move(folder)), sensor_(std::move(sensor)), commit_(commit) {}

  // `accounted` is the address the packet counts for: what a search for a source finds.
  void add(const capture::Packet& packet, IpAddress accounted);
  // Closes the open file, synced to disk; the next packet begins a new one.
  Result<void> finish();
  void set_commit(uint64_t commit) { commit_ = commit; }

 private:
  struct FrameIndex {
    uint64_t offset = 0;  // of the zstd frame in the file
    uint64_t size = 0;
    Timestamp first, last;
    std::vector<uint64_t> filter;
  };
  Result<void> open(Timestamp time);
  Result<void> flush();
  Result<void> close();

  std::filesystem::path folder_;
  std::string sensor_;
  uint64_t commit_;
  std::optional<Error> error_;
  int file_ = -1;
  std::filesystem::path path_;
  Timestamp file_end_{INT64_MIN};
  uint64_t written_ = 0;
  std::string frame_;  // uncompressed packets of the open zstd frame
  std::set<IpAddress> sources_;
  Timestamp first_, last_;
  std::vector<FrameIndex> index_;
};

struct ArchiveQuery {
  std::optional<IpAddress> source;  // the accounted address
  std::optional<std::string> sensor;
  std::optional<Timestamp> from, until;  // [from, until)
  uint64_t limit = UINT64_MAX;           // packets
};

// A packet of the archive: the bytes from its IP header on.
struct ArchivedPacket {
  Timestamp time;
  uint32_t wire_length = 0;
  std::span<const uint8_t> bytes;
};

// Visits the matching packets, file by file in order of sensor and time. Returns how many. A
// damaged file is an error naming it and the offset.
Result<uint64_t> search_archive(const std::filesystem::path& folder, const ArchiveQuery& query,
                                const std::function<Result<void>(const ArchivedPacket&)>& visit);

// Deletes the files of `commits`.
Result<void> delete_archive_files(const std::filesystem::path& folder,
                                  const std::vector<uint64_t>& commits);

// The 24-byte header of a pcap of raw IP packets in nanoseconds, and the 16 bytes before a packet.
std::string pcap_header();
std::string pcap_record_header(Timestamp time, uint32_t captured_length, uint32_t wire_length);

}  // namespace yagura::telescope
