// SPDX-License-Identifier: Apache-2.0
#include "telescope/run_file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/text.h"

namespace yagura::telescope {
namespace {

constexpr size_t flush_size = 1 << 20;
constexpr size_t read_size = 256 << 10;
constexpr char magic[8] = {'Y', 'A', 'G', 'R', 'U', 'N', '0', '4'};

struct BlockHeader {
  uint32_t size;  // of what follows; 0 at the end of the file
  uint32_t rows;
};

// The fixed part of a row.
struct RunRow {
  uint64_t source_high, source_low;
  uint64_t packets, bytes;
  uint32_t first, last;
  uint32_t windows;
  uint32_t dark_addresses, dark_hash;
  uint32_t ports, dark;  // lengths of the arrays
  uint32_t vote_key, vote_lead, vote_count, vote_dark;
  uint16_t vote_port;
  uint8_t vote_varied;
  uint8_t marks;
  uint8_t class_, scope, ttl_min, ttl_max;
  std::array<uint8_t, 4> zero;
};
static_assert(sizeof(RunRow) == 88 && std::has_unique_object_representations_v<RunRow>);

constexpr size_t padded(size_t size) { return (size + 7) & ~size_t{7}; }
constexpr size_t row_size(size_t ports, size_t dark, size_t marks) {
  return padded(sizeof(RunRow) + (ports + dark + marks) * 4 + ports * 2 + marks);
}
// No source can take more: in every class every port, and every dark position there can be.
constexpr size_t largest_block = size_t{class_count} * row_size(65536, 1 << 24, mark_count);
static_assert(largest_block <= UINT32_MAX);

template <typename T>
void put(uint8_t*& at, std::span<const T> values) {
  if (values.empty()) return;  // data() may be null, which memcpy must not be given
  std::memcpy(at, values.data(), values.size_bytes());
  at += values.size_bytes();
}

// Arrays hold a few values mostly: a loop beats a call of memcpy.
void put_words(uint8_t*& at, std::span<const uint32_t> values) {
  if (values.size() > 8) return put(at, values);
  for (const uint32_t value : values) {
    std::memcpy(at, &value, sizeof value);
    at += sizeof value;
  }
}

uint8_t* put_row(uint8_t* at, const SourceRow& row, std::span<const uint32_t> dark) {
  uint8_t* const end = at + row_size(row.ports.size(), dark.size(), row.marks.size());
  RunRow fixed{};
  fixed.source_high = row.source.high();
  fixed.source_low = row.source.low();
  fixed.packets = row.packets;
  fixed.bytes = row.bytes;
  fixed.first = row.first;
  fixed.last = row.last;
  fixed.windows = row.windows;
  fixed.dark_addresses = row.dark_addresses;
  fixed.dark_hash = row.dark_hash;
  fixed.ports = static_cast<uint32_t>(row.ports.size());
  fixed.dark = static_cast<uint32_t>(dark.size());
  fixed.vote_key = row.unicornscan.key;
  fixed.vote_lead = row.unicornscan.lead;
  fixed.vote_count = row.unicornscan.count;
  fixed.vote_dark = row.unicornscan.dark;
  fixed.vote_port = row.unicornscan.port;
  fixed.vote_varied = row.unicornscan.varied;
  fixed.marks = static_cast<uint8_t>(row.marks.size());
  fixed.class_ = static_cast<uint8_t>(row.class_);
  fixed.scope = static_cast<uint8_t>(row.scope);
  fixed.ttl_min = row.ttl_min;
  fixed.ttl_max = row.ttl_max;
  std::memset(end - 8, 0, 8);  // the padding
  std::memcpy(at, &fixed, sizeof fixed);
  at += sizeof fixed;
  put_words(at, row.port_packets);
  put_words(at, dark);
  put_words(at, row.mark_packets);
  put(at, row.ports);
  put(at, row.marks);
  return end;
}

template <typename T>
std::span<const T> take(const uint8_t*& at, size_t count) {
  const std::span<const T> values(reinterpret_cast<const T*>(at), count);
  at += values.size_bytes();
  return values;
}

// Points `row` into the bytes from `at` on; false if they are not a row that ends before `end`.
bool take_row(const uint8_t*& at, const uint8_t* end, SourceRow& row) {
  const auto left = static_cast<size_t>(end - at);
  if (left < sizeof(RunRow)) return false;
  RunRow fixed;
  std::memcpy(&fixed, at, sizeof fixed);
  if (fixed.class_ >= class_count || fixed.scope >= scope_count || fixed.marks > mark_count ||
      fixed.ports > 65536 || fixed.dark > left)
    return false;
  const size_t size = row_size(fixed.ports, fixed.dark, fixed.marks);
  if (size > left) return false;
  const uint8_t* values = at + sizeof fixed;
  row.source = IpAddress::from_halves(fixed.source_high, fixed.source_low);
  row.class_ = static_cast<PacketClass>(fixed.class_);
  row.scope = static_cast<AddressScope>(fixed.scope);
  row.ttl_min = fixed.ttl_min;
  row.ttl_max = fixed.ttl_max;
  row.windows = fixed.windows;
  row.first = fixed.first;
  row.last = fixed.last;
  row.packets = fixed.packets;
  row.bytes = fixed.bytes;
  row.dark_addresses = fixed.dark_addresses;
  row.dark_hash = fixed.dark_hash;
  row.unicornscan.key = fixed.vote_key;
  row.unicornscan.lead = fixed.vote_lead;
  row.unicornscan.count = fixed.vote_count;
  row.unicornscan.dark = fixed.vote_dark;
  row.unicornscan.port = fixed.vote_port;
  row.unicornscan.varied = fixed.vote_varied != 0;
  row.port_packets = take<uint32_t>(values, fixed.ports);
  row.dark = take<uint32_t>(values, fixed.dark);
  row.mark_packets = take<uint32_t>(values, fixed.marks);
  row.ports = take<uint16_t>(values, fixed.ports);
  row.marks = take<Mark>(values, fixed.marks);
  at += size;
  return std::all_of(row.marks.begin(), row.marks.end(),
                     [](Mark mark) { return static_cast<int>(mark) < mark_count; });
}

// XXH3-64 of bytes that come in pieces.
class Checksum {
 public:
  Checksum() : state_(XXH3_createState()) { XXH3_64bits_reset(state_.get()); }
  void add(std::span<const uint8_t> bytes) {
    XXH3_64bits_update(state_.get(), bytes.data(), bytes.size());
  }
  uint64_t value() const { return XXH3_64bits_digest(state_.get()); }

