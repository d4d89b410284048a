// SPDX-License-Identifier: Apache-2.0
//
// Fixed-size records in some order, in chunks that are used again: merging an old list with news
// into a new list walks memory in order and needs no second list's worth of it.
//
// Not thread-safe.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

namespace yagura::telescope {

template <typename Record>
class RecordList {
  static_assert(std::is_trivially_copyable_v<Record>);

 public:
  size_t size() const { return size_; }
  size_t memory_bytes() const { return (chunks_.size() + spare_.size()) * sizeof(Chunk); }
  Record& operator[](size_t i) { return (*chunks_[i / chunk_records])[i % chunk_records]; }
  const Record& operator[](size_t i) const {
    return (*chunks_[i / chunk_records])[i % chunk_records];
  }
  void push_back(const Record& record) {
    if (size_ == chunks_.size() * chunk_records) {
      if (spare_.empty()) {
        chunks_.push_back(std::make_unique<Chunk>());
      } else {
        chunks_.push_back(std::move(spare_.back()));
        spare_.pop_back();
      }
    }
    (*this)[size_++] = record;
  }
  // Record `i` and those before it will not be read again: their chunks may serve `other`.
  void give_up_to(size_t i, RecordList& other) {
    if (i % chunk_records == chunk_records - 1)
      other.spare_.push_back(std::move(chunks_[i / chunk_records]));
  }
  // Takes over the chunk that `other` has to spare.
  void take_spare(RecordList& other) { spare_ = std::move(other.spare_); }
  // Keeps at most one chunk to spare: where the next list will begin.
  void drop_spare() { spare_.resize(std::min<size_t>(spare_.size(), 1)); }

  // Removes the records at `positions`, which rise.
  void remove(const std::vector<uint32_t>& positions) {
    size_t to = 0;
    auto gone = positions.begin();
    for (size_t i = 0; i < size_; ++i) {
      if (gone != positions.end() && *gone == i)
        ++gone;
      else
        (*this)[to++] = (*this)[i];
    }
    size_ = to;
    chunks_.resize((size_ + chunk_records - 1) / chunk_records);
  }

 private:
  static constexpr size_t chunk_records = 1024;
  using Chunk = std::array<Record, chunk_records>;
  std::vector<std::unique_ptr<Chunk>> chunks_, spare_;
  size_t size_ = 0;
};

}  // namespace yagura::telescope
