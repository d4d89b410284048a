// SPDX-License-Identifier: Apache-2.0
#include "capture/capture_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "capture/wire.h"

namespace yagura::capture {
namespace {

constexpr int64_t nanoseconds_per_second = 1'000'000'000;

constexpr uint32_t pcap_microseconds = 0xa1b2c3d4;
constexpr uint32_t pcap_nanoseconds = 0xa1b23c4d;
constexpr size_t pcap_file_header = 24;
constexpr size_t pcap_record_header = 16;

// The link type shares its field with the length of the frame check sequence.
LinkType link_type(uint32_t field) {
  constexpr uint32_t raw_of_this_system = 12;  // DLT_RAW, which some programs write as it is
  constexpr uint32_t largest = 0xffff;         // as in pcapng
  const uint32_t number = std::min(field & 0x03ff'ffff, largest);
  return number == raw_of_this_system ? LinkType::raw_ip : static_cast<LinkType>(number);
}

std::string describe(const uint8_t* bytes, size_t size) {
  if (size == 0) return "it is empty";
  std::string text = "it begins with";
  for (size_t i = 0; i < std::min<size_t>(size, 8); ++i) text += fmt::format(" {:02x}", bytes[i]);
  return text;
}

}  // namespace

Result<std::unique_ptr<CaptureReader>> CaptureReader::open(std::unique_ptr<ByteSource> source,
                                                           size_t block_size, bool retain) {
  std::unique_ptr<CaptureReader> reader(new CaptureReader(std::move(source), block_size, retain));
  TRY_VOID(reader->read_beginning());
  return reader;
}

Result<void> CaptureReader::read_beginning() {
  while (block_.size() < pcap_file_header) {
    TRY(const bool more, block_.more());
    if (!more) break;
  }
  const uint8_t* at = block_.data();
  const uint32_t magic = block_.size() >= 4 ? read_native32(at) : 0;
  const uint32_t turned = __builtin_bswap32(magic);
  if (magic == pcapng_section_header) {
    is_pcapng_ = true;
    return {};
  }
  swapped_ = turned == pcap_microseconds || turned == pcap_nanoseconds;
  const uint32_t kind = swapped_ ? turned : magic;
  if (kind != pcap_microseconds && kind != pcap_nanoseconds)
    return failure(fmt::format("offset 0: not a capture (pcap or pcapng, plain, gzip or zstd): {}",
                               describe(at, block_.size())));
  if (block_.size() < pcap_file_header)
    return failure(
        fmt::format("offset {}: cut in the middle of the pcap file header", block_.size()));
  fraction_ = kind == pcap_nanoseconds ? 1 : 1000;
  link_ = link_type(get32(at + 20));
  block_.advance(pcap_file_header);
  return {};
}

uint32_t CaptureReader::get32(const uint8_t* at) const {
  const uint32_t value = read_native32(at);
  return swapped_ ? __builtin_bswap32(value) : value;
}

uint16_t CaptureReader::get16(const uint8_t* at) const {
  const uint16_t value = read_native16(at);
  return swapped_ ? __builtin_bswap16(value) : value;
}

CaptureReader::Record CaptureReader::bad(std::string what) {
  error_ = Error(fmt::format("offset {}: {}", block_.offset(), what));
  return Record::garbage;
}

FrameReader::Progress CaptureReader::read(int64_t limit, std::span<Frame> out) {
  if (is_pcapng_) return read_pcapng(limit, out);
  return swapped_ ? read_pcap<true>(limit, out) : read_pcap<false>(limit, out);
}

// The loop that a large plain capture spends its reading time in: the records are chained by their
// lengths, so each step waits for the header before it; everything else is kept off that chain.
template <bool swapped>
FrameReader::Progress CaptureReader::read_pcap(int64_t limit, std::span<Frame> out) {
  const auto number = [](const uint8_t* from) {
    const uint32_t value = read_native32(from);
    return swapped ? __builtin_bswap32(value) : value;
  };
  const uint8_t* at = block_.data();
  size_t left = block_.size();
  Progress progress;
  while (progress.count < out.size()) {
    progress.stop = Stop::refill;
    if (left < pcap_record_header) break;
    const uint32_t captured = number(at + 8);
    const uint32_t fraction = number(at + 4);
    if (captured > max_frame || fraction >= nanoseconds_per_second) [[unlikely]] {
      block_.advance(block_.size() - left);
      bad(fmt::format("not a packet: captured length {}, fraction of a second {}", captured,
                      fraction));
      return progress;
    }
    if (left - pcap_record_header < captured) break;
    const int64_t time =
        int64_t{number(at)} * nanoseconds_per_second + int64_t{fraction} * int64_t{fraction_};
    if (time > limit) [[unlikely]] {
      head_time_ = time;
      progress.stop = Stop::limit;
      break;
    }
    const size_t size = pcap_record_header + captured;
    if (time < end_of_time) [[likely]]
      out[progress.count++] = {time, at + pcap_record_header, captured, number(at + 12), link_};
    else
      ++out_of_time_;
    at += size;
    left -= size;
    progress.stop = Stop::full;
  }
  block_.advance(block_.size() - left);
  return progress;
}

Result<bool> CaptureReader::refill() {
  if (error_) return failure(*error_);
  auto more = block_.more();
  if (!more) {
    error_ = more.error();
    return failure(*error_);
  }
  if (!*more) {
    const std::string cut = block_.warning();
    if (block_.size() > 0 || skip_ > 0 || skipped_length_ > 0)
      warning_ =
          fmt::format("cut in the middle of a packet at offset {}; read to the last whole packet",
                      block_.offset());
    else if (!cut.empty())
      warning_ = "cut; read to the last whole packet";
    if (!cut.empty()) warning_ += fmt::format(" ({})", cut);
  }
  return *more;
}

}  // namespace yagura::capture
