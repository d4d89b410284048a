// SPDX-License-Identifier: Apache-2.0
#include "telescope/source_row.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace yagura::telescope {
namespace {

constexpr size_t flush_size = 1 << 20;
constexpr size_t read_size = 256 << 10;
// A row cannot be larger: 65,536 ports of at most 8 bytes and 2^24 dark positions of at most 5.
constexpr size_t largest_row = 96 << 20;
constexpr char magic[8] = {'Y', 'A', 'G', 'R', 'U', 'N', '0', '2'};
constexpr uint32_t end_mark = 0;  // where a row's length would stand

void put_varint(std::string& out, uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

template <typename T>
void put_rising(std::string& out, std::span<const T> values) {
  put_varint(out, values.size());
  T previous = 0;
  for (const T value : values) {
    put_varint(out, static_cast<T>(value - previous));
    previous = value;
  }
}

void encode(const SourceRow& row, std::string& out) {
  uint8_t address[16];
  row.source.write_bytes(address);
  const bool v4 = row.source.is_v4();
  out.push_back(static_cast<char>(v4));
  out.append(reinterpret_cast<const char*>(address) + (v4 ? 12 : 0), v4 ? 4 : 16);
  out.push_back(static_cast<char>(row.class_));
  out.push_back(static_cast<char>(row.scope));
  out.push_back(static_cast<char>(row.ttl_min));
  out.push_back(static_cast<char>(row.ttl_max));
  put_varint(out, row.windows);
  put_varint(out, row.first);
  put_varint(out, row.last - row.first);
  put_varint(out, row.packets);
  put_varint(out, row.bytes);
  put_rising(out, row.ports);
  for (const uint32_t packets : row.port_packets) put_varint(out, packets);
  put_varint(out, row.marks.size());
  for (const Mark mark : row.marks) out.push_back(static_cast<char>(mark));
  for (const uint32_t packets : row.mark_packets) put_varint(out, packets);
  put_rising(out, row.dark);
}

std::span<const uint8_t> bytes_of(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// Reads one row's bytes; any fault leaves ok() false.
class RowDecoder {
 public:
  explicit RowDecoder(std::span<const uint8_t> bytes)
      : at_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  uint8_t byte() { return at_ < end_ ? *at_++ : fail(); }
  uint64_t varint() {
    if (at_ < end_ && *at_ < 0x80) return *at_++;
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (at_ == end_) return fail();
      const uint8_t b = *at_++;
      value |= static_cast<uint64_t>(b & 0x7f) << shift;
      if (b < 0x80) return value;
    }
    return fail();
  }
  template <typename T>
  void values(std::vector<T>& out, size_t count, bool rising) {
    if (count > static_cast<size_t>(end_ - at_)) {
      fail();
      count = 0;
    }
    out.resize(count);
    T previous = 0;
    for (T& value : out) {
      value = static_cast<T>(varint() + (rising ? previous : 0));
      previous = value;
    }
  }
  IpAddress address(bool v4) {
    const size_t size = v4 ? 4 : 16;
    if (static_cast<size_t>(end_ - at_) < size) {
      fail();
      return {};
    }
    at_ += size;
    return v4 ? IpAddress::from_v4_bytes(at_ - 4) : IpAddress::from_v6_bytes(at_ - 16);
  }
  bool ok() const { return ok_ && at_ == end_; }

 private:
  uint8_t fail() {
    ok_ = false;
    at_ = end_;
    return 0;
  }
  const uint8_t* at_;
  const uint8_t* end_;
  bool ok_ = true;
};

struct RowStorage {
  std::vector<uint16_t> ports;
  std::vector<uint32_t> port_packets;
  std::vector<Mark> marks;
  std::vector<uint32_t> mark_packets;
  std::vector<uint32_t> dark;

  void point(SourceRow& row) const {
    row.ports = ports;
    row.port_packets = port_packets;
    row.marks = marks;
    row.mark_packets = mark_packets;
    row.dark = dark;
  }
};

bool decode(std::span<const uint8_t> bytes, SourceRow& row, RowStorage& storage) {
  RowDecoder in(bytes);
  row.source = in.address(in.byte() != 0);
  row.class_ = static_cast<PacketClass>(in.byte());
  row.scope = static_cast<AddressScope>(in.byte());
  row.ttl_min = in.byte();
  row.ttl_max = in.byte();
  row.windows = static_cast<uint32_t>(in.varint());
  row.first = static_cast<uint32_t>(in.varint());
  row.last = row.first + static_cast<uint32_t>(in.varint());
  row.packets = in.varint();
  row.bytes = in.varint();
  in.values(storage.ports, in.varint(), true);
  in.values(storage.port_packets, storage.ports.size(), false);
  storage.marks.resize(std::min<uint64_t>(in.varint(), mark_count));
  for (Mark& mark : storage.marks) mark = static_cast<Mark>(in.byte());
  in.values(storage.mark_packets, storage.marks.size(), false);
  in.values(storage.dark, in.varint(), true);
  storage.point(row);
  return in.ok() && static_cast<int>(row.class_) < class_count;
}

// XXH3-64 of bytes that come in pieces.
class Checksum {
 public:
  Checksum() : state_(XXH3_createState()) { XXH3_64bits_reset(state_.get()); }
  void add(std::span<const uint8_t> bytes) {
    XXH3_64bits_update(state_.get(), bytes.data(), bytes.size());
  }
  // Of everything added, with `bytes` behind it.
  uint64_t value_with(std::span<const uint8_t> bytes) {
    add(bytes);
    return XXH3_64bits_digest(state_.get());
  }

 private:
  struct Free {
    void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
  };
  std::unique_ptr<XXH3_state_t, Free> state_;
};

class RunFileStream : public SourceRowStream {
 public:
  RunFileStream(std::filesystem::path path, int file) : path_(std::move(path)), file_(file) {}
  ~RunFileStream() override { ::close(file_); }
  RunFileStream(const RunFileStream&) = delete;
  RunFileStream& operator=(const RunFileStream&) = delete;

  Result<bool> next(SourceRow& row) override {
    TRY_VOID(need(sizeof(uint32_t)));
    uint32_t size;
    std::memcpy(&size, buffer_.data() + position_, sizeof size);
    position_ += sizeof size;
    if (size == end_mark) return end();
    if (size > largest_row) return damaged();
    TRY_VOID(need(size));
    const std::span<const uint8_t> bytes(buffer_.data() + position_, size);
    if (!decode(bytes, row, storage_)) return damaged();
    position_ += size;
    return true;
  }

  Result<void> read_header() {
    TRY_VOID(need(sizeof magic));
    if (std::memcmp(buffer_.data(), magic, sizeof magic) != 0)
      return failure(fmt::format("{}: not a run file", path_.string()));
    position_ = sizeof magic;
    return {};
  }

 private:
  // Behind the end mark stands the checksum, and nothing more.
  Result<bool> end() {
    const uint64_t actual = checksum_.value_with(unchecked());
    TRY_VOID(need(sizeof actual));
    uint64_t expected;
    std::memcpy(&expected, buffer_.data() + position_, sizeof expected);
    if (expected != actual) return damaged();
    position_ += sizeof expected;
    if (buffer_.size() > position_) return damaged();
    TRY(const size_t more, read_more(1));
    if (more > 0) return damaged();
    return false;
  }
  // Makes `size` bytes available from position_ on.
  Result<void> need(size_t size) {
    if (buffer_.size() - position_ >= size) return {};
    checksum_.add(unchecked());
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<ptrdiff_t>(position_));
    offset_ += position_;
    position_ = 0;
    while (buffer_.size() < size) {
      TRY(const size_t got, read_more(size - buffer_.size()));
      if (got == 0) return failure(damaged_text());
    }
    return {};
  }
  // Appends what one read gives, asked for at least `size` bytes; 0 at the end of the file.
  Result<size_t> read_more(size_t size) {
    const size_t had = buffer_.size();
    buffer_.resize(had + std::max(read_size, size));
    ssize_t got;
    do {
      got = ::read(file_, buffer_.data() + had, buffer_.size() - had);
    } while (got < 0 && errno == EINTR);
    const int error = errno;
    buffer_.resize(had + static_cast<size_t>(std::max<ssize_t>(got, 0)));
    if (got < 0) return failure(fmt::format("reading {}: {}", path_.string(), errno_text(error)));
    return static_cast<size_t>(got);
  }
  // Read, but not in checksum_ yet: it takes whole buffers, not rows.
  std::span<const uint8_t> unchecked() const { return {buffer_.data(), position_}; }
  std::string damaged_text() const {
    return fmt::format("{}: damaged at offset {}", path_.string(), offset_ + position_);
  }
  tl::unexpected<Error> damaged() const { return failure(damaged_text()); }

  std::filesystem::path path_;
  int file_;
  std::vector<uint8_t> buffer_;
  size_t position_ = 0;
  uint64_t offset_ = 0;  // in the file, of buffer_[0]
  Checksum checksum_;
  RowStorage storage_;
};

// out = a + b, where a and b are rising lists with a count beside each value.
template <typename T>
void add_counts(std::vector<T>& values, std::vector<uint32_t>& counts,
                std::span<const T> more_values, std::span<const uint32_t> more_counts,
                std::vector<T>& scratch_values, std::vector<uint32_t>& scratch_counts) {
  scratch_values.clear();
  scratch_counts.clear();
  size_t i = 0, j = 0;
  while (i < values.size() || j < more_values.size()) {
    if (j == more_values.size() || (i < values.size() && values[i] < more_values[j])) {
      scratch_values.push_back(values[i]);
      scratch_counts.push_back(counts[i++]);
    } else if (i == values.size() || more_values[j] < values[i]) {
      scratch_values.push_back(more_values[j]);
      scratch_counts.push_back(more_counts[j++]);
    } else {
      scratch_values.push_back(values[i]);
      scratch_counts.push_back(counts[i++] + more_counts[j++]);
    }
  }
  values.swap(scratch_values);
  counts.swap(scratch_counts);
}

class MergedStream : public SourceRowStream {
 public:
  explicit MergedStream(std::vector<std::unique_ptr<SourceRowStream>> streams)
      : streams_(std::move(streams)), rows_(streams_.size()) {}

