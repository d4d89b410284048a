// SPDX-License-Identifier: Apache-2.0
//
// The packets of the window that is open, and their order by source.
//
// Packets of IPv4 sources are dealt into 256 buckets by the first octet as they come (32 bytes
// each, in chunks that are used again) and each bucket is sorted when the window closes. A bucket
// of a busy telescope fits the second-level cache, so sorting it and walking its sources costs no
// memory latency; a hash table's misses would cost several times as much, and everything that
// follows (activity, events, attacks, run files, the store's own order) wants the sources in order
// anyway.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "telescope/window_packet.h"

namespace yagura::telescope {

class Window {
 public:
  void add(IpAddress source, WindowPacket packet) {
    if (source.is_v4()) [[likely]] {
      packet.source = source.v4();
      add_v4(packet);
    } else {
      packet.source = static_cast<uint32_t>(v6_addresses_.size());
      v6_addresses_.push_back(source);
      v6_.push_back(packet);
    }
  }
  size_t size() const { return v4_size_ + v6_.size(); }
  bool empty() const { return size() == 0; }

  // Begins to hand out the packets grouped by source: next_group() gives the groups, sources
  // rising, packets of a source in the order they came, and false at the end. A group is valid
  // until the next call of any other member; nothing may be added before clear() once this was
  // called.
  void start_groups();
  bool next_group(SourceGroup& group);
  void clear();

  // The packets as they are, not their order.
  void save(ByteWriter& out) const;
  Result<void> load(ByteReader& in);

 private:
  static constexpr size_t chunk_packets = 256;
  static constexpr size_t slab_chunks = 128;  // 1 MiB
  using Chunk = std::array<WindowPacket, chunk_packets>;
  struct Bucket {
    std::vector<Chunk*> chunks;
    WindowPacket* at = nullptr;  // in the last chunk
    WindowPacket* end = nullptr;
    size_t size() const { return chunks.size() * chunk_packets - static_cast<size_t>(end - at); }
  };

  void add_v4(const WindowPacket& packet) {
    Bucket& bucket = buckets_[packet.source >> 24];
    if (bucket.at == bucket.end) [[unlikely]]
      add_chunk(bucket);
    *bucket.at++ = packet;
    __builtin_prefetch(bucket.at, 1);  // not waited for: it is long until the bucket's next
    ++v4_size_;
  }
  void add_chunk(Bucket& bucket);
  void sort_bucket(const Bucket& bucket);
  void sort_v6();
  bool next_v4(SourceGroup& group);
  // The next group of v6_sorted_ before position `until`.
  bool next_v6(SourceGroup& group, size_t until);

  std::array<Bucket, 256> buckets_;
  size_t v4_size_ = 0;
  std::vector<std::unique_ptr<Chunk[]>> slabs_;
  size_t chunks_used_ = 0;
  std::vector<WindowPacket> v6_;
  std::vector<IpAddress> v6_addresses_;

  // Of the walk through the groups.
  size_t bucket_ = 0;  // the next to be sorted
  size_t v4_at_ = 0, v6_at_ = 0, v6_before_v4_ = 0;
  struct Entry {
    uint32_t key, index;
  };
  std::vector<Entry> entries_, swap_;
  std::vector<WindowPacket> sorted_;  // of the bucket before bucket_
  std::vector<uint32_t> v6_order_;
  std::vector<WindowPacket> v6_sorted_;
};

}  // namespace yagura::telescope
