// SPDX-License-Identifier: Apache-2.0
#include "telescope/source_sum.h"

#include <algorithm>
#include <iterator>

namespace yagura::telescope {
namespace {

uint32_t saturating_sum(uint32_t a, uint32_t b) {
  const uint32_t sum = a + b;
  return sum < a ? UINT32_MAX : sum;
}

// Adds a rising list with a count beside each value to one that begins at `from` in `values`.
template <typename T>
void add_counts(std::vector<T>& values, std::vector<uint32_t>& counts, size_t from,
                std::span<const T> more, std::span<const uint32_t> more_counts,
                std::vector<T>& scratch, std::vector<uint32_t>& scratch_counts) {
  const size_t have = values.size() - from;
  if (have == more.size()) {
    // A few values as a rule: no call for their sake.
    bool same = true;
    for (size_t i = 0; i < have; ++i) same &= values[from + i] == more[i];
    if (same) {
      for (size_t i = 0; i < have; ++i)
        counts[from + i] = saturating_sum(counts[from + i], more_counts[i]);
      return;
    }
  }
  scratch.assign(values.begin() + static_cast<ptrdiff_t>(from), values.end());
  scratch_counts.assign(counts.begin() + static_cast<ptrdiff_t>(from), counts.end());
  values.resize(from + have + more.size());
  counts.resize(from + have + more.size());
  size_t i = 0, j = 0, to = from;
  // Which of two values is smaller is anybody's guess: selected, not branched on.
  while (i < have && j < more.size()) {
    const T a = scratch[i], b = more[j];
    values[to] = std::min(a, b);
    counts[to++] = saturating_sum(a <= b ? scratch_counts[i] : 0, b <= a ? more_counts[j] : 0);
    i += a <= b;
    j += b <= a;
  }
  for (; i < have; ++i, ++to) values[to] = scratch[i], counts[to] = scratch_counts[i];
  for (; j < more.size(); ++j, ++to) values[to] = more[j], counts[to] = more_counts[j];
  values.resize(to);
  counts.resize(to);
}

// Raises what a row counts for a mark among its marks, which begin at `from`, to at least `count`.
void raise_mark(std::vector<Mark>& marks, std::vector<uint32_t>& packets, size_t from, Mark mark,
                uint32_t count) {
  const auto at = std::lower_bound(marks.begin() + static_cast<ptrdiff_t>(from), marks.end(), mark);
  const auto count_at = packets.begin() + (at - marks.begin());
  if (at != marks.end() && *at == mark) {
    *count_at = std::max(*count_at, count);
  } else {
    packets.insert(count_at, count);
    marks.insert(at, mark);
  }
}

bool have_one_class(std::span<const std::span<const SourceRow>> parts) {
  if (parts.empty() || parts[0].empty()) return false;
  const PacketClass class_ = parts[0][0].class_;
  return std::all_of(parts.begin(), parts.end(), [&](const auto& part) {
    return part.size() == 1 && part[0].class_ == class_;
  });
}

}  // namespace

void SourceSum::Arrays::clear() {
  ports.clear();
  port_packets.clear();
  marks.clear();
  mark_packets.clear();
  dark.clear();
}

// Adds same_class_ up into a row of rows_.
void SourceSum::add_up_class() {
  SourceRow row = *same_class_[0];
  const Sizes from{sum_.ports.size(), sum_.marks.size(), sum_.dark.size()};
  const auto append = [](auto& to, auto values) {
    to.insert(to.end(), values.begin(), values.end());
  };
  append(sum_.ports, row.ports);
  append(sum_.port_packets, row.port_packets);
  append(sum_.marks, row.marks);
  append(sum_.mark_packets, row.mark_packets);
  append(sum_.dark, row.dark);
  for (size_t i = 1; i < same_class_.size(); ++i) {
    const SourceRow& more = *same_class_[i];
    row.ttl_min = std::min(row.ttl_min, more.ttl_min);
    row.ttl_max = std::max(row.ttl_max, more.ttl_max);
    row.windows += more.windows;
    row.first = std::min(row.first, more.first);
    row.last = std::max(row.last, more.last);
    row.packets += more.packets;
    row.bytes += more.bytes;
    row.unicornscan.add(more.unicornscan);
    add_counts(sum_.ports, sum_.port_packets, from.ports, more.ports, more.port_packets,
               scratch_.ports, scratch_.port_packets);
    if (!more.marks.empty())
      add_counts(sum_.marks, sum_.mark_packets, from.marks, more.marks, more.mark_packets,
                 scratch_.marks, scratch_.mark_packets);
    if (more.dark.empty()) continue;
    scratch_.dark.assign(sum_.dark.begin() + static_cast<ptrdiff_t>(from.dark), sum_.dark.end());
    sum_.dark.resize(from.dark);
    std::set_union(scratch_.dark.begin(), scratch_.dark.end(), more.dark.begin(), more.dark.end(),
                   std::back_inserter(sum_.dark));
  }
  // Too few in each window are enough in all; what the windows found may be of several runs and
  // keys.
  if (const uint32_t count = row.unicornscan.matching(); count != 0)
    raise_mark(sum_.marks, sum_.mark_packets, from.marks, Mark::unicornscan, count);
  rows_.push_back(row);
  sizes_.push_back({sum_.ports.size() - from.ports, sum_.marks.size() - from.marks,
                    sum_.dark.size() - from.dark});
}

// Adds up class by class, classes rising.
void SourceSum::add_up_classes(std::span<const std::span<const SourceRow>> parts) {
  at_.assign(parts.size(), 0);
  for (;;) {
    auto smallest = static_cast<PacketClass>(class_count);
    for (size_t i = 0; i < parts.size(); ++i)
      if (at_[i] < parts[i].size()) smallest = std::min(smallest, parts[i][at_[i]].class_);
    if (smallest == static_cast<PacketClass>(class_count)) return;
    same_class_.clear();
    for (size_t i = 0; i < parts.size(); ++i)
      if (at_[i] < parts[i].size() && parts[i][at_[i]].class_ == smallest)
        same_class_.push_back(&parts[i][at_[i]++]);
    add_up_class();
  }
}

std::span<const SourceRow> SourceSum::of(std::span<const std::span<const SourceRow>> parts) {
  if (parts.size() == 1) return parts[0];
  rows_.clear();
  sizes_.clear();
  sum_.clear();
  if (have_one_class(parts)) {  // as nearly all sources do
    same_class_.clear();
    for (const auto& part : parts) same_class_.push_back(part.data());
    add_up_class();
  } else {
    add_up_classes(parts);
  }
  Sizes at{0, 0, 0};  // only now do the arrays stand still
  for (size_t i = 0; i < rows_.size(); ++i) {
    const Sizes& n = sizes_[i];
    rows_[i].ports = std::span(sum_.ports).subspan(at.ports, n.ports);
    rows_[i].port_packets = std::span(sum_.port_packets).subspan(at.ports, n.ports);
    rows_[i].marks = std::span(sum_.marks).subspan(at.marks, n.marks);
    rows_[i].mark_packets = std::span(sum_.mark_packets).subspan(at.marks, n.marks);
    rows_[i].dark = std::span(sum_.dark).subspan(at.dark, n.dark);
    at = {at.ports + n.ports, at.marks + n.marks, at.dark + n.dark};
  }
  return rows_;
}

}  // namespace yagura::telescope
