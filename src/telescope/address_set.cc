// SPDX-License-Identifier: Apache-2.0
#include "telescope/address_set.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <iterator>
#include <tuple>
#include <utility>

#include "telescope/lanes.h"

namespace yagura::telescope {

namespace {

constexpr size_t few = 8;  // values that are looked for in an array, whatever its size
// Looking through an array for each of several values costs the product of the sizes; past this
// something else is cheaper.
constexpr size_t many_pairs = 16384;

size_t bitmap_bytes(int log2) { return size_t{1} << (log2 - 3); }
int bitmap_for(uint32_t value, int smallest) {
  return std::max(static_cast<int>(std::bit_width(value)), smallest);
}

void set_bit(uint64_t* words, uint32_t value) { words[value >> 6] |= 1ULL << (value & 63); }
bool has_bit(const uint64_t* words, uint32_t value) {
  return (words[value >> 6] >> (value & 63) & 1) != 0;
}
void append_bits(const uint64_t* words, size_t count, std::vector<uint32_t>& out) {
  for (size_t i = 0; i < count; ++i)
    for (uint64_t word = words[i]; word != 0; word &= word - 1)
      out.push_back(static_cast<uint32_t>(i << 6) | static_cast<uint32_t>(std::countr_zero(word)));
}

// Every value of two bytes.
using ShortBitmap = std::array<uint64_t, (1U << 16) / 64>;

// Fills up the last vector that `count` values take up.
template <typename T>
void fill_up(T* values, size_t count) {
  for (size_t i = count; i % lanes<T> != 0; ++i) values[i] = values[count - 1];
}

template <typename T>
uint32_t largest(const T* values, size_t count) {
  T most = 0;
  for (size_t i = 0; i < count; ++i) most = std::max(most, values[i]);
  return most;
}

// Where `value` belongs in `values`, which rise.
size_t place_of(const uint32_t* values, size_t count, uint32_t value) {
  return static_cast<size_t>(std::lower_bound(values, values + count, value) - values);
}

}  // namespace

size_t AddressSet::used_bytes() const {
  if (is_bitmap()) return bitmap_bytes(kind_);
  return size_t{b_} * (kind_ == short_array ? 2 : 4);
}
size_t AddressSet::block_bytes() const { return Arena::rounded(used_bytes()); }

bool AddressSet::contains(const Arena& arena, uint32_t value) const {
  if (kind_ <= 2) return (kind_ > 0 && a_ == value) || (kind_ > 1 && b_ == value);
  if (is_bitmap()) return value >> kind_ == 0 && has_bit(arena.at<uint64_t>(a_), value);
  if (kind_ == short_array)
    return value < short_values && holds(arena.at<uint16_t>(a_), b_, static_cast<uint16_t>(value));
  const auto* values = arena.at<uint32_t>(a_);
  return b_ <= unordered ? holds(values, b_, value)
                         : std::binary_search(values, values + b_, value);
}

void AddressSet::add(Arena& arena, std::span<uint32_t> values) {
  if (!is_bitmap()) {
    std::sort(values.begin(), values.end());
    const auto end = std::unique(values.begin(), values.end());
    values = values.first(static_cast<size_t>(end - values.begin()));
  }
  add_rising(arena, values);
}

void AddressSet::add_rising(Arena& arena, std::span<const uint32_t> values) {
  while (!values.empty()) {
    if (is_bitmap()) return add_to_bitmap(arena, values);
    if (values.size() > few) return add_many(arena, values);
    const size_t count = kind_ > 2 ? std::min<size_t>(values.size(), 4) : 1;
    add_few(arena, values.first(count));
    values = values.subspan(count);
  }
}

// At most four values, or one where the set has no block yet.
void AddressSet::add_few(Arena& arena, std::span<const uint32_t> values) {
  if (kind_ == short_array && values.back() >= short_values) widen(arena);
  if (kind_ == short_array) return add_to_array<uint16_t>(arena, values);
  if (kind_ == long_array && b_ <= unordered) return add_to_array<uint32_t>(arena, values);
  if (kind_ == long_array) {
    for (const uint32_t value : values) insert(arena, value);
    return;
  }
  const uint32_t value = values[0];
  if (contains(arena, value)) return;
  if (kind_ == 2) return add_third(arena, value);
  (kind_ == 0 ? a_ : b_) = value;
  ++kind_;
  if (kind_ == 2 && a_ > b_) std::swap(a_, b_);
}

// At most four values to an array in no order.
template <typename T>
void AddressSet::add_to_array(Arena& arena, std::span<const uint32_t> values) {
  std::array<T, 4> wanted;
  for (size_t i = 0; i < wanted.size(); ++i)
    wanted[i] = static_cast<T>(values[std::min(i, values.size() - 1)]);
  const unsigned known = holds_each(arena.at<T>(a_), b_, wanted);
  size_t fresh = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    wanted[fresh] = wanted[i];
    fresh += 1 - (known >> i & 1);
  }
  if (fresh > 0) append<T>(arena, std::span(wanted).first(fresh));
}

