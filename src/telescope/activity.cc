// SPDX-License-Identifier: Apache-2.0
#include "telescope/activity.h"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <bit>

#include "telescope/tools.h"

namespace yagura::telescope {
namespace {

// Most sources send a handful of packets a window: an insertion without branches that anybody's
// random values would mispredict.
template <typename T>
void sort_few(std::span<T> values) {
  constexpr size_t few = 8;
  if (values.size() > few) {
    std::sort(values.begin(), values.end());
    return;
  }
  for (size_t i = 1; i < values.size(); ++i) {
    T value = values[i];
    for (size_t k = 0; k < i; ++k) {
      const T less = std::min(values[k], value);
      value = std::max(values[k], value);
      values[k] = less;
    }
    values[i] = value;
  }
}

// Grows a buffer to at least `size`, with room to spare.
template <typename T>
void make_room(std::vector<T>& buffer, size_t size) {
  if (buffer.size() < size) buffer.resize(std::max<size_t>(size, 2 * buffer.size()));
}

}  // namespace

void count_dark(SourceRow& row, uint64_t key) {
  row.dark_addresses = static_cast<uint32_t>(row.dark.size());
  row.dark_hash = 0;
  if (row.dark.size() == 1)
    row.dark_hash =
        static_cast<uint32_t>(XXH3_64bits_withSeed(row.dark.data(), sizeof(uint32_t), key) | 1);
}

std::span<const SourceRow> ActivityBuilder::build(const SourceGroup& group) {
  std::span<const WindowPacket> packets = group.packets;
  const AddressScope scope = scope_of(group.source);
  rows_.clear();
  make_room(ports_, packets.size());
  make_room(port_packets_, packets.size());
  make_room(dark_, packets.size());
  make_room(marks_, class_count * mark_count);
  make_room(mark_packets_, class_count * mark_count);
  ports_used_ = marks_used_ = dark_used_ = 0;

  const auto other_class = [&](const WindowPacket& p) { return p.class_ != packets[0].class_; };
  if (std::any_of(packets.begin(), packets.end(), other_class)) {
    by_class_.assign(packets.begin(), packets.end());
    std::stable_sort(by_class_.begin(), by_class_.end(),
                     [](const auto& a, const auto& b) { return a.class_ < b.class_; });
    packets = by_class_;
  }
  for (size_t from = 0; from < packets.size();) {
    size_t until = from + 1;
    while (until < packets.size() && packets[until].class_ == packets[from].class_) ++until;
    SourceRow& row = rows_.emplace_back();
    row.source = group.source;
    row.scope = scope;
    build_class(packets.subspan(from, until - from), row);
    from = until;
  }
  return rows_;
}

void ActivityBuilder::build_class(std::span<const WindowPacket> packets, SourceRow& row) {
  row.class_ = packets[0].class_;
  row.first = static_cast<uint32_t>(packets.front().time / 1'000'000'000);
  row.last = static_cast<uint32_t>(packets.back().time / 1'000'000'000);
  row.packets = packets.size();
  const std::span ports = std::span(ports_).subspan(ports_used_, packets.size());
  const std::span dark = std::span(dark_).subspan(dark_used_, packets.size());
  unsigned all_marks = 0;
  for (size_t i = 0; i < packets.size(); ++i) {
    const WindowPacket& packet = packets[i];
    row.bytes += packet.length;
    row.ttl_min = std::min(row.ttl_min, packet.ttl);
    row.ttl_max = std::max(row.ttl_max, packet.ttl);
    all_marks |= packet.marks;
    ports[i] = packet.service_port;
    dark[i] = packet.dark;
  }
  sort_few(ports);
  const std::span counts = std::span(port_packets_).subspan(ports_used_, packets.size());
  size_t last = 0;
  counts[0] = 1;
  for (size_t i = 1; i < ports.size(); ++i) {
    const bool another = ports[i] != ports[last];
    last += another;
    ports[last] = ports[i];
    counts[last] = another ? 1 : counts[last] + 1;
  }
  row.ports = ports.first(last + 1);
  row.port_packets = counts.first(last + 1);
  ports_used_ += last + 1;

  sort_few(dark);
  last = 0;
  for (size_t i = 1; i < dark.size(); ++i) {
    last += dark[i] != dark[last];
    dark[last] = dark[i];
  }
  row.dark = dark.first(last + 1);
  dark_used_ += last + 1;
  count_dark(row, key_);
  if (row.class_ == PacketClass::scan_tcp)
    for (const WindowPacket& packet : packets) row.unicornscan.add(packet);
  count_marks(packets, all_marks, row);
}

void ActivityBuilder::count_marks(std::span<const WindowPacket> packets, unsigned all_marks,
                                  SourceRow& row) {
  const size_t from = marks_used_;
  const auto keep = [this](Mark mark, uint32_t count) {
    marks_[marks_used_] = mark;
    mark_packets_[marks_used_++] = count;
  };
  // Unicornscan's, which is no packet's own, is the last of the marks.
  static_assert(static_cast<int>(Mark::unicornscan) == mark_count - 1);
  for (unsigned marks = all_marks; marks != 0; marks &= marks - 1) {
    const int mark = std::countr_zero(marks);
    uint32_t count = 0;
    for (const WindowPacket& packet : packets) count += packet.marks >> mark & 1u;
    keep(static_cast<Mark>(mark), count);
  }
  if (const uint32_t count = row.unicornscan.matching(); count != 0) keep(Mark::unicornscan, count);
  row.marks = std::span(marks_).subspan(from, marks_used_ - from);
  row.mark_packets = std::span(mark_packets_).subspan(from, marks_used_ - from);
}

}  // namespace yagura::telescope
