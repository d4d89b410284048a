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

// Little enough that what the kernel copies is still in the cache.
constexpr size_t flush_size = 256 << 10;
constexpr size_t read_size = 64 << 10;
constexpr char magic[8] = {'Y', 'A', 'G', 'R', 'U', 'N', '0', '5'};

using BlockSize = uint32_t;  // of what follows; 0 at the end of the file

enum class Form : uint8_t { brief = 1, full = 2 };

// The fixed part of a row of an IPv4 source without dark positions, whose numbers all fit.
struct ShortRow {
  Form form;
  uint8_t class_;
  uint8_t scope_and_flags;  // low half: scope
  uint8_t windows;
  uint32_t source;
  uint32_t first;
  uint32_t bytes;
  uint32_t dark;  // its hash if it is one address, else the number of addresses
  uint32_t vote_key, vote_dark;
  uint16_t vote_port;
  uint16_t packets;
  uint16_t lasting;  // seconds from the first to the last packet
  uint8_t vote_lead, vote_count;
  uint8_t ttl_min, ttl_max;
  uint8_t ports, marks;  // lengths of the arrays
};
static_assert(sizeof(ShortRow) == 40 && std::has_unique_object_representations_v<ShortRow>);
static_assert(scope_count <= 16 && mark_count <= UINT8_MAX);
constexpr uint8_t one_dark_flag = 0x10, varied_flag = 0x20;

// The fixed part of any other row.
struct LongRow {
  Form form;
  uint8_t class_, scope, ttl_min, ttl_max;
  uint8_t vote_varied;
  uint8_t marks;
  uint8_t zero;
  uint64_t source_high, source_low;
  uint64_t packets, bytes;
  uint32_t first, last;
  uint32_t windows;
  uint32_t dark_addresses, dark_hash;
  uint32_t ports, dark;  // lengths of the arrays
  uint32_t vote_key, vote_lead, vote_count, vote_dark;
  uint32_t vote_port;
};
static_assert(sizeof(LongRow) == 88 && std::has_unique_object_representations_v<LongRow>);

constexpr size_t padded(size_t size) { return (size + 3) & ~size_t{3}; }
constexpr size_t short_size(size_t ports, size_t marks) {
  return padded(sizeof(ShortRow) + ports * 3 + marks * 2);
}
constexpr size_t long_size(size_t ports, size_t dark, size_t marks) {
  return padded(sizeof(LongRow) + (ports + dark + marks) * 4 + ports * 2 + marks);
}
// No source can take more: in every class every port, and every dark position there can be.
constexpr size_t largest_block = size_t{class_count} * long_size(65536, 1 << 24, mark_count);
static_assert(largest_block <= UINT32_MAX);
constexpr size_t short_counts_max = UINT8_MAX + mark_count;  // of one row

bool fits_short(const SourceRow& row, std::span<const uint32_t> dark) {
  const UnicornscanVote& vote = row.unicornscan;
  const bool one_dark = row.dark_addresses == 1;
  uint64_t too_much = row.packets >> 16 | row.bytes >> 32 | (row.last - row.first) >> 16 |
                      row.windows >> 8 | vote.lead >> 8 | vote.count >> 8 | row.ports.size() >> 8 |
                      dark.size() | (one_dark ? 0 : row.dark_hash);
  if (too_much != 0 || !row.source.is_v4()) return false;
  for (const uint32_t count : row.port_packets) too_much |= count >> 8;
  for (const uint32_t count : row.mark_packets) too_much |= count >> 8;
  return too_much == 0;
}

uint8_t* put_bytes(uint8_t* at, std::span<const uint32_t> values) {
  for (const uint32_t value : values) *at++ = static_cast<uint8_t>(value);
  return at;
}