void AddressSet::add_third(Arena& arena, uint32_t value) {
  std::array<uint32_t, 3> values = {a_, b_, value};
  std::sort(values.begin(), values.end());
  to_array(arena, values);
  settle(arena);
}

// True if the array lies in a larger block now, with room for `count` values.
template <typename T>
bool AddressSet::grow(Arena& arena, uint32_t count) {
  const size_t bytes = size_t{count} * sizeof(T), old = size_t{b_} * sizeof(T);
  if (Arena::rounded(bytes) == Arena::rounded(old)) return false;
  const Arena::Block block = arena.allocate(bytes);
  std::memcpy(arena.at<T>(block), arena.at<T>(a_), old);
  arena.release(a_, old);
  a_ = block;
  return true;
}

// Adds values that are not there to an array in no order.
template <typename T>
void AddressSet::append(Arena& arena, std::span<const T> values) {
  const uint32_t count = b_ + static_cast<uint32_t>(values.size());
  const bool grown = grow<T>(arena, count);
  T* to = arena.at<T>(a_);
  for (size_t i = (b_ + lanes<T> - 1) / lanes<T> * lanes<T>; i < count; i += lanes<T>)
    fill_lanes(to + i, values[0]);
  for (const T value : values) to[b_++] = value;
  if (sizeof(T) == 4 && b_ > unordered) std::sort(to, to + b_);
  if (grown) settle(arena);
}

// One value into a long array that rises.
void AddressSet::insert(Arena& arena, uint32_t value) {
  auto* values = arena.at<uint32_t>(a_);
  const size_t place = place_of(values, b_, value);
  if (place < b_ && values[place] == value) return;
  const bool grown = grow<uint32_t>(arena, b_ + 1);
  values = arena.at<uint32_t>(a_);
  std::memmove(values + place + 1, values + place, (b_ - place) * 4);
  values[place] = value;
  ++b_;
  if (grown) settle(arena);
}

void AddressSet::to_array(Arena& arena, std::span<const uint32_t> values) {
  const auto fill = [&]<typename T>(T) {
    a_ = arena.allocate(values.size() * sizeof(T));
    T* to = arena.at<T>(a_);
    for (size_t i = 0; i < values.size(); ++i) to[i] = static_cast<T>(values[i]);
    fill_up(to, values.size());
  };
  b_ = static_cast<uint32_t>(values.size());
  kind_ = values.back() < short_values ? short_array : long_array;
  if (kind_ == short_array)
    fill(uint16_t{});
  else
    fill(uint32_t{});
}

void AddressSet::widen(Arena& arena) {
  const auto* from = arena.at<uint16_t>(a_);
  const Arena::Block block = arena.allocate(size_t{b_} * 4);
  auto* to = arena.at<uint32_t>(block);
  std::copy_n(from, b_, to);
  if (b_ > unordered) std::sort(to, to + b_);
  fill_up(to, b_);
  arena.release(a_, size_t{b_} * 2);
  a_ = block;
  kind_ = long_array;
}

// `values` rise and are more than a few.
void AddressSet::add_many(Arena& arena, std::span<const uint32_t> values) {
  if (kind_ <= 2) {
    const AddressSet own = std::exchange(*this, {});
    to_array(arena, values);
    settle(arena);
    const std::array<uint32_t, 2> rest = {own.a_, own.b_};
    return add_rising(arena, std::span(rest).first(own.kind_));
  }
  if (kind_ == short_array && values.back() >= short_values) widen(arena);
  if (values.size() * (b_ + values.size()) <= many_pairs) {
    for (; values.size() > few; values = values.subspan(few)) add_rising(arena, values.first(few));
    return add_rising(arena, values);
  }
  if (kind_ == short_array)
    add_to_short(arena, values);
  else
    merge(arena, values);
}

