// SPDX-License-Identifier: Apache-2.0
#include "telescope/archive.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>
#include <xxhash.h>
#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <system_error>

#include "base/bytes.h"
#include "capture/decode.h"
#include "telescope/classify.h"
#include "telescope/state_file.h"

namespace yagura::telescope {
namespace {

constexpr size_t frame_bytes = 1 << 20;  // uncompressed, per zstd frame
constexpr int compression_level = 3;
constexpr size_t filter_bits_per_source = 10;  // with 4 probes: 1.2 % of false frames
constexpr int filter_probes = 4;
constexpr uint32_t snap_length = 262'144;
constexpr std::string_view index_magic = "YAGIDX01";

uint64_t hash_of(IpAddress address) {
  uint8_t bytes[16];
  address.write_bytes(bytes);
  return XXH3_64bits(bytes, sizeof bytes);
}

template <typename Visit>
void probe(uint64_t hash, size_t words, Visit visit) {
  const uint64_t step = (hash >> 32) | 1;
  for (int i = 0; i < filter_probes; ++i, hash += step) {
    const uint64_t bit = hash % (words * 64);
    visit(bit / 64, uint64_t{1} << (bit % 64));
  }
}

std::vector<uint64_t> filter_of(const std::set<IpAddress>& sources) {
  std::vector<uint64_t> filter(sources.size() * filter_bits_per_source / 64 + 1);
  for (const IpAddress source : sources)
    probe(hash_of(source), filter.size(), [&](size_t word, uint64_t bit) { filter[word] |= bit; });
  return filter;
}

bool may_hold(const std::vector<uint64_t>& filter, IpAddress source) {
  bool all = true;
  probe(hash_of(source), filter.size(),
        [&](size_t word, uint64_t bit) { all = all && (filter[word] & bit) != 0; });
  return all;
}

Result<void> write_all(int file, const std::filesystem::path& path, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(file, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failure(fmt::format("writing {}: {}", path.string(), errno_text(errno)));
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return {};
}

Result<std::string> compress(std::string_view bytes) {
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  const size_t size =
      ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), compression_level);
  if (ZSTD_isError(size)) return failure(fmt::format("zstd: {}", ZSTD_getErrorName(size)));
  out.resize(size);
  return out;
}

std::filesystem::path index_path(std::filesystem::path capture) { return capture += ".index"; }

Result<std::string> read_file(const std::filesystem::path& path, uint64_t offset, uint64_t size) {
  std::ifstream file(path, std::ios::binary);
  std::string bytes(size, '\0');
  file.seekg(static_cast<std::streamoff>(offset));
  if (!file.read(bytes.data(), static_cast<std::streamsize>(size)))
    return failure(fmt::format("reading {} at offset {}: {}", path.string(), offset,
                               errno == 0 ? "the file ends too early" : errno_text(errno)));
  return bytes;
}

struct IndexEntry {
  uint64_t offset, size;
  Timestamp first, last;
  std::vector<uint64_t> filter;
};

Result<std::vector<IndexEntry>> read_index(const std::filesystem::path& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (error) return failure(fmt::format("reading {}: {}", path.string(), error.message()));
  TRY(const std::string bytes, read_file(path, 0, size));
  const auto damaged = [&] { return failure(fmt::format("{}: damaged", path.string())); };
  if (!bytes.starts_with(index_magic)) return damaged();
  ByteReader in(std::string_view(bytes).substr(index_magic.size()));
  std::vector<IndexEntry> entries(in.get_count(40));
  for (auto& entry : entries) {
    entry.offset = in.get<uint64_t>();
    entry.size = in.get<uint64_t>();
    entry.first = {in.get<int64_t>()};
    entry.last = {in.get<int64_t>()};
    entry.filter.resize(in.get_count(8));
    for (uint64_t& word : entry.filter) word = in.get<uint64_t>();
    if (entry.filter.empty()) return damaged();
  }
  if (!in.ok() || in.remaining() != 0) return damaged();
  return entries;
}

// Captures of the archive in order of sensor and time.
Result<std::vector<std::filesystem::path>> capture_files(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  if (!std::filesystem::exists(folder, error)) return files;
  for (auto it = std::filesystem::recursive_directory_iterator(folder, error);
       !error && it != std::filesystem::recursive_directory_iterator(); it.increment(error))
    if (it->path().native().ends_with(".pcap.zst")) files.push_back(it->path());
  if (error) return failure(fmt::format("listing {}: {}", folder.string(), error.message()));
  std::sort(files.begin(), files.end());
  return files;
}

bool matches(const ArchiveQuery& query, const ArchivedPacket& archived) {
  if (query.from && archived.time < *query.from) return false;
  if (query.until && archived.time >= *query.until) return false;
  if (!query.source) return true;
  capture::Packet packet;
  capture::Reject reason;
  if (!capture::decode(archived.bytes, archived.wire_length, capture::LinkType::raw_ip, {}, packet,
                       reason))
    return false;
  return classify(packet).accounted == *query.source;
}

// Walks the packets of one decompressed frame.
Result<void> walk_frame(std::string_view bytes, bool first_frame, const ArchiveQuery& query,
                        uint64_t& found,
                        const std::function<Result<void>(const ArchivedPacket&)>& visit) {
  ByteReader in(bytes.substr(first_frame ? pcap_header().size() : 0));
  while (in.remaining() > 0 && found < query.limit) {
    const auto seconds = in.get<uint32_t>(), nanoseconds = in.get<uint32_t>();
    const auto captured = in.get<uint32_t>(), wire = in.get<uint32_t>();
    if (!in.ok() || captured > in.remaining()) return failure("a packet record is damaged");
    ArchivedPacket packet;
    packet.time = Timestamp::from_seconds(seconds) + Duration{nanoseconds};
    packet.wire_length = wire;
    packet.bytes = {reinterpret_cast<const uint8_t*>(bytes.data() + bytes.size() - in.remaining()),
                    captured};
    in.skip(captured);
    if (!matches(query, packet)) continue;
    TRY_VOID(visit(packet));
    ++found;
  }
  return {};
}

Result<void> search_file(const std::filesystem::path& path, const ArchiveQuery& query,
                         uint64_t& found,
                         const std::function<Result<void>(const ArchivedPacket&)>& visit) {
  TRY(const auto entries, read_index(index_path(path)));
  for (const IndexEntry& entry : entries) {
    if (query.from && entry.last < *query.from) continue;
    if (query.until && entry.first >= *query.until) continue;
    if (query.source && !may_hold(entry.filter, *query.source)) continue;
    TRY(const std::string compressed, read_file(path, entry.offset, entry.size));
    // A frame is what the writer made of frame_bytes and at most one packet more.
    std::string bytes(frame_bytes + snap_length + 64, '\0');
    const size_t size =
        ZSTD_decompress(bytes.data(), bytes.size(), compressed.data(), compressed.size());
    if (ZSTD_isError(size))
      return failure(
          fmt::format("{} at offset {}: {}", path.string(), entry.offset, ZSTD_getErrorName(size)));
    bytes.resize(size);
    TRY_VOID(within(fmt::format("{} at offset {}", path.string(), entry.offset),
                    walk_frame(bytes, entry.offset == 0, query, found, visit)));
  }
  return {};
}

}  // namespace

