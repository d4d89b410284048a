// SPDX-License-Identifier: Apache-2.0
#include "http/event_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace yagura::http {
namespace {

// What one `take` hands out at most, but for the last message: bounds the buffer of a write.
constexpr size_t most_at_once = size_t{64} << 10;

bool is_event_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
}

}  // namespace

std::string format_event(std::string_view event, std::string_view data) {
  CHECK(is_event_name(event));
  std::string text = fmt::format("event: {}\n", event);
  bool more = true;
  while (more) {
    const size_t end = data.find_first_of("\r\n");
    more = end != std::string_view::npos;
    text += fmt::format("data: {}\n", data.substr(0, end));
    if (more) data.remove_prefix(end + (data.substr(end).starts_with("\r\n") ? 2 : 1));
  }
  return text + '\n';
}

std::string EventSubscription::take() {
  const MutexLock lock(mutex_);
  std::string text;
  if (dropped_ > 0)
    text = format_event("dropped", fmt::format("{{\"messages\":{}}}", std::exchange(dropped_, 0)));
  while (!queue_.empty() && text.size() < most_at_once) {
    text += *queue_.front();
    queued_bytes_ -= queue_.front()->size();
    queue_.pop_front();
    ++sent_;
  }
  return text;
}

bool EventSubscription::closed() const {
  const MutexLock lock(mutex_);
  return closed_;
}

void EventSubscription::close() {
  const MutexLock lock(mutex_);
  closed_ = true;
  wake();
}

void EventSubscription::wake_by(std::function<void()> function) {
  const MutexLock lock(mutex_);
  wake_ = std::move(function);
  if (closed_ || dropped_ > 0 || !queue_.empty()) wake();
}

void EventSubscription::push(const Message& message) {
  const MutexLock lock(mutex_);
  if (closed_) return;
  queue_.push_back(message);
  queued_bytes_ += message->size();
  while (queue_.size() > options_.queue_messages || queued_bytes_ > options_.queue_bytes) {
    queued_bytes_ -= queue_.front()->size();
    queue_.pop_front();
    ++dropped_;
    ++dropped_in_all_;
  }
  wake();
}

void EventSubscription::wake() {
  if (const auto function = std::exchange(wake_, {})) function();
}

EventHub::~EventHub() { close(); }

void EventHub::publish(std::string_view event, std::string_view data) {
  const MutexLock lock(mutex_);
  ++past_.published;
  forget_closed();
  if (subscribers_.empty()) return;
  const auto message = std::make_shared<const std::string>(format_event(event, data));
  for (const auto& subscriber : subscribers_) subscriber->push(message);
}

bool EventHub::has_subscribers() const {
  const MutexLock lock(mutex_);
  forget_closed();
  return !subscribers_.empty();
}

Response EventHub::subscribe() {
  const MutexLock lock(mutex_);
  forget_closed();
  if (closed_) return problem(503, "the stream has ended");
  if (subscribers_.size() >= options_.subscribers) {
    Response refusal = problem(503, "too many are listening already");
    refusal.headers.set("Retry-After", "30");
    return refusal;
  }
  Response response;
  response.content_type = "text/event-stream";
  response.events = std::make_shared<EventSubscription>(options_);
  subscribers_.push_back(response.events);
  return response;
}

EventCounts EventHub::counts() const {
  const MutexLock lock(mutex_);
  forget_closed();
  EventCounts counts = past_;
  counts.subscribers = subscribers_.size();
  for (const auto& subscriber : subscribers_) {
    const MutexLock inner(subscriber->mutex_);
    counts.sent += subscriber->sent_;
    counts.dropped += subscriber->dropped_in_all_;
  }
  return counts;
}

void EventHub::close() {
  const MutexLock lock(mutex_);
  closed_ = true;
  for (const auto& subscriber : subscribers_) subscriber->close();
}

void EventHub::forget_closed() const {
  std::vector<std::shared_ptr<EventSubscription>> gone;  // end after their locks
  for (auto& subscriber : subscribers_) {
    const MutexLock inner(subscriber->mutex_);
    if (!subscriber->closed_) continue;
    past_.sent += subscriber->sent_;
    past_.dropped += subscriber->dropped_in_all_;
    gone.push_back(std::move(subscriber));
  }
  std::erase(subscribers_, nullptr);
}

}  // namespace yagura::http