// The same as adding one by one, with a bitmap to look into.
void AddressSet::add_to_short(Arena& arena, std::span<const uint32_t> values) {
  ShortBitmap known{};
  const auto* have = arena.at<uint16_t>(a_);
  for (uint32_t i = 0; i < b_; ++i) set_bit(known.data(), have[i]);
  for (size_t i = 0; i < values.size(); ++i) {
    if (has_bit(known.data(), values[i])) continue;
    const auto value = static_cast<uint16_t>(values[i]);
    append<uint16_t>(arena, {&value, 1});
    if (is_bitmap()) return add_to_bitmap(arena, values.subspan(i + 1));
  }
}

// Merges many values into a long array, from the back, in place.
void AddressSet::merge(Arena& arena, std::span<const uint32_t> values) {
  auto* have = arena.at<uint32_t>(a_);
  if (b_ <= unordered) std::sort(have, have + b_);
  // Only values that are not there yet; there are far fewer of them, mostly.
  std::vector<uint32_t> fresh;
  std::set_difference(values.begin(), values.end(), have, have + b_, std::back_inserter(fresh));
  const uint32_t count = b_ + static_cast<uint32_t>(fresh.size());
  const bool grown = grow<uint32_t>(arena, count);
  have = arena.at<uint32_t>(a_);
  size_t old = b_, to = count;
  for (size_t i = fresh.size(); i > 0;) {
    if (old > 0 && have[old - 1] > fresh[i - 1])
      have[--to] = have[--old];
    else
      have[--to] = fresh[--i];
  }
  b_ = count;
  fill_up(have, b_);
  if (grown) settle(arena);
}

void AddressSet::settle(Arena& arena) {
  const auto* narrow = arena.at<uint16_t>(a_);
  const auto* wide = arena.at<uint32_t>(a_);
  // Mostly any value shows that a bitmap would be too large.
  const uint32_t last = kind_ == short_array ? narrow[b_ - 1] : wide[b_ - 1];
  if (bitmap_bytes(bitmap_for(last, smallest_bitmap)) > block_bytes()) return;
  const uint32_t most = kind_ == short_array ? largest(narrow, b_)
                        : b_ > unordered     ? wide[b_ - 1]
                                             : largest(wide, b_);
  const int log2 = bitmap_for(most, smallest_bitmap);
  if (log2 > largest_bitmap || bitmap_bytes(log2) > block_bytes()) return;
  const Arena::Block block = arena.allocate(bitmap_bytes(log2));
  auto* words = arena.at<uint64_t>(block);
  std::memset(words, 0, bitmap_bytes(log2));
  for (uint32_t i = 0; i < b_; ++i) set_bit(words, kind_ == short_array ? narrow[i] : wide[i]);
  arena.release(a_, block_bytes());
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
      if (bytes == 0 || bytes > Arena::rounded((size_t{b_} + 1) * (value < short_values ? 2 : 4))) {
        std::vector<uint32_t> rest(values.begin() + static_cast<ptrdiff_t>(i), values.end());
        std::sort(rest.begin(), rest.end());
        rest.erase(std::unique(rest.begin(), rest.end()), rest.end());
        std::vector<uint32_t> own;
        own.reserve(b_);
        append_bits(arena.at<uint64_t>(a_), size_t{1} << (kind_ - 6), own);
        clear(arena);
        to_array(arena, own);
        return add_rising(arena, rest);
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
  out.put_bytes(arena.at<std::byte>(a_), used_bytes());
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
  const bool bitmap = smallest_bitmap <= kind && kind <= largest_bitmap;
  if (kind != long_array && kind != short_array && !bitmap) return false;
  kind_ = kind;
  b_ = in.get<uint32_t>();
  if (!in.ok() || b_ == 0 || used_bytes() > in.remaining()) {
    *this = {};
    return false;
  }
  a_ = arena.allocate(used_bytes());
  in.get_bytes(arena.at<std::byte>(a_), used_bytes());
  if (!bitmap) return finish_array(arena);
  const auto* words = arena.at<uint64_t>(a_);
  uint64_t bits = 0;
  for (size_t i = 0; i < used_bytes() / 8; ++i)
    bits += static_cast<uint64_t>(std::popcount(words[i]));
  if (bits == b_) return true;
  clear(arena);
  return false;
}

// Of an array that was loaded: fills up its last vector. That values are different the checksum of
// the saved state answers for; that long ones rise is asked, since searches rely on it.
bool AddressSet::finish_array(Arena& arena) {
  if (kind_ == short_array) {
    fill_up(arena.at<uint16_t>(a_), b_);
    return true;
  }
  auto* values = arena.at<uint32_t>(a_);
  fill_up(values, b_);
  if (b_ <= unordered || std::is_sorted(values, values + b_)) return true;
  clear(arena);
  return false;
}

}  // namespace yagura::telescope
