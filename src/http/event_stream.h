// SPDX-License-Identifier: Apache-2.0
//
// Live data as server-sent events (WHATWG HTML 9.2): one publishes, many read, none waits.
//
// Each subscriber has a queue with a bound. Who reads too slowly loses its oldest messages and is
// told how many by `event: dropped` with {"messages":N} in front of the next one, so the publisher
// (a live capture) is never slowed.
//
// All functions are thread-safe. Publishing costs one formatting and, per subscriber, a lock that
// is held for a push.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "http/message.h"

namespace yagura::http {

struct EventHubOptions {
  size_t queue_messages = 256;           // per subscriber
  size_t queue_bytes = size_t{1} << 20;  // per subscriber; one longer message is dropped
  size_t subscribers = 64;               // further ones are refused
};

struct EventCounts {
  uint64_t published = 0;    // messages
  uint64_t sent = 0;         // messages times subscribers that took them
  uint64_t dropped = 0;      // messages times subscribers that lost them
  uint64_t subscribers = 0;  // now
};

// One reader's queue. Made by the hub, read by the server's connection.
class EventSubscription {
 public:
  explicit EventSubscription(const EventHubOptions& options) : options_(options) {}

  // What is to be sent next, formatted, several messages at once; empty when there is nothing.
  std::string take();
  bool closed() const;  // by the hub or the reader: nothing comes any more
  void close();
  // `wake` is called, once, when something is there to be taken or the subscription is closed; at
  // once if that is so already. It must not block and not call back into this subscription. An
  // empty function disarms: after the call returns the old one does not run.
  void wake_by(std::function<void()> wake);

 private:
  friend class EventHub;
  using Message = std::shared_ptr<const std::string>;  // one text, in the queues of many

  void push(const Message& message);
  void wake() YAGURA_REQUIRES(mutex_);

  const EventHubOptions options_;
  mutable Mutex mutex_;
  std::deque<Message> queue_ YAGURA_GUARDED_BY(mutex_);
  size_t queued_bytes_ YAGURA_GUARDED_BY(mutex_) = 0;
  uint64_t dropped_ YAGURA_GUARDED_BY(mutex_) = 0;  // since it was told
  uint64_t dropped_in_all_ YAGURA_GUARDED_BY(mutex_) = 0;
  uint64_t sent_ YAGURA_GUARDED_BY(mutex_) = 0;
  bool closed_ YAGURA_GUARDED_BY(mutex_) = false;
  std::function<void()> wake_ YAGURA_GUARDED_BY(mutex_);
};

class EventHub {
 public:
  explicit EventHub(EventHubOptions options = {}) : options_(options) {}
  ~EventHub();  // closes
  EventHub(const EventHub&) = delete;
  EventHub& operator=(const EventHub&) = delete;

  // Never waits for a reader. `event` is a word of our own (letters, digits, '-', '_'), `data` any
  // text, usually JSON.
  void publish(std::string_view event, std::string_view data);
  // Whether anybody listens: spares making messages for nobody.
  bool has_subscribers() const;

  // An event-stream response, or a 503 where there are too many subscribers or the hub is closed.
  Response subscribe();
  EventCounts counts() const;
  void close();  // ends every stream, and those to come

 private:
  void forget_closed() const YAGURA_REQUIRES(mutex_);

  const EventHubOptions options_;
  mutable Mutex mutex_;
  mutable std::vector<std::shared_ptr<EventSubscription>> subscribers_ YAGURA_GUARDED_BY(mutex_);
  mutable EventCounts past_ YAGURA_GUARDED_BY(mutex_);  // of those that are gone
  bool closed_ YAGURA_GUARDED_BY(mutex_) = false;
};

// One message of the stream: "event: NAME\ndata: ...\n\n", a data line for each line of `data`.
std::string format_event(std::string_view event, std::string_view data);

}  // namespace yagura::http
