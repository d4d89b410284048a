// SPDX-License-Identifier: Apache-2.0
//
// Which ports a source's packets went to, in bounded space.
//
// Up to 64 ports are counted exactly. Past that the 64 heaviest are followed by the space-saving
// algorithm (Metwally, Agrawal, El Abbadi 2005), with its error, so that a count reported is never
// more than the truth; and how many different ports there were stays exact.
//
// Not thread-safe.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "telescope/address_set.h"

namespace yagura::telescope {

// A TCP or UDP port as one number: UDP's lie behind TCP's.
constexpr uint32_t port_key(bool udp, uint16_t port) { return (udp ? 0x10000U : 0U) | port; }

struct PortCount {
  uint32_t key;
  uint32_t packets;  // saturates at 2^32 - 1
  bool operator==(const PortCount&) const = default;
};

// Trivially copyable, like AddressSet: whoever drops the last copy calls clear().
class PortTable {
 public:
  static constexpr uint32_t limit = 64;

  void add(Arena& arena, uint32_t key, uint32_t packets = 1) {
    if (kind_ == one && a_ == key && packets <= UINT32_MAX - b_)
      b_ += packets;
    else
      add_slowly(arena, key, packets);
  }
  uint32_t distinct(const Arena& arena) const;
  // Replaces `out` with the ports followed, the one with most packets first, ties by key; at most
  // `count`.
  void top(const Arena& arena, size_t count, std::vector<PortCount>& out) const;
  void clear(Arena& arena);

  void move(Arena& from, Arena& to);
  [[gnu::always_inline]] void prefetch(const Arena& arena) const {
    if (kind_ > one) arena.prefetch(a_, size_t{b_} * 4);
  }
  void save(const Arena& arena, ByteWriter& out) const;
  // False if the bytes are not a saved table; it is then empty.
  bool load(Arena& arena, ByteReader& in);

 private:
  // none; one port a_ with b_ packets; b_ ports in block a_, each 17 bits of key and 15 of packets,
  // in no order, the last vector filled up with any of them; b_ ports in block a_, a Wide.
  enum Kind : uint8_t { none, one, packed, wide };
  struct Wide;

  void add_slowly(Arena& arena, uint32_t key, uint32_t packets);
  bool add_packed(Arena& arena, uint32_t key, uint32_t packets);
  void add_wide(Arena& arena, uint32_t key, uint32_t packets);
  void to_packed(Arena& arena);
  void to_wide(Arena& arena);
  size_t block_bytes() const;

  uint32_t a_ = 0, b_ = 0;
  Kind kind_ = none;
};
static_assert(sizeof(PortTable) == 12);

}  // namespace yagura::telescope
