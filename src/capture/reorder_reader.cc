// SPDX-License-Identifier: Apache-2.0
#include "capture/reorder_reader.h"

#include <algorithm>
#include <array>
#include <utility>

namespace yagura::capture {

Result<bool> ReorderReader::refill() {
  forget_ready();
  bool paused = false;
  while (!ended_) {
    take_in();
    hand_on();
    if (!ready_.empty()) return true;
    if (paused) return false;
    const auto more = read_on();
    if (!more) error_ = more.error();
    paused = limits_.live;
    ended_ = !more || (!*more && !limits_.live);
  }
  hand_on();
  if (!ready_.empty()) return true;
  if (error_) return failure(*error_);
  return false;
}

void ReorderReader::stop() {
  take_in();
  ended_ = true;
}

void ReorderReader::forget_ready() {
  for (size_t i = 0; i < ready_blocks_.size();) {
    const size_t first = i;
    while (i < ready_blocks_.size() && ready_blocks_[i] == ready_blocks_[first]) ++i;
    let_go(ready_blocks_[first], i - first);
  }
  ready_.clear();
  ready_blocks_.clear();
  next_ = 0;
}

void ReorderReader::let_go(uint64_t block, size_t frames) {
  if (const auto moved = moved_.find(block); moved != moved_.end()) {
    moved->second.frames -= frames;
    if (moved->second.frames == 0) moved_.erase(moved);
    return;
  }
  const auto used = in_place_.find(block);
  used->second -= frames;
  if (used->second > 0 || block == inner_->block_number()) return;
  in_place_.erase(used);
  inner_->release(block);
}

Result<bool> ReorderReader::read_on() {
  const uint64_t block = inner_->block_number();
  TRY(const bool more, inner_->refill());
  if (inner_->block_number() != block) {
    in_place_[block] += 0;  // a block without a frame is let go of too
    let_go(block, 0);
    move_out_of_old_blocks();
  }
  return more;
}

void ReorderReader::take_in() {
  std::array<Frame, 512> frames;
  const uint64_t block = inner_->block_number();
  const size_t first_new = waiting_.size();
  Progress progress;
  while (progress.stop != Stop::refill) {
    progress = inner_->read(no_limit, frames);
    hash_.add(std::span(frames).first(progress.count));
    for (const Frame& frame : std::span(frames).first(progress.count)) {
      newest_ = std::max(newest_, frame.time);
      if (frame.time < handed_on_) {
        ++late_;
        continue;
      }
      waiting_.push_back({frame, block, taken_in_++});
      waiting_bytes_ += frame.captured_length;
    }
  }
  if (waiting_.size() == first_new) return;
  in_place_[block] += waiting_.size() - first_new;
  sort_in(first_new);
}

void ReorderReader::sort_in(size_t first_new) {
  const auto earlier = [](const Waiting& a, const Waiting& b) {
    return a.frame.time != b.frame.time ? a.frame.time < b.frame.time : a.number < b.number;
  };
  const auto fresh = waiting_.begin() + static_cast<std::ptrdiff_t>(first_new);
  if (!std::is_sorted(fresh, waiting_.end(), earlier)) std::sort(fresh, waiting_.end(), earlier);
  if (first_new == 0 || !earlier(*fresh, *(fresh - 1))) return;
  const auto affected = std::upper_bound(waiting_.begin(), fresh, *fresh, earlier);
  std::sort(affected, waiting_.end(), earlier);
}

// Only called when no frame is out with the caller.
void ReorderReader::move_out_of_old_blocks() {
  while (in_place_.size() > limits_.blocks) {
    const uint64_t block = in_place_.begin()->first;
    size_t size = 0;
    for (const Waiting& waiting : waiting_)
      if (waiting.block == block) size += waiting.frame.captured_length;
    Moved moved;
    moved.bytes.reserve(size);
    for (Waiting& waiting : waiting_) {
      if (waiting.block != block) continue;
      const uint8_t* from = waiting.frame.data;
      waiting.frame.data = moved.bytes.data() + moved.bytes.size();
      moved.bytes.insert(moved.bytes.end(), from, from + waiting.frame.captured_length);
      ++moved.frames;
    }
    moved_.emplace(block, std::move(moved));
    in_place_.erase(in_place_.begin());
    inner_->release(block);
  }
}

void ReorderReader::hand_on() {
  while (!waiting_.empty()) {
    const Waiting& next = waiting_.front();
    const bool due = next.frame.time <= newest_ - limits_.lateness.nanoseconds;
    const bool full = waiting_.size() > limits_.frames || waiting_bytes_ > limits_.bytes;
    if (!ended_ && !due && !full) break;
    handed_on_ = next.frame.time;
    waiting_bytes_ -= next.frame.captured_length;
    ready_.push_back(next.frame);
    ready_blocks_.push_back(next.block);
    waiting_.pop_front();
  }
}

}  // namespace yagura::capture
