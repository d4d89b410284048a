// SPDX-License-Identifier: Apache-2.0
#include "capture/time_index.h"

#include <algorithm>
#include <span>

namespace yagura::capture {
namespace {

constexpr size_t read_entries = 4096;

std::span<const uint8_t> bytes_of(const std::vector<IndexEntry>& entries) {
  return {reinterpret_cast<const uint8_t*>(entries.data()), entries.size() * sizeof(IndexEntry)};
}

}  // namespace

Result<void> TimeIndex::add(const IndexEntry& entry) {
  if (entries_.size() == run_length_) TRY_VOID(write_run());
  entries_.push_back(entry);
  return {};
}

Result<void> TimeIndex::write_run() {
  if (!file_) {
    TRY(file_, open_temporary(spool_folder_));
  }
  std::sort(entries_.begin(), entries_.end());
  const std::span<const uint8_t> bytes = bytes_of(entries_);
  TRY_VOID(write_at(file_->get(), written_, bytes));
  runs_.push_back({written_, written_ + bytes.size(), {}, 0});
  written_ += bytes.size();
  entries_.clear();
  return {};
}

Result<void> TimeIndex::finish() {
  if (runs_.empty()) {
    std::sort(entries_.begin(), entries_.end());
    return {};
  }
  if (!entries_.empty()) TRY_VOID(write_run());
  entries_ = {};
  const auto later = [this](size_t a, size_t b) {
    return runs_[b].buffer[runs_[b].position] < runs_[a].buffer[runs_[a].position];
  };
  for (size_t i = 0; i < runs_.size(); ++i) {
    TRY_VOID(fill(runs_[i]));
    heap_.push_back(i);
    std::push_heap(heap_.begin(), heap_.end(), later);
  }
  return {};
}

Result<bool> TimeIndex::fill(Run& run) {
  const uint64_t left = (run.end - run.offset) / sizeof(IndexEntry);
  run.buffer.resize(std::min<uint64_t>(left, read_entries));
  run.position = 0;
  if (run.buffer.empty()) return false;
  const size_t size = run.buffer.size() * sizeof(IndexEntry);
  TRY_VOID(
      read_at(file_->get(), run.offset, {reinterpret_cast<uint8_t*>(run.buffer.data()), size}));
  run.offset += size;
  return true;
}

Result<std::optional<IndexEntry>> TimeIndex::next() {
  if (runs_.empty()) {
    if (position_ == entries_.size()) return std::nullopt;
    return entries_[position_++];
  }
  if (heap_.empty()) return std::nullopt;
  const auto later = [this](size_t a, size_t b) {
    return runs_[b].buffer[runs_[b].position] < runs_[a].buffer[runs_[a].position];
  };
  std::pop_heap(heap_.begin(), heap_.end(), later);
  Run& run = runs_[heap_.back()];
  const IndexEntry entry = run.buffer[run.position++];
  bool more = run.position < run.buffer.size();
  if (!more) {
    TRY(more, fill(run));
  }
  if (more)
    std::push_heap(heap_.begin(), heap_.end(), later);
  else
    heap_.pop_back();
  return entry;
}

}  // namespace yagura::capture
