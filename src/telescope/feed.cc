// SPDX-License-Identifier: Apache-2.0
#include "telescope/feed.h"

#include <utility>

namespace yagura::telescope {

FeedIngest::FeedIngest(Telescope& telescope, state::Sensor sensor, FeedWatchers watchers)
    : telescope_(telescope), sensor_(std::move(sensor)), watchers_(std::move(watchers)) {
  dark_.reserve(capture::batch_capacity);
}

Result<bool> FeedIngest::accepts(Timestamp first, Timestamp last) {
  refusal_.clear();
  if (!ingest_) {
    bool refused = false;
    auto begun = SensorIngest::begin(telescope_, sensor_, first, ActivityAt::window_end,
                                     {&dark_, watchers_.rows, watchers_.commit}, &refused);
    if (!begun && refused) {
      refusal_ = begun.error().message();
      return false;
    }
    TRY(ingest_, std::move(begun));
  }
  if (const auto follows = ingest_->check_follows(first, last); !follows)
    refusal_ = follows.error().message();
  return refusal_.empty();
}

Result<void> FeedIngest::add(const capture::PacketBatch& batch, bool show) {
  refusal_.clear();
  for (const capture::Packet& packet : batch) {
    if (ingest_ && packet.time < ingest_->last()) {
      ++late_;
      continue;
    }
    TRY(const bool accepted, accepts(packet.time, packet.time));
    if (!accepted) break;
    coverage_.add(packet.time);
    TRY_VOID(ingest_->add(packet));
    last_ = packet.time;
  }
  dark_packets_ += dark_.size();
  if (show && watchers_.tap && !dark_.empty()) watchers_.tap(dark_);
  dark_.clear();
  return {};
}

Result<void> FeedIngest::checkpoint() {
  if (!ingest_) return {};
  return ingest_->checkpoint(std::exchange(inputs_, {}), coverage_.take(sensor_.id));
}

Result<void> FeedIngest::show_open() { return ingest_ ? ingest_->show_open() : Result<void>{}; }

Result<void> FeedIngest::follow_registry() {
  return ingest_ ? ingest_->follow_registry() : Result<void>{};
}

Result<void> FeedIngest::finish() {
  if (!ingest_) return {};
  TRY_VOID(ingest_->finish(std::exchange(inputs_, {}), coverage_.take(sensor_.id)));
  rows_ += ingest_->rows();
  ingest_.reset();
  return {};
}

}  // namespace yagura::telescope