 private:
  struct Free {
    void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
  };
  std::unique_ptr<XXH3_state_t, Free> state_;
};

}  // namespace

// --- Writing ---

struct RunFileWriter::Sum : Checksum {};

RunFileWriter::RunFileWriter(std::filesystem::path path, int file, Dark dark)
    : path_(std::move(path)), file_(file), dark_(dark), sum_(std::make_unique<Sum>()) {}

Result<RunFileWriter> RunFileWriter::create(const std::filesystem::path& path, Dark dark) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return failure(fmt::format("making {}: {}", path.string(), errno_text(errno)));
  RunFileWriter writer(path, file, dark);
  std::memcpy(writer.reserve(sizeof magic), magic, sizeof magic);
  return writer;
}

RunFileWriter::RunFileWriter(RunFileWriter&& other) noexcept
    : path_(std::move(other.path_)),
      file_(std::exchange(other.file_, -1)),
      dark_(other.dark_),
      buffer_(std::move(other.buffer_)),
      used_(other.used_),
      sum_(std::move(other.sum_)) {}

RunFileWriter::~RunFileWriter() {
  if (file_ >= 0) ::close(file_);
}

uint8_t* RunFileWriter::reserve(size_t size) {
  if (buffer_.size() - used_ < size) buffer_.resize(std::max(used_ + size, flush_size * 5 / 4));
  uint8_t* const at = buffer_.data() + used_;
  used_ += size;
  return at;
}

Result<void> RunFileWriter::add(std::span<const SourceRow> rows) {
  BlockHeader header{0, static_cast<uint32_t>(rows.size())};
  const auto dark_of = [this](const SourceRow& row) {
    return dark_ == Dark::kept ? row.dark : std::span<const uint32_t>();
  };
  for (const SourceRow& row : rows)
    header.size +=
        static_cast<uint32_t>(row_size(row.ports.size(), dark_of(row).size(), row.marks.size()));
  uint8_t* at = reserve(sizeof header + header.size);
  std::memcpy(at, &header, sizeof header);
  at += sizeof header;
  for (const SourceRow& row : rows) at = put_row(at, row, dark_of(row));
  return used_ >= flush_size ? flush() : Result<void>{};
}

Result<void> RunFileWriter::flush() {
  sum_->add({buffer_.data(), used_});
  size_t written = 0;
  while (written < used_) {
    const ssize_t n = ::write(file_, buffer_.data() + written, used_ - written);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failure(fmt::format("writing {}: {}", path_.string(), errno_text(errno)));
    written += static_cast<size_t>(n);
  }
  used_ = 0;
  return {};
}

