// SPDX-License-Identifier: Apache-2.0
#include "telescope/feed_interface.h"

#include <fmt/core.h>

#include <utility>

#include "base/log.h"

namespace yagura::telescope {
namespace {

constexpr Duration retry_interval = Duration::seconds(3);
// The kernel's counts and the content hash are asked for this often.
constexpr Duration refresh_interval = Duration::milliseconds(500);

void add(const capture::InputCounts& more, capture::InputCounts& counts) {
  counts.frames += more.frames;
  counts.packets += more.packets;
  counts.bytes += more.bytes;
  for (size_t i = 0; i < counts.rejected.size(); ++i) counts.rejected[i] += more.rejected[i];
  counts.kernel_drops += more.kernel_drops;
  counts.queue_drops += more.queue_drops;
  counts.late += more.late;
}

}  // namespace

InterfaceFeed::InterfaceFeed(Telescope& telescope, state::Sensor sensor, FeedWatchers watchers,
                             capture::LiveSourceOptions options)
    : ingest_(telescope, std::move(sensor), std::move(watchers)), options_(std::move(options)) {
  options_.sensor = 0;
  batch_.reserve(capture::batch_capacity);
  status_.sensor = ingest_.sensor().name;
  status_.kind = FeedKind::interface;
  status_.name = options_.interface;
}

Result<void> InterfaceFeed::open() {
  TRY(source_, capture::open_live(options_));
  resume();
  return {};
}

void InterfaceFeed::resume() {
  if (status_.state == FeedState::failed)
    log_info(fmt::format("capturing on {} again", options_.interface));
  status_.state = FeedState::running;
  status_.detail.clear();
}

// Says so once, and leaves the rest to step().
void InterfaceFeed::fail(const std::string& why, Clocks now) {
  retry_ = now.steady + retry_interval;
  if (status_.state != FeedState::failed) log_error(fmt::format("{}; trying again", why));
  status_.state = FeedState::failed;
  status_.detail = why;
}

void InterfaceFeed::close() {
  update_status();
  if (summary_.first) {
    ingest_.note(input_record(summary_, ingest_.sensor().id));
    if (!closed_.first) closed_.first = summary_.first;
    closed_.last = summary_.last;
  }
  closed_.name = summary_.name;
  add(summary_.counts, closed_.counts);
  summary_ = {};
  source_.reset();
}

Result<bool> InterfaceFeed::step(Clocks now) {
  if (!source_) {
    if (now.steady < retry_) return false;
    if (const auto opened = open(); !opened) {
      fail(opened.error().message(), now);
      return false;
    }
  }
  return take_batch(now);
}

Result<bool> InterfaceFeed::take_batch(Clocks now) {
  if (const auto read = source_->next(batch_); !read) {
    close();
    fail(read.error().message(), now);
    return false;
  }
  if (!batch_.empty()) {
    TRY_VOID(ingest_.add(batch_, true));
    if (!ingest_.refusal().empty())
      fail(ingest_.refusal(), now);
    else if (status_.state == FeedState::failed)
      resume();
  }
  if (now.steady >= refresh_) {
    refresh_ = now.steady + refresh_interval;
    update_status();
  }
  return !batch_.empty();
}

void InterfaceFeed::update_status() {
  if (source_) summary_ = source_->summaries()[0];
  capture::InputCounts counts = closed_.counts;
  add(summary_.counts, counts);
  status_.frames = counts.frames;
  status_.kernel_drops = counts.kernel_drops;
  status_.queue_drops = counts.queue_drops;
  status_.late = counts.late + ingest_.late();
  status_.dark_packets = ingest_.dark_packets();
  status_.last_packet = ingest_.last();
}

Result<void> InterfaceFeed::finish() {
  if (source_) {
    source_->stop();  // the packets of the last seconds are still held back, to come in order
    while (!source_->finished()) {
      if (const auto read = source_->next(batch_); !read) break;
      TRY_VOID(ingest_.add(batch_, true));
    }
    close();
  }
  TRY_VOID(ingest_.finish());
  status_.state = FeedState::ended;
  return {};
}

}  // namespace yagura::telescope
