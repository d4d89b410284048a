// SPDX-License-Identifier: Apache-2.0
#include "telescope/activity.h"

#include <algorithm>
#include <bit>

#include "telescope/tools.h"

namespace yagura::telescope {

std::span<const SourceRow> ActivityBuilder::build(const SourceGroup& group) {
  rows_.clear();
  places_.clear();
  ports_.clear();
  port_packets_.clear();
  marks_.clear();
  mark_packets_.clear();
  dark_.clear();

  std::span<const WindowPacket> packets = group.packets;
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
    SourceRow row;
    row.source = group.source;
    build_class(packets.subspan(from, until - from), row);
    rows_.push_back(row);
    from = until;
  }
  for (size_t i = 0; i < rows_.size(); ++i) {
    const auto part = [](const auto& all, Range range) {
      return std::span(all).subspan(range.from, range.until - range.from);
    };
    rows_[i].ports = part(ports_, places_[i].ports);
    rows_[i].port_packets = part(port_packets_, places_[i].ports);
    rows_[i].marks = part(marks_, places_[i].marks);
    rows_[i].mark_packets = part(mark_packets_, places_[i].marks);
    rows_[i].dark = part(dark_, places_[i].dark);
  }
  return rows_;
}

void ActivityBuilder::build_class(std::span<const WindowPacket> packets, SourceRow& row) {
  Places places{{ports_.size(), 0}, {marks_.size(), 0}, {dark_.size(), 0}};
  row.class_ = packets[0].class_;
  row.scope = packets[0].scope;
  row.first = static_cast<uint32_t>(packets.front().time / 1'000'000'000);
  row.last = static_cast<uint32_t>(packets.back().time / 1'000'000'000);
  row.packets = packets.size();
  class_ports_.clear();
  uint16_t all_marks = 0;
  for (const WindowPacket& packet : packets) {
    row.bytes += packet.length;
    row.ttl_min = std::min(row.ttl_min, packet.ttl);
    row.ttl_max = std::max(row.ttl_max, packet.ttl);
    all_marks |= packet.marks;
    class_ports_.push_back(packet.service_port);
    dark_.push_back(packet.dark);
  }
  count_ports();
  if (all_marks != 0 || row.class_ == PacketClass::scan_tcp) count_marks(packets, row);
  const auto dark = dark_.begin() + static_cast<ptrdiff_t>(places.dark.from);
  std::sort(dark, dark_.end());
  dark_.erase(std::unique(dark, dark_.end()), dark_.end());
  places.ports.until = ports_.size();
  places.marks.until = marks_.size();
  places.dark.until = dark_.size();
  places_.push_back(places);
}

void ActivityBuilder::count_ports() {
  std::sort(class_ports_.begin(), class_ports_.end());
  for (size_t from = 0; from < class_ports_.size();) {
    size_t until = from + 1;
    while (until < class_ports_.size() && class_ports_[until] == class_ports_[from]) ++until;
    ports_.push_back(class_ports_[from]);
    port_packets_.push_back(static_cast<uint32_t>(until - from));
    from = until;
  }
}

void ActivityBuilder::count_marks(std::span<const WindowPacket> packets, SourceRow& row) {
  std::array<uint32_t, mark_count> counts{};
  for (const WindowPacket& packet : packets)
    for (uint32_t bits = packet.marks; bits != 0; bits &= bits - 1)
      ++counts[static_cast<size_t>(std::countr_zero(bits))];
  if (row.class_ == PacketClass::scan_tcp)
    counts[static_cast<size_t>(Mark::unicornscan)] =
        static_cast<uint32_t>(count_unicornscan({row.source, packets}));
  for (size_t mark = 1; mark < counts.size(); ++mark) {
    if (counts[mark] == 0) continue;
    marks_.push_back(static_cast<Mark>(mark));
    mark_packets_.push_back(counts[mark]);
  }
}

}  // namespace yagura::telescope
