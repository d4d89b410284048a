// SPDX-License-Identifier: Apache-2.0
#include "capture/block_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace yagura::capture {
namespace {

// Below this much room at the end of a retained block, reading goes on in a new one.
constexpr size_t least_room = 16 * 1024;
constexpr size_t most_spare = 4;

}  // namespace

BlockReader::BlockReader(std::unique_ptr<ByteSource> source, size_t block_size, bool retain)
    : source_(std::move(source)),
      retain_(retain),
      block_(std::make_unique_for_overwrite<uint8_t[]>(block_size)),
      capacity_(block_size) {}

Result<bool> BlockReader::more() {
  make_room();
  TRY(const size_t got, source_->read(std::span(block_.get() + end_, capacity_ - end_)));
  end_ += got;
  return got > 0;
}

// Room behind what is left over: by moving that to the front, or into another block. A record that
// fills a whole block makes the next one twice as large; the readers bound their records.
void BlockReader::make_room() {
  const bool grow = size() > capacity_ / 2;
  const size_t capacity = grow ? capacity_ * 2 : capacity_;
  if (retain_) {
    if (capacity_ - end_ < least_room) change_block(capacity);
    return;
  }
  if (grow) {
    change_block(capacity);
    retained_.clear();
    return;
  }
  std::memmove(block_.get(), data(), size());
  offset_ += position_;
  end_ = size();
  position_ = 0;
}

void BlockReader::change_block(size_t capacity) {
  Retained fresh;
  if (!spare_.empty() && spare_.back().capacity >= capacity) {
    fresh = std::move(spare_.back());
    spare_.pop_back();
  } else {
    fresh = {std::make_unique_for_overwrite<uint8_t[]>(capacity), capacity};
  }
  const size_t rest = size();
  std::memcpy(fresh.block.get(), data(), rest);
  retained_.push_back({std::move(block_), capacity_});
  block_ = std::move(fresh.block);
  capacity_ = fresh.capacity;
  offset_ += position_;
  position_ = 0;
  end_ = rest;
  ++block_number_;
}

void BlockReader::release(uint64_t block_number) {
  const uint64_t oldest = block_number_ - retained_.size();
  CHECK(block_number >= oldest && block_number < block_number_);
  Retained& released = retained_[block_number - oldest];
  CHECK(released.block != nullptr);
  if (spare_.size() < most_spare && released.capacity == capacity_)
    spare_.push_back(std::move(released));
  released.block.reset();
  while (!retained_.empty() && retained_.front().block == nullptr) retained_.pop_front();
}

}  // namespace yagura::capture
