// SPDX-License-Identifier: Apache-2.0
#include "telescope/window.h"

#include <algorithm>
#include <array>
#include <numeric>

namespace yagura::telescope {

// Least significant digit first, three passes of 11 bits over (key, index) pairs of 8 bytes; the
// packets themselves move once, at the end. Stable, so packets of a source stay in order.
void Window::sort_v4() {
  constexpr int digit_bits = 11, passes = 3;
  constexpr uint32_t digits = 1u << digit_bits;
  std::array<std::array<uint32_t, digits>, passes> starts{};
  entries_.resize(v4_.size());
  swap_.resize(v4_.size());
  for (uint32_t i = 0; i < v4_.size(); ++i) {
    const uint32_t key = v4_[i].source;
    entries_[i] = {key, i};
    for (int pass = 0; pass < passes; ++pass)
      ++starts[static_cast<size_t>(pass)][key >> (pass * digit_bits) & (digits - 1)];
  }
  for (int pass = 0; pass < passes; ++pass) {
    auto& start = starts[static_cast<size_t>(pass)];
    std::exclusive_scan(start.begin(), start.end(), start.begin(), 0u);
    for (const Entry& entry : entries_)
      swap_[start[entry.key >> (pass * digit_bits) & (digits - 1)]++] = entry;
    entries_.swap(swap_);
  }
  sorted_.resize(v4_.size());
  constexpr size_t ahead = 16;
  for (size_t i = 0; i < entries_.size(); ++i) {
    if (i + ahead < entries_.size()) __builtin_prefetch(&v4_[entries_[i + ahead].index]);
    sorted_[i] = v4_[entries_[i].index];
  }
}

void Window::group_v4() {
  const std::span<const WindowPacket> all(sorted_);
  for (size_t from = 0; from < all.size();) {
    size_t until = from + 1;
    while (until < all.size() && all[until].source == all[from].source) ++until;
    groups_.push_back({IpAddress::from_v4(all[from].source), all.subspan(from, until - from)});
    from = until;
  }
}

void Window::group_v6(size_t from, size_t until) {
  const std::span<const WindowPacket> all(v6_sorted_);
  while (from < until) {
    const IpAddress source = v6_addresses_[v6_order_[from]];
    size_t end = from + 1;
    while (end < until && v6_addresses_[v6_order_[end]] == source) ++end;
    groups_.push_back({source, all.subspan(from, end - from)});
    from = end;
  }
}

std::span<const SourceGroup> Window::sort() {
  groups_.clear();
  sort_v4();
  v6_order_.resize(v6_.size());
  std::iota(v6_order_.begin(), v6_order_.end(), 0u);
  std::stable_sort(v6_order_.begin(), v6_order_.end(),
                   [this](uint32_t a, uint32_t b) { return v6_addresses_[a] < v6_addresses_[b]; });
  v6_sorted_.clear();
  for (const uint32_t i : v6_order_) v6_sorted_.push_back(v6_[i]);
  // IPv4 stands at ::ffff:0:0/96 in the order of addresses: in between the IPv6 ones.
  const auto before_v4 =
      std::partition_point(v6_order_.begin(), v6_order_.end(),
                           [this](uint32_t i) { return v6_addresses_[i] < IpAddress::from_v4(0); });
  const auto middle = static_cast<size_t>(before_v4 - v6_order_.begin());
  group_v6(0, middle);
  group_v4();
  group_v6(middle, v6_order_.size());
  return groups_;
}

void Window::clear() {
  v4_.clear();
  v6_.clear();
  v6_addresses_.clear();
  groups_.clear();
}

void Window::save(ByteWriter& out) const {
  static_assert(std::has_unique_object_representations_v<WindowPacket>);
  out.put(static_cast<uint64_t>(v4_.size()));
  out.put_bytes(v4_.data(), v4_.size() * sizeof(WindowPacket));
  out.put(static_cast<uint64_t>(v6_.size()));
  out.put_bytes(v6_.data(), v6_.size() * sizeof(WindowPacket));
  for (const IpAddress address : v6_addresses_) out.put(address);
}

Result<void> Window::load(ByteReader& in) {
  clear();
  v4_.resize(in.get_count(sizeof(WindowPacket)));
  in.get_bytes(v4_.data(), v4_.size() * sizeof(WindowPacket));
  v6_.resize(in.get_count(sizeof(WindowPacket)));
  in.get_bytes(v6_.data(), v6_.size() * sizeof(WindowPacket));
  for (WindowPacket& packet : v6_) {
    packet.source = static_cast<uint32_t>(v6_addresses_.size());
    v6_addresses_.push_back(in.get_address());
  }
  const auto valid = [](const WindowPacket& p) {
    return static_cast<int>(p.class_) < class_count && static_cast<int>(p.scope) < scope_count;
  };
  if (!in.ok() || !std::all_of(v4_.begin(), v4_.end(), valid) ||
      !std::all_of(v6_.begin(), v6_.end(), valid))
    return failure("saved window is damaged");
  return {};
}

}  // namespace yagura::telescope