void put_short(uint8_t* at, const SourceRow& row) {
  uint8_t* const end = at + short_size(row.ports.size(), row.marks.size());
  const UnicornscanVote& vote = row.unicornscan;
  const bool one_dark = row.dark_addresses == 1;
  ShortRow fixed;
  fixed.form = Form::brief;
  fixed.class_ = static_cast<uint8_t>(row.class_);
  fixed.scope_and_flags =
      static_cast<uint8_t>(static_cast<unsigned>(row.scope) | (one_dark ? one_dark_flag : 0u) |
                           (vote.varied ? varied_flag : 0u));
  fixed.windows = static_cast<uint8_t>(row.windows);
  fixed.source = row.source.v4();
  fixed.first = row.first;
  fixed.bytes = static_cast<uint32_t>(row.bytes);
  fixed.dark = one_dark ? row.dark_hash : row.dark_addresses;
  fixed.vote_key = vote.key;
  fixed.vote_dark = vote.dark;
  fixed.vote_port = vote.port;
  fixed.packets = static_cast<uint16_t>(row.packets);
  fixed.lasting = static_cast<uint16_t>(row.last - row.first);
  fixed.vote_lead = static_cast<uint8_t>(vote.lead);
  fixed.vote_count = static_cast<uint8_t>(vote.count);
  fixed.ttl_min = row.ttl_min;
  fixed.ttl_max = row.ttl_max;
  fixed.ports = static_cast<uint8_t>(row.ports.size());
  fixed.marks = static_cast<uint8_t>(row.marks.size());
  std::memset(end - 4, 0, 4);  // the padding
  std::memcpy(at, &fixed, sizeof fixed);
  at += sizeof fixed;
  // Arrays hold a few values mostly: a loop beats a call of memcpy.
  for (const uint16_t port : row.ports) {
    std::memcpy(at, &port, sizeof port);
    at += sizeof port;
  }
  at = put_bytes(at, row.port_packets);
  at = put_bytes(at, row.mark_packets);
  for (const Mark mark : row.marks) *at++ = static_cast<uint8_t>(mark);
}

template <typename T>
void put(uint8_t*& at, std::span<const T> values) {
  if (values.empty()) return;  // data() may be null, which memcpy must not be given
  std::memcpy(at, values.data(), values.size_bytes());
  at += values.size_bytes();
}

void put_long(uint8_t* at, const SourceRow& row, std::span<const uint32_t> dark) {
  uint8_t* const end = at + long_size(row.ports.size(), dark.size(), row.marks.size());
  LongRow fixed{};
  fixed.form = Form::full;
  fixed.class_ = static_cast<uint8_t>(row.class_);
  fixed.scope = static_cast<uint8_t>(row.scope);
  fixed.ttl_min = row.ttl_min;
  fixed.ttl_max = row.ttl_max;
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
  fixed.marks = static_cast<uint8_t>(row.marks.size());
  fixed.vote_key = row.unicornscan.key;
  fixed.vote_lead = row.unicornscan.lead;
  fixed.vote_count = row.unicornscan.count;
  fixed.vote_dark = row.unicornscan.dark;
  fixed.vote_port = row.unicornscan.port;
  fixed.vote_varied = row.unicornscan.varied;
  std::memset(end - 4, 0, 4);  // the padding
  std::memcpy(at, &fixed, sizeof fixed);
  at += sizeof fixed;
  put(at, row.port_packets);
  put(at, dark);
  put(at, row.mark_packets);
  put(at, row.ports);
  put(at, row.marks);
}

// Takes rows apart one by one.
class RowBytes {
 public:
  // `counts` has room for what the short rows count.
  RowBytes(std::span<const uint8_t> bytes, uint32_t* counts)
      : at_(bytes.data()), end_(bytes.data() + bytes.size()), counts_(counts) {}

  bool empty() const { return at_ == end_; }
  // Points `row` into the bytes and the counts; false if what comes is not a whole row.
  bool take(SourceRow& row) {
    switch (Form{*at_}) {
      case Form::brief:
        return take_short(row);
      case Form::full:
        return take_long(row);
    }
    return false;
  }

 private:
  size_t left() const { return static_cast<size_t>(end_ - at_); }

  template <typename T>
  static std::span<const T> take_array(const uint8_t*& at, size_t count) {
    const std::span<const T> values(reinterpret_cast<const T*>(at), count);
    at += values.size_bytes();
    return values;
  }
  std::span<const uint32_t> take_counts(const uint8_t*& at, size_t count) {
    uint32_t* const begin = counts_;
    for (size_t i = 0; i < count; ++i) *counts_++ = *at++;
    return {begin, count};
  }
  static bool known(std::span<const Mark> marks) {
    return std::all_of(marks.begin(), marks.end(),
                       [](Mark mark) { return static_cast<int>(mark) < mark_count; });
  }

  bool take_short(SourceRow& row);
  bool take_long(SourceRow& row);

  const uint8_t* at_;
  const uint8_t* end_;
  uint32_t* counts_;
};