std::string pcap_header() {
  ByteWriter out;
  out.put(uint32_t{0xa1b23c4d});  // nanoseconds
  out.put(uint16_t{2});
  out.put(uint16_t{4});
  out.put(uint64_t{0});
  out.put(snap_length);
  out.put(static_cast<uint32_t>(capture::LinkType::raw_ip));
  return out.bytes();
}

std::string pcap_record_header(Timestamp time, uint32_t captured_length, uint32_t wire_length) {
  ByteWriter out;
  out.put(static_cast<uint32_t>(time.seconds()));
  out.put(static_cast<uint32_t>(time.nanoseconds - time.seconds() * 1'000'000'000));
  out.put(captured_length);
  out.put(wire_length);
  return out.bytes();
}

void ArchiveWriter::add(const capture::Packet& packet, IpAddress accounted) {
  if (error_) return;
  if (packet.time >= file_end_) {
    if (auto opened = open(packet.time); !opened) {
      error_ = opened.error();
      return;
    }
  }
  if (sources_.empty()) first_ = packet.time;
  last_ = packet.time;
  sources_.insert(accounted);
  const uint32_t captured = std::min(packet.captured_length - packet.ip_offset, snap_length);
  frame_ += pcap_record_header(packet.time, captured, packet.wire_length - packet.ip_offset);
  frame_.append(reinterpret_cast<const char*>(packet.frame + packet.ip_offset), captured);
  if (frame_.size() < frame_bytes) return;
  if (auto flushed = flush(); !flushed) error_ = flushed.error();
}

Result<void> ArchiveWriter::open(Timestamp time) {
  TRY_VOID(close());
  const std::string stamp = format_time_for_people(time.floor(Duration::seconds(1)));
  const auto folder = folder_ / sensor_ / stamp.substr(0, 10);
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error)
    return failure(fmt::format("making the folder {}: {}", folder.string(), error.message()));
  path_ = folder / fmt::format("{}{}{}-c{}.pcap.zst", stamp.substr(11, 2), stamp.substr(14, 2),
                               stamp.substr(17, 2), commit_);
  file_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file_ < 0) return failure(fmt::format("making {}: {}", path_.string(), errno_text(errno)));
  file_end_ = time.floor(Duration::hours(1)) + Duration::hours(1);
  written_ = 0;
  frame_ = pcap_header();
  return {};
}