  Result<bool> next(SourceRow& row) override {
    TRY_VOID(advance());
    if (heap_.empty()) return false;
    take_smallest();
    row = rows_[taken_[0]];
    if (heap_.empty() || !same_key(rows_[heap_.front()], row)) return true;
    start_sum(row);
    while (!heap_.empty() && same_key(rows_[heap_.front()], row)) {
      take_smallest();
      add(row, rows_[taken_.back()]);
    }
    sum_.point(row);
    return true;
  }

 private:
  auto later() {
    return [this](size_t a, size_t b) {
      if (same_key(rows_[a], rows_[b])) return a > b;
      return key_less(rows_[b], rows_[a]);
    };
  }

  // Moves on the streams whose rows went into the last result (at first: all).
  Result<void> advance() {
    if (!started_) {
      started_ = true;
      for (size_t i = 0; i < streams_.size(); ++i) taken_.push_back(i);
    }
    for (const size_t i : taken_) {
      TRY(const bool more, streams_[i]->next(rows_[i]));
      if (!more) continue;
      heap_.push_back(i);
      std::push_heap(heap_.begin(), heap_.end(), later());
    }
    taken_.clear();
    return {};
  }
  void take_smallest() {
    std::pop_heap(heap_.begin(), heap_.end(), later());
    taken_.push_back(heap_.back());
    heap_.pop_back();
  }
  void start_sum(const SourceRow& row) {
    sum_.ports.assign(row.ports.begin(), row.ports.end());
    sum_.port_packets.assign(row.port_packets.begin(), row.port_packets.end());
    sum_.marks.assign(row.marks.begin(), row.marks.end());
    sum_.mark_packets.assign(row.mark_packets.begin(), row.mark_packets.end());
    sum_.dark.assign(row.dark.begin(), row.dark.end());
  }
  void add(SourceRow& row, const SourceRow& more) {
    row.ttl_min = std::min(row.ttl_min, more.ttl_min);
    row.ttl_max = std::max(row.ttl_max, more.ttl_max);
    row.windows += more.windows;
    row.first = std::min(row.first, more.first);
    row.last = std::max(row.last, more.last);
    row.packets += more.packets;
    row.bytes += more.bytes;
    add_counts(sum_.ports, sum_.port_packets, more.ports, more.port_packets, scratch_.ports,
               scratch_.port_packets);
    add_counts(sum_.marks, sum_.mark_packets, more.marks, more.mark_packets, scratch_.marks,
               scratch_.mark_packets);
    scratch_.dark.clear();
    std::set_union(sum_.dark.begin(), sum_.dark.end(), more.dark.begin(), more.dark.end(),
                   std::back_inserter(scratch_.dark));
    sum_.dark.swap(scratch_.dark);
  }

