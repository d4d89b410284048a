// SPDX-License-Identifier: Apache-2.0
#include "telescope/window.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace yagura::telescope {

void Window::add_chunk(Bucket& bucket) {
  if (chunks_used_ == slabs_.size() * slab_chunks)
    slabs_.push_back(std::make_unique_for_overwrite<Chunk[]>(slab_chunks));
  Chunk& chunk = slabs_[chunks_used_ / slab_chunks][chunks_used_ % slab_chunks];
  ++chunks_used_;
  bucket.chunks.push_back(&chunk);
  bucket.at = chunk.data();
  bucket.end = chunk.data() + chunk_packets;
}

// Least significant digit first, over (address, place) pairs of 8 bytes; the packets themselves
// move once, at the end. Stable, so packets of a source stay in order. The first octet is the
// bucket's.
void Window::sort_bucket(const Bucket& bucket) {
  constexpr unsigned digit_bits = 12;
  constexpr uint32_t digits = 1 << digit_bits;
  const size_t size = bucket.size();
  std::array<uint32_t, digits> low{}, high{};
  entries_.resize(size);
  swap_.resize(size);
  sorted_.resize(size);
  uint32_t at = 0;
  for (const Chunk* chunk : bucket.chunks)
    for (size_t i = 0, count = std::min(size - at, chunk_packets); i < count; ++i, ++at) {
      const uint32_t key = (*chunk)[i].source;
      entries_[at] = {key, at};
      ++low[key % digits];
      ++high[key / digits % digits];
    }
  std::exclusive_scan(low.begin(), low.end(), low.begin(), 0u);
  std::exclusive_scan(high.begin(), high.end(), high.begin(), 0u);
  for (const Entry& entry : entries_) swap_[low[entry.key % digits]++] = entry;
  for (const Entry& entry : swap_)
    sorted_[high[entry.key / digits % digits]++] =
        (*bucket.chunks[entry.index / chunk_packets])[entry.index % chunk_packets];
}

void Window::sort_v6() {
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
  v6_before_v4_ = static_cast<size_t>(before_v4 - v6_order_.begin());
}

void Window::start_groups() {
  sort_v6();
  bucket_ = v4_at_ = v6_at_ = 0;
  sorted_.clear();
}

bool Window::next_group(SourceGroup& group) {
  return next_v6(group, v6_before_v4_) || next_v4(group) || next_v6(group, v6_sorted_.size());
}

bool Window::next_v4(SourceGroup& group) {
  while (v4_at_ == sorted_.size()) {
    if (bucket_ == buckets_.size()) return false;
    sort_bucket(buckets_[bucket_++]);
    v4_at_ = 0;
  }
  const std::span<const WindowPacket> all(sorted_);
  const uint32_t source = all[v4_at_].source;
  size_t until = v4_at_ + 1;
  while (until < all.size() && all[until].source == source) ++until;
  group = {IpAddress::from_v4(source), all.subspan(v4_at_, until - v4_at_)};
  v4_at_ = until;
  return true;
}

bool Window::next_v6(SourceGroup& group, size_t until) {
  if (v6_at_ >= until) return false;
  const IpAddress source = v6_addresses_[v6_order_[v6_at_]];
  size_t end = v6_at_ + 1;
  while (end < until && v6_addresses_[v6_order_[end]] == source) ++end;
  group = {source, std::span<const WindowPacket>(v6_sorted_).subspan(v6_at_, end - v6_at_)};
  v6_at_ = end;
  return true;
}

void Window::clear() {
  for (Bucket& bucket : buckets_) {
    bucket.chunks.clear();
    bucket.at = bucket.end = nullptr;
  }
  v4_size_ = 0;
  chunks_used_ = 0;
  v6_.clear();
  v6_addresses_.clear();
}

void Window::save(ByteWriter& out) const {
  static_assert(std::has_unique_object_representations_v<WindowPacket>);
  out.put(static_cast<uint64_t>(v4_size_));
  for (const Bucket& bucket : buckets_) {
    size_t left = bucket.size();
    for (const Chunk* chunk : bucket.chunks) {
      const size_t count = std::min(left, chunk_packets);
      out.put_bytes(chunk->data(), count * sizeof(WindowPacket));
      left -= count;
    }
  }
  out.put(static_cast<uint64_t>(v6_.size()));
  out.put_bytes(v6_.data(), v6_.size() * sizeof(WindowPacket));
  for (const IpAddress address : v6_addresses_) out.put(address);
}

Result<void> Window::load(ByteReader& in) {
  clear();
  bool valid = true;
  const auto check = [&valid](const WindowPacket& p) {
    valid &= static_cast<int>(p.class_) < class_count;
  };
  for (uint64_t left = in.get_count(sizeof(WindowPacket)); left > 0; --left) {
    WindowPacket packet;
    in.get_bytes(&packet, sizeof packet);
    check(packet);
    add_v4(packet);
  }
  v6_.resize(in.get_count(sizeof(WindowPacket)));
  in.get_bytes(v6_.data(), v6_.size() * sizeof(WindowPacket));
  for (WindowPacket& packet : v6_) {
    check(packet);
    packet.source = static_cast<uint32_t>(v6_addresses_.size());
    v6_addresses_.push_back(in.get_address());
  }
  if (!in.ok() || !valid) return failure("saved window is damaged");
  return {};
}

}  // namespace yagura::telescope
