// SPDX-License-Identifier: Apache-2.0
#include "telescope/arena.h"

#include <algorithm>
#include <bit>

#include "base/result.h"

namespace yagura::telescope {

size_t Arena::rounded(size_t bytes) {
  const size_t units = std::max((bytes + unit - 1) / unit, size_t{1});
  const size_t power = std::bit_ceil(units), three = power / 4 * 3;
  return (units <= three ? three : power) * unit;
}

// `size` is rounded. Powers of two are even, what is between them odd.
size_t Arena::class_of(size_t size) {
  const size_t units = size / unit;
  return 2 * static_cast<size_t>(std::bit_width(units) - 1) + (std::has_single_bit(units) ? 0 : 1);
}

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
  chunks_[slot] = {std::make_unique_for_overwrite<Line[]>((bytes + line - 1) / line), bytes};
  held_ += bytes;
  return slot;
}

void Arena::push_free(size_t size_class, Block block) {
  *at<Block>(block) = free_[size_class];
  free_[size_class] = block;
}

// The next `bytes` of the chunk serve smaller blocks.
void Arena::leave(size_t bytes) {
  while (bytes > 0) {
    // No larger than what the place is aligned to, so that no block lies in more lines than it
    // must.
    const size_t aligned = used_ & (size_t{0} - used_);
    const size_t piece = std::min(std::bit_floor(bytes), used_ == 0 ? chunk_bytes : aligned);
    push_free(class_of(piece), chunk_ << block_bits | static_cast<Block>(used_ / unit));
    used_ += piece;
    bytes -= piece;
  }
}

Arena::Block Arena::allocate(size_t bytes) {
  const size_t size = rounded(bytes);
  live_ += size;
  if (size > chunk_bytes) return add_chunk(size) << block_bits;
  const size_t size_class = class_of(size);
  if (const Block block = free_[size_class]; block != none) {
    free_[size_class] = *at<Block>(block);
    return block;
  }
  // A block lies in as few lines of cache as it can.
  const size_t alignment = std::min(size & (size_t{0} - size), line);
  leave(std::min((size_t{0} - used_) & (alignment - 1), chunk_bytes - used_));
  if (chunk_bytes - used_ < size) {
    leave(chunk_bytes - used_);
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
  push_free(class_of(size), block);
}

}  // namespace yagura::telescope
