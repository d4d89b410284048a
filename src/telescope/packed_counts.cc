// SPDX-License-Identifier: Apache-2.0
#include "telescope/packed_counts.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <limits>

namespace yagura::telescope {
namespace {

template <typename T>
T load(const uint8_t* bytes, size_t index) {
  T value;
  std::memcpy(&value, bytes + index * sizeof(T), sizeof value);
  return value;
}

template <typename T>
void add_each(const uint8_t* bytes, size_t count, int64_t* sums) {
  for (size_t i = 0; i < count; ++i) sums[i] += static_cast<int64_t>(load<T>(bytes, i));
}

// What a damaged store says may be any numbers, whose sum is none, but never undefined.
int64_t sum_of(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
}

// Bits that tell which counts of a block are not 0.
using Bits = std::array<uint64_t, PackedCounts::block_size / 64>;

Bits bits_of(std::span<const int64_t> counts) {
  Bits bits{};
  for (size_t i = 0; i < counts.size(); ++i)
    if (counts[i] != 0) bits[i / 64] |= uint64_t{1} << (i % 64);
  return bits;
}

size_t ones(const Bits& bits) {
  size_t count = 0;
  for (const uint64_t word : bits) count += static_cast<size_t>(std::popcount(word));
  return count;
}

template <typename T>
void add_sparse(const Bits& bits, const uint8_t* bytes, int64_t* sums) {
  size_t at = 0;
  for (size_t word = 0; word < bits.size(); ++word)
    for (uint64_t rest = bits[word]; rest != 0; rest &= rest - 1)
      sums[word * 64 + static_cast<size_t>(std::countr_zero(rest))] +=
          static_cast<int64_t>(load<T>(bytes, at++));
}

// Calls `use` with a value of the type that counts of the width have.
template <typename Use>
auto with_type(uint8_t width, const Use& use) {
  switch (width) {
    case 1:
      return use(uint8_t{});
    case 2:
      return use(uint16_t{});
    case 4:
      return use(uint32_t{});
    default:
      return use(int64_t{});
  }
}

template <typename T>
bool holds(int64_t least, int64_t greatest) {
  return least >= 0 && greatest <= static_cast<int64_t>(std::numeric_limits<T>::max());
}

std::span<const int64_t> without_zeros_at_end(std::span<const int64_t> counts) {
  while (!counts.empty() && counts.back() == 0) counts = counts.first(counts.size() - 1);
  return counts;
}

}  // namespace

template <typename T>
void PackedCounts::append(std::span<const int64_t> counts) {
  const size_t begin = bytes_.size();
  bytes_.resize(begin + counts.size() * sizeof(T));
  for (size_t i = 0; i < counts.size(); ++i) {
    const T value = static_cast<T>(counts[i]);
    std::memcpy(bytes_.data() + begin + i * sizeof(T), &value, sizeof value);
  }
}

void PackedCounts::append_narrowest(Place& place, std::span<const int64_t> counts) {
  const auto [least, greatest] = std::minmax_element(counts.begin(), counts.end());
  place.width = holds<uint8_t>(*least, *greatest)    ? 1
                : holds<uint16_t>(*least, *greatest) ? 2
                : holds<uint32_t>(*least, *greatest) ? 4
                                                     : 8;
  place.count = static_cast<uint16_t>(counts.size());
  with_type(place.width, [&](auto type) { append<decltype(type)>(counts); });
}

void PackedCounts::add(size_t block, std::span<const int64_t> counts) {
  CHECK(counts.size() <= block_size);
  std::array<int64_t, block_size> sums{};
  if (block < places_.size() && places_[block].count > 0) {
    unpack(places_[block], at(places_[block].begin), sums.data());
    for (size_t i = 0; i < counts.size(); ++i) sums[i] = sum_of(sums[i], counts[i]);
    counts = sums;
  }
  counts = without_zeros_at_end(counts);
  if (block >= places_.size()) {
    if (counts.empty()) return;
    places_.resize(block + 1);
  }
  // What it was before stays in bytes_, unused: it is rare that a block comes twice.
  Place& place = places_[block];
  place = {};
  place.begin = static_cast<uint32_t>(bytes_.size());
  if (counts.empty()) return;
  const Bits bits = bits_of(counts);
  place.sparse = ones(bits) * 2 < counts.size();
  if (!place.sparse) return append_narrowest(place, counts);
  std::array<int64_t, block_size> others{};
  size_t size = 0;
  for (const int64_t count : counts)
    if (count != 0) others[size++] = count;
  bytes_.resize(bytes_.size() + sizeof bits);
  std::memcpy(bytes_.data() + place.begin, &bits, sizeof bits);
  append_narrowest(place, std::span(others).first(size));
}

namespace {

constexpr size_t header_bytes = 4;
constexpr uint8_t sparse_bit = 0x80;

Error not_written() { return Error("packed counts: bytes that are none"); }

}  // namespace

size_t PackedCounts::size_of(const Place& place) {
  return (place.sparse ? sizeof(Bits) : 0) + size_t{place.count} * place.width;
}

void PackedCounts::write_to(std::string& out) const {
  CHECK(places_.size() <= most_blocks);
  for (size_t block = 0; block < places_.size(); ++block) {
    const Place& place = places_[block];
    if (place.count == 0) continue;
    const std::array<uint8_t, header_bytes> header = {
        static_cast<uint8_t>(block), static_cast<uint8_t>(block >> 8),
        static_cast<uint8_t>(place.count - 1),
        static_cast<uint8_t>(place.width | (place.sparse ? sparse_bit : 0))};
    out.append(reinterpret_cast<const char*>(header.data()), header.size());
    out.append(bytes_.data() + place.begin, size_of(place));
  }
}

Result<void> PackedCounts::add_written(std::string bytes) {
  size_t next = bytes_.size();
  if (bytes_.empty())
    bytes_ = std::move(bytes);
  else
    bytes_ += bytes;
  for (const size_t end = bytes_.size(); next < end;) {
    if (end - next < header_bytes) return failure(not_written());
    const uint8_t* header = at(next);
    const size_t block = header[0] | (size_t{header[1]} << 8);
    Place place;
    place.begin = static_cast<uint32_t>(next + header_bytes);
    place.count = static_cast<uint16_t>(header[2] + 1);
    place.sparse = (header[3] & sparse_bit) != 0;
    place.width = header[3] & static_cast<uint8_t>(~sparse_bit);
    if (!std::has_single_bit(place.width) || place.width > sizeof(int64_t) ||
        end - place.begin < size_of(place) ||
        (place.sparse && ones(load<Bits>(at(place.begin), 0)) != place.count))
      return failure(not_written());
    next = place.begin + size_of(place);
    add_block(block, place);
  }
  return {};
}

void PackedCounts::add_block(size_t block, const Place& place) {
  if (block < places_.size() && places_[block].count > 0) {
    std::array<int64_t, block_size> counts{};
    unpack(place, at(place.begin), counts.data());
    return add(block, counts);
  }
  if (block >= places_.size()) places_.resize(block + 1);
  places_[block] = place;
}

void PackedCounts::shrink() {
  places_.shrink_to_fit();
  constexpr size_t parts = 16;  // less than one of them is not worth a copy
  if (bytes_.capacity() - bytes_.size() > bytes_.size() / parts) bytes_.shrink_to_fit();
}

void PackedCounts::unpack(const Place& place, const uint8_t* bytes, int64_t* sums) {
  with_type(place.width, [&](auto type) {
    using Type = decltype(type);
    if (!place.sparse) return add_each<Type>(bytes, place.count, sums);
    add_sparse<Type>(load<Bits>(bytes, 0), bytes + sizeof(Bits), sums);
  });
}

void PackedCounts::add_to(std::span<int64_t> sums) const {
  CHECK(sums.size() >= end());
  for (size_t block = 0; block < places_.size(); ++block)
    if (const Place& place = places_[block]; place.count > 0)
      unpack(place, at(place.begin), sums.data() + block * block_size);
}

int64_t PackedCounts::operator[](size_t index) const {
  const size_t block = index / block_size;
  size_t place_in_block = index % block_size;
  if (block >= places_.size() || places_[block].count == 0) return 0;
  const Place& place = places_[block];
  const uint8_t* bytes = at(place.begin);
  if (place.sparse) {
    auto before = load<Bits>(bytes, 0);
    const uint64_t bit = uint64_t{1} << (place_in_block % 64);
    if ((before[place_in_block / 64] & bit) == 0) return 0;
    before[place_in_block / 64] &= bit - 1;
    std::fill(before.begin() + static_cast<std::ptrdiff_t>(place_in_block / 64) + 1, before.end(),
              0);
    place_in_block = ones(before);
    bytes += sizeof(Bits);
  } else if (place_in_block >= place.count) {
    return 0;
  }
  return with_type(place.width, [&](auto type) {
    return static_cast<int64_t>(load<decltype(type)>(bytes, place_in_block));
  });
}

size_t PackedCounts::end() const {
  if (places_.empty()) return 0;
  const size_t before = (places_.size() - 1) * block_size;
  return before + (places_.back().sparse ? block_size : places_.back().count);
}

size_t PackedCounts::bytes() const {
  const bool within_object = bytes_.capacity() <= std::string().capacity();
  return places_.capacity() * sizeof(Place) + (within_object ? 0 : bytes_.capacity());
}

}  // namespace yagura::telescope