Result<void> ArchiveWriter::flush() {
  if (sources_.empty()) return {};
  TRY(const std::string compressed, compress(frame_));
  TRY_VOID(write_all(file_, path_, compressed));
  index_.push_back({written_, compressed.size(), first_, last_, filter_of(sources_)});
  written_ += compressed.size();
  frame_.clear();
  sources_.clear();
  return {};
}

Result<void> ArchiveWriter::close() {
  if (file_ < 0) return {};
  const Result<void> flushed = flush();
  ::close(file_);
  file_ = -1;
  file_end_ = {INT64_MIN};
  TRY_VOID(flushed);
  TRY_VOID(sync_file(path_));
  ByteWriter out;
  out.put_bytes(index_magic.data(), index_magic.size());
  out.put(static_cast<uint64_t>(index_.size()));
  for (const auto& entry : index_) {
    out.put(entry.offset);
    out.put(entry.size);
    out.put(entry.first.nanoseconds);
    out.put(entry.last.nanoseconds);
    out.put(static_cast<uint64_t>(entry.filter.size()));
    for (const uint64_t word : entry.filter) out.put(word);
  }
  index_.clear();
  const auto path = index_path(path_);
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(out.bytes().data(), static_cast<std::streamsize>(out.bytes().size()));
  file.flush();
  if (!file) return failure(fmt::format("writing {}: {}", path.string(), errno_text(errno)));
  return sync_file(path);
}

Result<void> ArchiveWriter::finish() {
  if (error_) return failure(*error_);
  return close();
}

Result<uint64_t> search_archive(const std::filesystem::path& folder, const ArchiveQuery& query,
                                const std::function<Result<void>(const ArchivedPacket&)>& visit) {
  TRY(const auto files, capture_files(folder));
  uint64_t found = 0;
  for (const auto& file : files) {
    if (found >= query.limit) break;
    if (query.sensor && file.parent_path().parent_path().filename() != *query.sensor) continue;
    TRY_VOID(search_file(file, query, found, visit));
  }
  return found;
}

Result<void> delete_archive_files(const std::filesystem::path& folder,
                                  const std::vector<uint64_t>& commits) {
  TRY(const auto files, capture_files(folder));
  for (const auto& file : files) {
    const std::string name = file.filename().string();
    const bool ours = std::any_of(commits.begin(), commits.end(), [&](uint64_t commit) {
      return name.ends_with(fmt::format("-c{}.pcap.zst", commit));
    });
    if (!ours) continue;
    std::error_code error;
    std::filesystem::remove(index_path(file), error);
    std::filesystem::remove(file, error);
    if (error) return failure(fmt::format("deleting {}: {}", file.string(), error.message()));
  }
  return {};
}

}  // namespace yagura::telescope
