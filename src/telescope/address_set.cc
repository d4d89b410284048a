// SPDX-License-Identifier: Apache-2.0
#include "telescope/address_set.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/result.h"

namespace yagura::telescope {

// --- Arena ---

size_t Arena::rounded(size_t bytes) { return std::bit_ceil(std::max(bytes, unit)); }

uint32_t Arena::add_chunk(size_t bytes) {
  uint32_t slot;
  if (free_slots_.empty()) {
    slot = static_cast<uint32_t>(chunks_.size());
    CHECK(slot < 1U << (32 - block_bits));
    chunks_.emplace_back();
  } else {
    slot = free_slots_.back();
    free_slots_.pop_back();
  }
  chunks_[slot] = {std::make_unique_for_overwrite<std::byte[]>(bytes), bytes};
  held_ += bytes;
  return slot;
}

void Arena::push_free(size_t size_class, Block block) {
  *at<Block>(block) = free_[size_class];
  free_[size_class] = block;
}

Arena::Block Arena::allocate(size_t bytes) {
  const size_t size = rounded(bytes);
  live_ += size;
  if (size > chunk_bytes) return add_chunk(size) << block_bits;
  const auto size_class = static_cast<size_t>(std::countr_zero(size / unit));
  if (const Block block = free_[size_class]; block != none) {
    free_[size_class] = *at<Block>(block);
    return block;
  }
  if (chunk_bytes - used_ < size) {
    // What is left of the chunk serves smaller blocks.
    for (size_t rest = chunk_bytes - used_; rest > 0; rest = chunk_bytes - used_) {
      const size_t piece = std::bit_floor(rest);
      push_free(static_cast<size_t>(std::countr_zero(piece / unit)),
                chunk_ << block_bits | static_cast<Block>(used_ / unit));
      used_ += piece;
    }
    chunk_ = add_chunk(chunk_bytes);
    used_ = 0;
  }
  const Block block = chunk_ << block_bits | static_cast<Block>(used_ / unit);
  used_ += size;
  return block;
}

void Arena::release(Block block, size_t bytes) {
  const size_t size = rounded(bytes);
  live_ -= size;
  if (size > chunk_bytes) {
    const uint32_t slot = block >> block_bits;
    held_ -= chunks_[slot].size;
    chunks_[slot] = {};
    free_slots_.push_back(slot);
    return;
  }
  push_free(static_cast<size_t>(std::countr_zero(size / unit)), block);
}

// --- AddressSet ---

namespace {

size_t array_bytes(uint32_t count) { return Arena::rounded(size_t{count} * 4); }
size_t bitmap_bytes(int log2) { return size_t{1} << (log2 - 3); }
int bitmap_for(uint32_t value, int smallest) {
  return std::max(static_cast<int>(std::bit_width(value)), smallest);
}

}  // namespace

size_t AddressSet::block_bytes() const {
  return kind_ == array_kind ? array_bytes(b_) : bitmap_bytes(kind_);
}

bool AddressSet::contains(const Arena& arena, uint32_t value) const {
  if (kind_ <= 2) return (kind_ > 0 && a_ == value) || (kind_ > 1 && b_ == value);
  if (kind_ == array_kind) {
    const auto* values = arena.at<uint32_t>(a_);
    return std::binary_search(values, values + b_, value);
  }
  return value >> kind_ == 0 && (arena.at<uint64_t>(a_)[value >> 6] >> (value & 63) & 1) != 0;
}

namespace {
constexpr size_t few = 8;  // up to here one by one is cheaper than sorting and merging
}

void AddressSet::add(Arena& arena, std::span<uint32_t> values) {
  if (kind_ <= array_kind && (values.size() > few || size() > 512)) {
    std::sort(values.begin(), values.end());
    const auto end = std::unique(values.begin(), values.end());
    values = values.first(static_cast<size_t>(end - values.begin()));
  }
  add_rising(arena, values);  // few may come in any order
}

void AddressSet::add_rising(Arena& arena, std::span<const uint32_t> values) {
  if (kind_ > array_kind) return add_to_bitmap(arena, values);
  if (values.size() > few || size() > 512) return add_to_array(arena, values);
  for (const uint32_t value : values) add_one(arena, value);
}

void AddressSet::add_one(Arena& arena, uint32_t value) {
  if (kind_ > array_kind) return add_to_bitmap(arena, {&value, 1});
  if (kind_ < array_kind) {
    if (contains(arena, value)) return;
    if (kind_ == 0) {
      a_ = value;
      kind_ = 1;
      return;
    }
    if (kind_ == 1) {
      b_ = std::max(a_, value);
      a_ = std::min(a_, value);
      kind_ = 2;
      return;
    }
    to_array(arena);
  }
  insert(arena, value);
}

// One value into a short array.
void AddressSet::insert(Arena& arena, uint32_t value) {
  auto* values = arena.at<uint32_t>(a_);
  const size_t place = place_of(values, b_, value);
  if (place < b_ && values[place] == value) return;
  const bool full = block_full(b_);
  if (full) {
    grow_array(arena, b_ + 1);
    values = arena.at<uint32_t>(a_);
  }
  std::memmove(values + place + 1, values + place, (b_ - place) * 4);
  values[place] = value;
  ++b_;
  if (full || b_ == 3) settle(arena);
}

void AddressSet::to_array(Arena& arena) {
  const uint32_t count = size();
  const Arena::Block block = arena.allocate(size_t{count} * 4);
  auto* values = arena.at<uint32_t>(block);
  if (kind_ <= 2) {
    if (count > 0) values[0] = a_;
    if (count > 1) values[1] = b_;
  } else {
    const auto* words = arena.at<uint64_t>(a_);
    for (uint32_t i = 0; i < 1U << (kind_ - 6); ++i)
      for (uint64_t word = words[i]; word != 0; word &= word - 1)
        *values++ = i << 6 | static_cast<uint32_t>(std::countr_zero(word));
    arena.release(a_, bitmap_bytes(kind_));
  }
  a_ = block;
  b_ = count;
  kind_ = array_kind;
}

void AddressSet::grow_array(Arena& arena, uint32_t count) {
  const Arena::Block block = arena.allocate(size_t{count} * 4);
  std::memcpy(arena.at<uint32_t>(block), arena.at<uint32_t>(a_), size_t{b_} * 4);
  arena.release(a_, array_bytes(b_));
  a_ = block;
}

void AddressSet::add_to_array(Arena& arena, std::span<const uint32_t> values) {
  if (values.empty()) return;
  if (kind_ < array_kind) to_array(arena);
  // Only values that are not there yet are merged; there are far fewer of them, mostly.
  std::vector<uint32_t> fresh;
  const auto* have = arena.at<uint32_t>(a_);
  const auto* const end = have + b_;
  for (const uint32_t value : values) {
    have = std::lower_bound(have, end, value);
    if (have == end || *have != value) fresh.push_back(value);
  }
  if (!fresh.empty()) merge(arena, fresh);
}

// Merges from the back, in place.
void AddressSet::merge(Arena& arena, std::span<const uint32_t> fresh) {
  const uint32_t count = b_ + static_cast<uint32_t>(fresh.size());
  if (array_bytes(count) != array_bytes(b_)) grow_array(arena, count);
  auto* values = arena.at<uint32_t>(a_);
  size_t old = b_, to = count;
  for (size_t i = fresh.size(); i > 0;) {
    if (old > 0 && values[old - 1] > fresh[i - 1])
      values[--to] = values[--old];
    else
      values[--to] = fresh[--i];
  }
  b_ = count;
  settle(arena);
}

void AddressSet::settle(Arena& arena) {
  const auto* values = arena.at<uint32_t>(a_);
  const int log2 = bitmap_for(values[b_ - 1], smallest_bitmap);
  if (log2 > largest_bitmap || bitmap_bytes(log2) > array_bytes(b_)) return;
  const Arena::Block block = arena.allocate(bitmap_bytes(log2));
  auto* words = arena.at<uint64_t>(block);
  std::memset(words, 0, bitmap_bytes(log2));
  for (uint32_t i = 0; i < b_; ++i) words[values[i] >> 6] |= 1ULL << (values[i] & 63);
  arena.release(a_, array_bytes(b_));
  a_ = block;
  kind_ = static_cast<uint8_t>(log2);
}

void AddressSet::add_to_bitmap(Arena& arena, std::span<const uint32_t> values) {
  for (size_t i = 0; i < values.size(); ++i) {
    const uint32_t value = values[i];
    if (value >> kind_ != 0) {
      // Outside: a larger bitmap if that is worth it, else back to an array.
      const int log2 = bitmap_for(value, smallest_bitmap);
      const size_t bytes = log2 <= largest_bitmap ? bitmap_bytes(log2) : 0;
      if (bytes == 0 || bytes > array_bytes(b_ + 1)) {
        std::vector<uint32_t> rest(values.begin() + static_cast<ptrdiff_t>(i), values.end());
        std::sort(rest.begin(), rest.end());
        rest.erase(std::unique(rest.begin(), rest.end()), rest.end());
        to_array(arena);
        return add_to_array(arena, rest);
      }
      const Arena::Block block = arena.allocate(bytes);
      auto* words = arena.at<std::byte>(block);
      std::memcpy(words, arena.at<std::byte>(a_), bitmap_bytes(kind_));
      std::memset(words + bitmap_bytes(kind_), 0, bytes - bitmap_bytes(kind_));
      arena.release(a_, bitmap_bytes(kind_));
      a_ = block;
      kind_ = static_cast<uint8_t>(log2);
    }
    uint64_t& word = arena.at<uint64_t>(a_)[value >> 6];
    const uint64_t bit = 1ULL << (value & 63);
    b_ += (word & bit) == 0;
    word |= bit;
  }
}

void AddressSet::clear(Arena& arena) {
  if (kind_ > 2) arena.release(a_, block_bytes());
  *this = {};
}

void AddressSet::move(Arena& from, Arena& to) {
  if (kind_ <= 2) return;
  const size_t bytes = block_bytes();
  const Arena::Block block = to.allocate(bytes);
  std::memcpy(to.at<std::byte>(block), from.at<std::byte>(a_), bytes);
  from.release(a_, bytes);
  a_ = block;
}

void AddressSet::save(const Arena& arena, ByteWriter& out) const {
  out.put(kind_);
  if (kind_ <= 2) {
    out.put(a_);
    out.put(b_);
    return;
  }
  out.put(b_);
  out.put_bytes(arena.at<std::byte>(a_), kind_ == array_kind ? size_t{b_} * 4 : block_bytes());
}

bool AddressSet::load(Arena& arena, ByteReader& in) {
  *this = {};
  const auto kind = in.get<uint8_t>();
  if (kind <= 2) {
    a_ = in.get<uint32_t>();
    b_ = in.get<uint32_t>();
    kind_ = kind;
    if (in.ok() && (kind != 2 || a_ < b_)) return true;
    *this = {};
    return false;
  }
  if (kind != array_kind && (kind < smallest_bitmap || kind > largest_bitmap)) return false;
  const auto count = in.get<uint32_t>();
  const size_t bytes = kind == array_kind ? size_t{count} * 4 : bitmap_bytes(kind);
  if (!in.ok() || count == 0 || bytes > in.remaining()) return false;
  kind_ = kind;
  b_ = count;
  a_ = arena.allocate(bytes);
  in.get_bytes(arena.at<std::byte>(a_), bytes);
  bool good = true;
  if (kind == array_kind) {
    const auto* values = arena.at<uint32_t>(a_);
    for (uint32_t i = 1; i < count; ++i) good &= values[i - 1] < values[i];
  } else {
    const auto* words = arena.at<uint64_t>(a_);
    uint64_t bits = 0;
    for (size_t i = 0; i < bytes / 8; ++i) bits += static_cast<uint64_t>(std::popcount(words[i]));
    good = bits == count;
  }
  if (!good) clear(arena);
  return good;
}

}  // namespace yagura::telescope