bool RowBytes::take_short(SourceRow& row) {
  if (left() < sizeof(ShortRow)) return false;
  ShortRow fixed;
  std::memcpy(&fixed, at_, sizeof fixed);
  const size_t size = short_size(fixed.ports, fixed.marks);
  const unsigned scope = fixed.scope_and_flags & 0x0f;
  if (size > left() || fixed.class_ >= class_count || scope >= scope_count ||
      fixed.marks > mark_count)
    return false;
  const bool one_dark = (fixed.scope_and_flags & one_dark_flag) != 0;
  row.source = IpAddress::from_v4(fixed.source);
  row.class_ = static_cast<PacketClass>(fixed.class_);
  row.scope = static_cast<AddressScope>(scope);
  row.ttl_min = fixed.ttl_min;
  row.ttl_max = fixed.ttl_max;
  row.windows = fixed.windows;
  row.first = fixed.first;
  row.last = fixed.first + fixed.lasting;
  row.packets = fixed.packets;
  row.bytes = fixed.bytes;
  row.dark_addresses = one_dark ? 1 : fixed.dark;
  row.dark_hash = one_dark ? fixed.dark : 0;
  row.unicornscan.key = fixed.vote_key;
  row.unicornscan.lead = fixed.vote_lead;
  row.unicornscan.count = fixed.vote_count;
  row.unicornscan.dark = fixed.vote_dark;
  row.unicornscan.port = fixed.vote_port;
  row.unicornscan.varied = (fixed.scope_and_flags & varied_flag) != 0;
  row.dark = {};
  const uint8_t* values = at_ + sizeof fixed;
  row.ports = take_array<uint16_t>(values, fixed.ports);
  row.port_packets = take_counts(values, fixed.ports);
  row.mark_packets = take_counts(values, fixed.marks);
  row.marks = take_array<Mark>(values, fixed.marks);
  at_ += size;
  return known(row.marks);
}

bool RowBytes::take_long(SourceRow& row) {
  if (left() < sizeof(LongRow)) return false;
  LongRow fixed;
  std::memcpy(&fixed, at_, sizeof fixed);
  if (fixed.class_ >= class_count || fixed.scope >= scope_count || fixed.marks > mark_count ||
      fixed.ports > 65536 || fixed.dark > left())
    return false;
  const size_t size = long_size(fixed.ports, fixed.dark, fixed.marks);
  if (size > left()) return false;
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
  row.unicornscan.port = static_cast<uint16_t>(fixed.vote_port);
  row.unicornscan.varied = fixed.vote_varied != 0;
  const uint8_t* values = at_ + sizeof fixed;
  row.port_packets = take_array<uint32_t>(values, fixed.ports);
  row.dark = take_array<uint32_t>(values, fixed.dark);
  row.mark_packets = take_array<uint32_t>(values, fixed.marks);
  row.ports = take_array<uint16_t>(values, fixed.ports);
  row.marks = take_array<Mark>(values, fixed.marks);
  at_ += size;
  return known(row.marks);
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
  const size_t begin = used_;
  reserve(sizeof(BlockSize));
  for (const SourceRow& row : rows) {
    const auto dark = dark_ == Dark::kept ? row.dark : std::span<const uint32_t>();
    if (fits_short(row, dark)) [[likely]]
      put_short(reserve(short_size(row.ports.size(), row.marks.size())), row);
    else
      put_long(reserve(long_size(row.ports.size(), dark.size(), row.marks.size())), row, dark);
  }
  const auto size = static_cast<BlockSize>(used_ - begin - sizeof(BlockSize));
  std::memcpy(buffer_.data() + begin, &size, sizeof size);
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
  std::memset(reserve(sizeof(BlockSize)), 0, sizeof(BlockSize));
  TRY_VOID(flush());
  const uint64_t sum = sum_->value();
  std::memcpy(reserve(sizeof sum), &sum, sizeof sum);
  return flush();
}

// --- Reading ---

struct RunFileReader::Sum : Checksum {};

RunFileReader::RunFileReader(std::filesystem::path path, int file)
    : path_(std::move(path)),
      file_(file),
      sum_(std::make_unique<Sum>()),
      rows_(class_count),
      counts_(class_count * short_counts_max) {}

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
  BlockSize size;
  if (size_ - position_ < sizeof size) TRY_VOID(need(sizeof size));
  std::memcpy(&size, buffer_.data() + position_, sizeof size);
  if (size == 0) return end();
  // Blocks are aligned in the file, and so they stay in the buffer.
  if (size > largest_block || size % 4 != 0) return damaged();
  if (size_ - position_ < sizeof size + size) TRY_VOID(need(sizeof size + size));
  RowBytes bytes({buffer_.data() + position_ + sizeof size, size}, counts_.data());
  size_t rows = 0;
  for (; !bytes.empty(); ++rows)
    if (rows == rows_.size() || !bytes.take(rows_[rows])) return damaged();
  position_ += sizeof size + size;
  return std::span<const SourceRow>(rows_).first(rows);
}

// Behind the end mark stands the checksum, and nothing more.
Result<std::span<const SourceRow>> RunFileReader::end() {
  position_ += sizeof(BlockSize);
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