  std::vector<std::unique_ptr<SourceRowStream>> streams_;
  std::vector<SourceRow> rows_;  // the current row of each stream
  std::vector<size_t> heap_;     // streams by their current row, smallest first
  std::vector<size_t> taken_;    // streams whose row is in the result
  bool started_ = false;
  RowStorage sum_, scratch_;
};

}  // namespace

struct RunFileWriter::Sum : Checksum {};

RunFileWriter::RunFileWriter(std::filesystem::path path, int file)
    : path_(std::move(path)), file_(file), sum_(std::make_unique<Sum>()) {}

Result<RunFileWriter> RunFileWriter::create(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return failure(fmt::format("making {}: {}", path.string(), errno_text(errno)));
  RunFileWriter writer(path, file);
  writer.buffer_.assign(magic, sizeof magic);
  return writer;
}

RunFileWriter::RunFileWriter(RunFileWriter&& other) noexcept
    : path_(std::move(other.path_)),
      file_(std::exchange(other.file_, -1)),
      buffer_(std::move(other.buffer_)),
      sum_(std::move(other.sum_)) {}

RunFileWriter::~RunFileWriter() {
  if (file_ >= 0) ::close(file_);
}

Result<void> RunFileWriter::add(const SourceRow& row) {
  const size_t at = buffer_.size();
  buffer_.append(sizeof(uint32_t), '\0');
  encode(row, buffer_);
  const auto size = static_cast<uint32_t>(buffer_.size() - at - sizeof(uint32_t));
  std::memcpy(buffer_.data() + at, &size, sizeof size);
  return buffer_.size() >= flush_size ? flush() : Result<void>{};
}

Result<void> RunFileWriter::flush() {
  sum_->add(bytes_of(buffer_));
  size_t written = 0;
  while (written < buffer_.size()) {
    const ssize_t n = ::write(file_, buffer_.data() + written, buffer_.size() - written);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failure(fmt::format("writing {}: {}", path_.string(), errno_text(errno)));
    written += static_cast<size_t>(n);
  }
  buffer_.clear();
  return {};
}

Result<void> RunFileWriter::finish() {
  buffer_.append(reinterpret_cast<const char*>(&end_mark), sizeof end_mark);
  TRY_VOID(flush());
  const uint64_t sum = sum_->value_with({});
  buffer_.append(reinterpret_cast<const char*>(&sum), sizeof sum);
  return flush();
}

Result<std::unique_ptr<SourceRowStream>> open_run_file(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return failure(fmt::format("opening {}: {}", path.string(), errno_text(errno)));
  auto stream = std::make_unique<RunFileStream>(path, file);
  TRY_VOID(stream->read_header());
  return stream;
}

std::unique_ptr<SourceRowStream> merge_streams(
    std::vector<std::unique_ptr<SourceRowStream>> streams) {
  return std::make_unique<MergedStream>(std::move(streams));
}

}  // namespace yagura::telescope
