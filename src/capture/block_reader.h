// SPDX-License-Identifier: Apache-2.0
//
// A window on a stream of bytes, in large blocks, so that records can be handed out without being
// copied. What data() points to stays where it is until `more` is called; with `retain`, until
// the block is released.
//
// Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "capture/byte_source.h"

namespace yagura::capture {

class BlockReader {
 public:
  // With `retain`, blocks that were read stay in memory, numbered from 0, until release().
  BlockReader(std::unique_ptr<ByteSource> source, size_t block_size, bool retain = false);

  const uint8_t* data() const { return block_.get() + position_; }
  size_t size() const { return end_ - position_; }
  // Of data() in the stream.
  uint64_t offset() const { return offset_ + position_; }
  void advance(size_t size) { position_ += size; }

  // Reads on behind data(); false at the end of the stream. Whatever pointed into the window is
  // invalid afterwards (with `retain`: is valid until its block is released).
  Result<bool> more();

  uint64_t block_number() const { return block_number_; }
  // Lets go of a block before the present one. Once each.
  void release(uint64_t block_number);

  uint64_t bytes_taken() const { return source_->bytes_taken(); }
  std::string warning() const { return source_->warning(); }

 private:
  using Block = std::unique_ptr<uint8_t[]>;

  void make_room();
  void change_block(size_t capacity);

  std::unique_ptr<ByteSource> source_;
  bool retain_;
  Block block_;
  size_t capacity_;
  size_t position_ = 0, end_ = 0;
  uint64_t offset_ = 0;  // of block_ in the stream
  uint64_t block_number_ = 0;
  struct Retained {
    Block block;
    size_t capacity = 0;
  };
  std::deque<Retained> retained_;  // the blocks before block_, the newest last; empty if released
  std::vector<Retained> spare_;
};

}  // namespace yagura::capture
