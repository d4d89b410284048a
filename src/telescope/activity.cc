// SPDX-License-Identifier: Apache-2.0
#include "telescope/activity.h"

#include <xxhash.h>

#include <algorithm>
#include <array>
#include <bit>

#include "telescope/tools.h"

namespace yagura::telescope {
namespace {

// Most sources send a handful of packets a window, for which insertion beats std::sort.
template <typename T>
void sort_few(std::span<T> values) {
  constexpr size_t few = 16;
  if (values.size() > few) {
    std::sort(values.begin(), values.end());
    return;
  }
  for (size_t i = 1; i < values.size(); ++i) {
    const T value = values[i];
    size_t place = i;
    for (; place > 0 && value < values[place - 1]; --place) values[place] = values[place - 1];
    values[place] = value;
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
  size_t distinct = 0;
  for (size_t from = 0, until; from < ports.size(); from = until) {
    for (until = from + 1; until < ports.size() && ports[until] == ports[from];) ++until;
    ports[distinct] = ports[from];
    counts[distinct++] = static_cast<uint32_t>(until - from);
  }
  row.ports = ports.first(distinct);
  row.port_packets = counts.first(distinct);
  ports_used_ += distinct;

  sort_few(dark);
  row.dark = dark.first(static_cast<size_t>(std::unique(dark.begin(), dark.end()) - dark.begin()));
  dark_used_ += row.dark.size();
  count_dark(row, key_);
  if (all_marks != 0 || row.class_ == PacketClass::scan_tcp) count_marks(packets, row);
}

void ActivityBuilder::count_marks(std::span<const WindowPacket> packets, SourceRow& row) {
  std::array<uint32_t, mark_count> counts{};
  for (const WindowPacket& packet : packets)
    for (uint32_t bits = packet.marks; bits != 0; bits &= bits - 1)
      ++counts[static_cast<size_t>(std::countr_zero(bits))];
  if (row.class_ == PacketClass::scan_tcp) {
    for (const WindowPacket& packet : packets) row.unicornscan.add(packet);
    counts[static_cast<size_t>(Mark::unicornscan)] = row.unicornscan.matching();
  }
  const size_t from = marks_used_;
  for (size_t mark = 1; mark < counts.size(); ++mark) {
    if (counts[mark] == 0) continue;
    marks_[marks_used_] = static_cast<Mark>(mark);
    mark_packets_[marks_used_++] = counts[mark];
  }
  row.marks = std::span(marks_).subspan(from, marks_used_ - from);
  row.mark_packets = std::span(mark_packets_).subspan(from, marks_used_ - from);
}

}  // namespace yagura::telescope
