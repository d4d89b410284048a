// SPDX-License-Identifier: Apache-2.0
//
// Memory for small blocks by the million, which come and go and grow.
//
// Not thread-safe.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace yagura::telescope {

// Blocks of 16 bytes times a power of two or three times one, out of chunks of 1 MiB; a released
// block is used again for the next one of its size. A block is named by a number, so that names
// stay small; it does not move until it is released.
class Arena {
 public:
  using Block = uint32_t;

  Arena() = default;
  Arena(Arena&&) = default;
  Arena& operator=(Arena&&) = default;

  // A block of at least `bytes`, its content undefined.
  Block allocate(size_t bytes);
  // `bytes` as given to allocate().
  void release(Block block, size_t bytes);

  template <typename T>
  T* at(Block block) const {
    return reinterpret_cast<T*>(
        reinterpret_cast<std::byte*>(chunks_[block >> block_bits].data.get()) +
        (block & block_mask) * unit);
  }
  // Asks for the first `bytes` of a block, or its first four cache lines. Inlined by force, like
  // its callers: GCC takes a function that only prefetches for one without effect and drops calls.
  [[gnu::always_inline]] void prefetch(Block block, size_t bytes) const {
    const auto* data = at<std::byte>(block);
    for (size_t i = 0; i < std::min<size_t>(bytes, 256); i += 64) __builtin_prefetch(data + i, 1);
  }

  static size_t rounded(size_t bytes);
  size_t live_bytes() const { return live_; }    // of the blocks handed out
  size_t memory_bytes() const { return held_; }  // of the chunks

 private:
  static constexpr size_t unit = 16;
  static constexpr unsigned block_bits = 16;
  static constexpr uint32_t block_mask = (1U << block_bits) - 1;
  static constexpr size_t chunk_bytes = unit << block_bits;
  static constexpr size_t classes = 2 * block_bits + 1;  // 16 bytes to one chunk
  static constexpr size_t line = 64;                     // of cache
  static constexpr Block none = ~Block{0};

  struct alignas(line) Line {
    std::array<std::byte, line> bytes;
  };
  struct Chunk {
    std::unique_ptr<Line[]> data;
    size_t size = 0;
  };

  static size_t class_of(size_t size);
  uint32_t add_chunk(size_t bytes);
  void push_free(size_t size_class, Block block);
  void leave(size_t bytes);

  std::vector<Chunk> chunks_;
  std::vector<uint32_t> free_slots_;  // of chunks_, left by blocks larger than a chunk
  // Heads of the free lists; a free block's first bytes name the next.
  std::array<Block, classes> free_ = [] {
    std::array<Block, classes> heads;
    heads.fill(none);
    return heads;
  }();
  uint32_t chunk_ = 0;         // the chunk that new blocks are cut from
  size_t used_ = chunk_bytes;  // of it
  size_t live_ = 0;
  size_t held_ = 0;
};

}  // namespace yagura::telescope
