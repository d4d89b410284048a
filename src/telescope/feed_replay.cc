// SPDX-License-Identifier: Apache-2.0
#include "telescope/feed_replay.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/log.h"

namespace yagura::telescope {
namespace {

// How long before now the past of a repeated replay ends.
constexpr Duration moment = Duration::milliseconds(1);

}  // namespace

ReplayFeed::ReplayFeed(Telescope& telescope, state::Sensor sensor, FeedWatchers watchers,
                       ReplayFeedOptions options)
    : ingest_(telescope, std::move(sensor), std::move(watchers)), options_(std::move(options)) {
  batch_.reserve(capture::batch_capacity);
  status_.sensor = ingest_.sensor().name;
  status_.kind = FeedKind::replay;
  for (const auto& input : options_.inputs)
    status_.name += (status_.name.empty() ? "" : ", ") + input.path.filename().string();
}

// Opens the past, or the first round where there is none to be had.
Result<void> ReplayFeed::begin(Clocks now) {
  begun_ = true;
  status_.state = FeedState::running;
  if (!options_.repeat) return open_round();
  Timestamp first = now.wall;
  for (capture::InputSpecification& input : options_.inputs) {
    if (!input.scan->first) continue;
    input.shift = now.wall - moment - *input.scan->last;
    first = std::min(first, *input.scan->first + input.shift);
  }
  // A folder that was replayed into before has a past already.
  TRY(const auto runs, state::runs(ingest_.telescope().database(), ingest_.sensor().id));
  if (!runs.empty() && first < runs.back().last) return open_round();
  TRY(source_, capture::open_files(options_.inputs, {.decode = options_.decode}));
  return {};
}

Result<void> ReplayFeed::open_round() {
  TRY(auto files, capture::open_files(options_.inputs, {.decode = options_.decode}));
  capture::ReplayOptions replay;
  replay.speed = options_.speed;
  replay.clock = options_.clock;
  auto source = std::make_unique<capture::ReplaySource>(std::move(files), std::move(replay));
  replay_ = source.get();
  source_ = std::move(source);
  return {};
}

Result<bool> ReplayFeed::fail(const std::string& why) {
  log_error("the replay ended: " + why);
  status_.state = FeedState::failed;
  status_.detail = why;
  source_.reset();
  replay_ = nullptr;
  TRY_VOID(ingest_.finish());
  return false;
}

Result<bool> ReplayFeed::step(Clocks now) {
  if (!begun_) {
    if (const auto opened = begin(now); !opened) return fail(opened.error().message());
  }
  if (!source_) return false;
  if (const auto read = source_->next(batch_); !read) return fail(read.error().message());
  // Of the past only the rows are wanted.
  TRY_VOID(ingest_.add(batch_, replay_ != nullptr));
  if (!ingest_.refusal().empty()) return fail(ingest_.refusal());
  status_.dark_packets = ingest_.dark_packets();
  status_.late = ingest_.late();
  status_.last_packet = ingest_.last();
  status_.frames = frames_before_;
  for (const auto& summary : source_->summaries()) status_.frames += summary.counts.frames;
  if (source_->finished()) return end_round();
  return !batch_.empty();
}

Result<bool> ReplayFeed::end_round() {
  frames_before_ = status_.frames;
  source_.reset();
  replay_ = nullptr;
  if (options_.repeat) {
    TRY_VOID(ingest_.checkpoint());
    if (const auto opened = open_round(); !opened) return fail(opened.error().message());
    return true;
  }
  TRY_VOID(ingest_.finish());
  status_.state = FeedState::ended;
  log_info("the replay of " + status_.name + " has ended");
  return false;
}

Timestamp ReplayFeed::idle_until(Clocks now) const {
  return replay_ != nullptr ? replay_->due() : now.wall + Duration::hours(1);
}

Result<void> ReplayFeed::finish() {
  source_.reset();
  replay_ = nullptr;
  TRY_VOID(ingest_.finish());
  if (status_.state != FeedState::failed) status_.state = FeedState::ended;
  return {};
}

}  // namespace yagura::telescope