Result<void> RunFileWriter::finish() {
  std::memset(reserve(sizeof(BlockHeader)), 0, sizeof(BlockHeader));
  TRY_VOID(flush());
  const uint64_t sum = sum_->value();
  std::memcpy(reserve(sizeof sum), &sum, sizeof sum);
  return flush();
}

// --- Reading ---

struct RunFileReader::Sum : Checksum {};

RunFileReader::RunFileReader(std::filesystem::path path, int file)
    : path_(std::move(path)), file_(file), sum_(std::make_unique<Sum>()) {}

RunFileReader::~RunFileReader() { ::close(file_); }

Result<std::unique_ptr<RunFileReader>> RunFileReader::open(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return failure(fmt::format("opening {}: {}", path.string(), errno_text(errno)));
  std::unique_ptr<RunFileReader> reader(new RunFileReader(path, file));
  TRY_VOID(reader->read_header());
  return reader;
}

Result<void> RunFileReader::read_header() {
  TRY_VOID(need(sizeof magic));
  const std::string_view found(reinterpret_cast<const char*>(buffer_.data()), sizeof magic);
  const std::string_view known(magic, sizeof magic);
  if (found != known) {
    if (!found.starts_with(known.substr(0, 6)))
      return failure(fmt::format("{}: not a run file", path_.string()));
    return failure(fmt::format(
        "{} has format {}, this yagura reads {}: it was written by another version of yagura; use "
        "that one",
        path_.string(), escape_terminal(found.substr(6)), known.substr(6)));
  }
  position_ = sizeof magic;
  return {};
}

Result<std::span<const SourceRow>> RunFileReader::next() {
  BlockHeader header;
  TRY_VOID(need(sizeof header));
  std::memcpy(&header, buffer_.data() + position_, sizeof header);
  if (header.size == 0) return end();
  // Blocks are aligned in the file, and so they stay in the buffer.
  if (header.size > largest_block || header.size % 8 != 0 || header.rows > class_count)
    return damaged();
  TRY_VOID(need(sizeof header + header.size));
  const uint8_t* at = buffer_.data() + position_ + sizeof header;
  const uint8_t* const block_end = at + header.size;
  rows_.resize(header.rows);
  for (SourceRow& row : rows_)
    if (!take_row(at, block_end, row)) return damaged();
  if (at != block_end) return damaged();
  position_ += sizeof header + header.size;
  return std::span<const SourceRow>(rows_);
}

// Behind the end mark stands the checksum, and nothing more.
Result<std::span<const SourceRow>> RunFileReader::end() {
  position_ += sizeof(BlockHeader);
  sum_->add(unsummed());
  const uint64_t actual = sum_->value();
  uint64_t expected;
  TRY_VOID(need(sizeof expected));
  std::memcpy(&expected, buffer_.data() + position_, sizeof expected);
  if (expected != actual) return damaged();
  position_ += sizeof expected;
  if (size_ > position_) return damaged();
  TRY(const size_t more, read_more());
  if (more > 0) return damaged();
  return std::span<const SourceRow>();
}

// Makes `size` bytes available from position_ on.
Result<void> RunFileReader::need(size_t size) {
  if (size_ - position_ >= size) return {};
  sum_->add(unsummed());
  if (size_ > position_)  // memmove must not be given the null of an empty buffer
    std::memmove(buffer_.data(), buffer_.data() + position_, size_ - position_);
  offset_ += position_;
  size_ -= position_;
  position_ = 0;
  while (size_ < size) {
    TRY(const size_t got, read_more());
    if (got == 0) return failure(damaged_text());
  }
  return {};
}

// Appends what one read gives; 0 at the end of the file. A block is read piece by piece: how long a
// damaged header says that it is costs no more memory than the file has bytes.
Result<size_t> RunFileReader::read_more() {
  if (buffer_.size() - size_ < read_size) buffer_.resize(size_ + read_size);
  ssize_t got;
  do {
    got = ::read(file_, buffer_.data() + size_, read_size);
  } while (got < 0 && errno == EINTR);
  if (got < 0) return failure(fmt::format("reading {}: {}", path_.string(), errno_text(errno)));
  size_ += static_cast<size_t>(got);
  return static_cast<size_t>(got);
}

std::span<const uint8_t> RunFileReader::unsummed() const { return {buffer_.data(), position_}; }

std::string RunFileReader::damaged_text() const {
  return fmt::format("{}: damaged at offset {}", path_.string(), offset_ + position_);
}

}  // namespace yagura::telescope
