// SPDX-License-Identifier: Apache-2.0
//
// The pcapng half of CaptureReader (draft-ietf-opsawg-pcapng). A block is a type, its length, a
// body and its length again; that second length is what tells a block from garbage.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "capture/capture_reader.h"
#include "capture/wire.h"

namespace yagura::capture {
namespace {

__extension__ using int128 = __int128;

enum BlockType : uint32_t {
  interface_description = 1,
  obsolete_packet = 2,
  simple_packet = 3,
  enhanced_packet = 6,
};

constexpr uint32_t byte_order_magic = 0x1a2b3c4d;
constexpr uint32_t smallest_block = 12;
constexpr uint32_t largest_block = 1 << 20;  // of those that are read; others may have any length
constexpr size_t block_header = 8;
constexpr size_t block_trailer = 4;
constexpr size_t max_interfaces = 4096;
constexpr int64_t nanoseconds_per_second = 1'000'000'000;

// A time of `ticks`, or -1 if it is out of range.
int64_t time_of(uint64_t ticks, uint64_t ticks_per_second, int64_t offset_seconds) {
  constexpr auto end = static_cast<uint64_t>(end_of_time);
  if (offset_seconds == 0) [[likely]] {
    if (ticks_per_second == 1'000'000 && ticks < end / 1000)
      return static_cast<int64_t>(ticks * 1000);
    if (ticks_per_second == uint64_t{nanoseconds_per_second} && ticks < end)
      return static_cast<int64_t>(ticks);
  }
  const int128 time = int128{ticks} * nanoseconds_per_second / ticks_per_second +
                      int128{offset_seconds} * nanoseconds_per_second;
  return time < 0 || time >= end_of_time ? -1 : static_cast<int64_t>(time);
}

// Ticks per second that an if_tsresol option stands for; 0 if it does not fit 64 bits.
uint64_t resolution(uint8_t option) {
  const int exponent = option & 0x7f;
  if ((option & 0x80) != 0) return exponent < 64 ? uint64_t{1} << exponent : 0;
  if (exponent > 19) return 0;
  uint64_t ticks = 1;
  for (int i = 0; i < exponent; ++i) ticks *= 10;
  return ticks;
}

}  // namespace

CaptureReader::Record CaptureReader::read_block(int64_t limit, Frame& frame) {
  if (skip_ > 0) {
    const auto step = std::min<uint64_t>(skip_, block_.size());
    block_.advance(step);
    skip_ -= step;
    if (skip_ > 0) return Record::incomplete;
  }
  if (skipped_length_ != 0) {
    if (block_.size() < block_trailer) return Record::incomplete;
    if (get32(block_.data()) != skipped_length_) return bad("not the end of a pcapng block");
    skipped_length_ = 0;
    block_.advance(block_trailer);
  }
  if (block_.size() < smallest_block) return Record::incomplete;
  const uint8_t* at = block_.data();
  const uint32_t type = get32(at);
  if (type == pcapng_section_header) {
    const uint32_t order = read_native32(at + block_header);
    swapped_ = order == __builtin_bswap32(byte_order_magic);
    if (!swapped_ && order != byte_order_magic)
      return bad("not a pcapng section: its byte-order magic is wrong");
  }
  const uint32_t size = get32(at + 4);
  if (size < smallest_block || size % 4 != 0)
    return bad(fmt::format("not a pcapng block: type {:#x}, length {}", type, size));
  switch (type) {
    case pcapng_section_header:
    case interface_description:
    case obsolete_packet:
    case simple_packet:
    case enhanced_packet:
      break;
    default:
      skip_ = size - block_header - block_trailer;
      skipped_length_ = size;
      block_.advance(block_header);
      return Record::other;
  }
  if (size > largest_block)
    return bad(fmt::format("a pcapng block of {} bytes is longer than {}", size, largest_block));
  if (block_.size() < size) return Record::incomplete;
  if (get32(at + size - block_trailer) != size)
    return bad("not a pcapng block: its two lengths differ");

  Record record = Record::other;
  if (type == pcapng_section_header)
    record = read_section(at, size);
  else if (type == interface_description)
    record = read_interface(at, size);
  else
    record = read_packet_block(type, at, size, limit, frame);
  if (record == Record::frame || record == Record::other) block_.advance(size);
  return record;
}

CaptureReader::Record CaptureReader::read_section(const uint8_t* at, size_t size) {
  if (size < 28) return bad("a pcapng section header is too short");
  const uint16_t version = get16(at + 12);
  if (version != 1) return bad(fmt::format("pcapng version {} is not known", version));
  interfaces_.clear();
  return Record::other;
}

CaptureReader::Record CaptureReader::read_interface(const uint8_t* at, size_t size) {
  constexpr size_t fixed = 16;
  if (size < fixed + block_trailer) return bad("a pcapng interface description is too short");
  if (interfaces_.size() == max_interfaces)
    return bad(fmt::format("more than {} interfaces in a pcapng section", max_interfaces));
  Interface interface;
  interface.link = static_cast<LinkType>(get16(at + 8));
  interface.snap_length = get32(at + 12);
  const Record record = read_options(at + fixed, size - fixed - block_trailer, interface);
  if (record == Record::other) interfaces_.push_back(interface);
  return record;
}

CaptureReader::Record CaptureReader::read_options(const uint8_t* at, size_t size,
                                                  Interface& interface) {
  constexpr uint16_t end_of_options = 0, time_resolution = 9, time_offset = 14;
  while (size >= 4) {
    const uint16_t code = get16(at), length = get16(at + 2);
    if (code == end_of_options) break;
    const size_t padded = (size_t{length} + 3) / 4 * 4;
    if (padded > size - 4) return bad("an option runs past the end of its pcapng block");
    const uint8_t* value = at + 4;
    if (code == time_resolution && length == 1) {
      interface.ticks_per_second = resolution(*value);
      if (interface.ticks_per_second == 0)
        return bad(fmt::format("a pcapng time resolution of {:#x} is out of range", *value));
    }
    if (code == time_offset && length == 8) {
      const uint64_t low = get32(value + (swapped_ ? 4 : 0));
      const uint64_t high = get32(value + (swapped_ ? 0 : 4));
      interface.offset_seconds = static_cast<int64_t>(high << 32 | low);
    }
    at += 4 + padded;
    size -= 4 + padded;
  }
  return Record::other;
}

CaptureReader::Record CaptureReader::read_packet_block(uint32_t type, const uint8_t* at,
                                                       uint32_t size, int64_t limit, Frame& frame) {
  const bool simple = type == simple_packet;
  const size_t fixed = simple ? 12 : 28;
  if (size < fixed + block_trailer) return bad("a pcapng packet block is too short");
  const uint32_t number = simple ? 0 : type == enhanced_packet ? get32(at + 8) : get16(at + 8);
  if (number >= interfaces_.size())
    return bad(fmt::format("a packet of interface {}, which the section does not have", number));
  const Interface& interface = interfaces_[number];
  const uint32_t room = size - static_cast<uint32_t>(fixed + block_trailer);

  int64_t time = last_time_;
  uint32_t captured = 0, wire = 0;
  if (simple) {
    wire = get32(at + 8);
    const uint32_t snap = interface.snap_length == 0 ? wire : interface.snap_length;
    captured = std::min({wire, snap, room});
  } else {
    const uint64_t ticks = uint64_t{get32(at + 12)} << 32 | get32(at + 16);
    time = time_of(ticks, interface.ticks_per_second, interface.offset_seconds);
    captured = get32(at + 20);
    wire = get32(at + 24);
  }
  if (captured > max_frame || captured > room)
    return bad(fmt::format("not a packet: captured length {} in a block of {}", captured, size));
  if (time < 0) {
    ++out_of_time_;
    return Record::other;
  }
  if (time > limit) {
    head_time_ = time;
    return Record::late;
  }
  last_time_ = time;
  frame = {time, at + fixed, captured, wire, interface.link};
  return Record::frame;
}

FrameReader::Progress CaptureReader::read_pcapng(int64_t limit, std::span<Frame> out) {
  Progress progress;
  while (progress.count < out.size()) {
    switch (read_block(limit, out[progress.count])) {
      case Record::frame:
        ++progress.count;
        break;
      case Record::other:
        break;
      case Record::late:
        progress.stop = Stop::limit;
        return progress;
      case Record::incomplete:
      case Record::garbage:
        progress.stop = Stop::refill;
        return progress;
    }
  }
  return progress;
}

}  // namespace yagura::capture
