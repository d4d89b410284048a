// SPDX-License-Identifier: Apache-2.0
#include "telescope/port_table.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <new>

#include "telescope/lanes.h"

namespace yagura::telescope {
namespace {

constexpr uint32_t packed_bits = 15;
constexpr uint32_t packed_limit = (1U << packed_bits) - 1;
constexpr uint32_t key_limit = 0x20000;

constexpr uint32_t saturating_sum(uint32_t a, uint32_t b) {
  return b > UINT32_MAX - a ? UINT32_MAX : a + b;
}

}  // namespace

struct PortTable::Wide {
  AddressSet ports;  // all there were
  uint32_t keys[limit];
  uint32_t counts[limit];
  uint32_t errors[limit];  // by how much the count may be too high
};

size_t PortTable::block_bytes() const {
  return kind_ == wide ? sizeof(Wide) : Arena::rounded(size_t{b_} * 4);
}

void PortTable::add_slowly(Arena& arena, uint32_t key, uint32_t packets) {
  if (kind_ == none) {
    a_ = key;
    b_ = packets;
    kind_ = one;
    return;
  }
  if (kind_ == one) {
    if (a_ == key) {
      b_ = UINT32_MAX;
      return;
    }
    to_packed(arena);
  }
  if (kind_ == packed && add_packed(arena, key, packets)) return;
  if (kind_ == packed) to_wide(arena);
  add_wide(arena, key, packets);
}

// False if there is no room for the port, or in its count.
bool PortTable::add_packed(Arena& arena, uint32_t key, uint32_t packets) {
  if (packets > packed_limit) return false;
  auto* entries = arena.at<uint32_t>(a_);
  const size_t place = find_masked(entries, b_, key << packed_bits, ~packed_limit);
  if (place < b_) {
    if (packets > packed_limit - (entries[place] & packed_limit)) return false;
    entries[place] += packets;
    return true;
  }
  if (b_ == limit) return false;
  const uint32_t entry = key << packed_bits | packets;
  if (b_ % lanes<uint32_t> != 0) {
    entries[b_++] = entry;
    return true;
  }
  if (Arena::rounded(size_t{b_} * 4 + 4) != block_bytes()) {
    const Arena::Block block = arena.allocate(size_t{b_} * 4 + 4);
    std::memcpy(arena.at<uint32_t>(block), entries, size_t{b_} * 4);
    arena.release(a_, block_bytes());
    a_ = block;
  }
  fill_lanes(arena.at<uint32_t>(a_) + b_, entry);
  ++b_;
  return true;
}

void PortTable::to_packed(Arena& arena) {
  if (b_ > packed_limit) return to_wide(arena);
  const uint32_t entry = a_ << packed_bits | b_;
  a_ = arena.allocate(4);
  fill_lanes(arena.at<uint32_t>(a_), entry);
  b_ = 1;
  kind_ = packed;
}

void PortTable::to_wide(Arena& arena) {
  const Arena::Block block = arena.allocate(sizeof(Wide));
  Wide* table = new (arena.at<Wide>(block)) Wide{};
  if (kind_ == one) {
    table->keys[0] = a_;
    table->counts[0] = b_;
    b_ = 1;
  } else {
    const auto* entries = arena.at<uint32_t>(a_);
    for (uint32_t i = 0; i < b_; ++i) {
      table->keys[i] = entries[i] >> packed_bits;
      table->counts[i] = entries[i] & packed_limit;
    }
    arena.release(a_, block_bytes());
  }
  uint32_t keys[limit];  // a copy: add() sorts
  std::copy_n(table->keys, b_, keys);
  table->ports.add(arena, {keys, b_});
  a_ = block;
  kind_ = wide;
}

void PortTable::add_wide(Arena& arena, uint32_t key, uint32_t packets) {
  Wide* table = arena.at<Wide>(a_);
  if (const size_t place = find_masked(table->keys, b_, key, UINT32_MAX); place < b_) {
    table->counts[place] = saturating_sum(table->counts[place], packets);
    return;
  }
  table->ports.add(arena, {&key, 1});
  if (b_ < limit) {
    table->keys[b_] = key;
    table->counts[b_] = packets;
    ++b_;
    return;
  }
  // The lightest port gives way and leaves its count as the error; of equals the lowest port, so
  // that the order of the entries does not matter.
  uint32_t least = UINT32_MAX;
  for (const uint32_t count : table->counts) least = std::min(least, count);
  uint32_t lowest = UINT32_MAX;
  uint32_t place = 0;
  for (uint32_t i = 0; i < limit; ++i)
    if (table->counts[i] == least && table->keys[i] < lowest) {
      lowest = table->keys[i];
      place = i;
    }
  table->keys[place] = key;
  table->errors[place] = least;
  table->counts[place] = saturating_sum(least, packets);
}

uint32_t PortTable::distinct(const Arena& arena) const {
  if (kind_ == none) return 0;
  if (kind_ == one) return 1;
  return kind_ == packed ? b_ : arena.at<Wide>(a_)->ports.size();
}

void PortTable::top(const Arena& arena, size_t count, std::vector<PortCount>& out) const {
  out.clear();
  if (kind_ == one) out.push_back({a_, b_});
  if (kind_ == packed) {
    const auto* entries = arena.at<uint32_t>(a_);
    for (uint32_t i = 0; i < b_; ++i)
      out.push_back({entries[i] >> packed_bits, entries[i] & packed_limit});
  }
  if (kind_ == wide) {
    const Wide* table = arena.at<Wide>(a_);
    for (uint32_t i = 0; i < b_; ++i)
      out.push_back({table->keys[i], table->counts[i] - table->errors[i]});
  }
  const size_t wanted = std::min(count, out.size());
  std::partial_sort(out.begin(), out.begin() + static_cast<ptrdiff_t>(wanted), out.end(),
                    [](const PortCount& a, const PortCount& b) {
                      return a.packets != b.packets ? a.packets > b.packets : a.key < b.key;
                    });
  out.resize(wanted);
}

void PortTable::clear(Arena& arena) {
  if (kind_ == wide) arena.at<Wide>(a_)->ports.clear(arena);
  if (kind_ > one) arena.release(a_, block_bytes());
  *this = {};
}

void PortTable::move(Arena& from, Arena& to) {
  if (kind_ <= one) return;
  if (kind_ == wide) from.at<Wide>(a_)->ports.move(from, to);
  const Arena::Block block = to.allocate(block_bytes());
  std::memcpy(to.at<std::byte>(block), from.at<std::byte>(a_), block_bytes());
  from.release(a_, block_bytes());
  a_ = block;
}

void PortTable::save(const Arena& arena, ByteWriter& out) const {
  out.put(kind_);
  out.put(b_);
  if (kind_ == one) out.put(a_);
  if (kind_ == packed) {
    std::array<uint32_t, limit> entries;  // rising
    std::copy_n(arena.at<uint32_t>(a_), b_, entries.begin());
    std::sort(entries.begin(), entries.begin() + b_);
    out.put_bytes(entries.data(), size_t{b_} * 4);
  }
  if (kind_ == wide) {
    const Wide* table = arena.at<Wide>(a_);
    out.put_bytes(table->keys, size_t{b_} * 4);
    out.put_bytes(table->counts, size_t{b_} * 4);
    out.put_bytes(table->errors, size_t{b_} * 4);
    table->ports.save(arena, out);
  }
}

bool PortTable::load(Arena& arena, ByteReader& in) {
  *this = {};
  const auto kind = in.get<uint8_t>();
  const auto count = in.get<uint32_t>();
  if (!in.ok() || kind > wide) return false;
  if (kind == none) return count == 0;
  if (kind == one) {
    const auto key = in.get<uint32_t>();
    if (!in.ok() || key >= key_limit || count == 0) return false;
    a_ = key;
    b_ = count;
    kind_ = one;
    return true;
  }
  if (count == 0 || count > limit) return false;
  if (kind == packed) {
    a_ = arena.allocate(size_t{count} * 4);
    b_ = count;
    kind_ = packed;
    auto* entries = arena.at<uint32_t>(a_);
    in.get_bytes(entries, size_t{count} * 4);
    bool good = in.ok();
    for (uint32_t i = 1; i < count; ++i)
      good &= entries[i - 1] >> packed_bits < entries[i] >> packed_bits;
    for (uint32_t i = count; i % lanes<uint32_t> != 0; ++i) entries[i] = entries[count - 1];
    if (!good) clear(arena);
    return good;
  }
  a_ = arena.allocate(sizeof(Wide));
  b_ = count;
  kind_ = wide;
  Wide* table = new (arena.at<Wide>(a_)) Wide{};
  in.get_bytes(table->keys, size_t{count} * 4);
  in.get_bytes(table->counts, size_t{count} * 4);
  in.get_bytes(table->errors, size_t{count} * 4);
  bool good = table->ports.load(arena, in) && table->ports.size() >= count;
  for (uint32_t i = 0; i < count; ++i)
    good &= table->keys[i] < key_limit && table->errors[i] <= table->counts[i];
  if (!good) clear(arena);
  return good;
}

}  // namespace yagura::telescope
