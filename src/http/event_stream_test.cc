// SPDX-License-Identifier: Apache-2.0
#include "http/event_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace yagura::http {
namespace {

using ::testing::HasSubstr;

TEST(EventStreamTest, FormatsAMessageByTheStandard) {
  EXPECT_EQ(format_event("scan", R"({"a":1})"), "event: scan\ndata: {\"a\":1}\n\n");
  EXPECT_EQ(format_event("x", ""), "event: x\ndata: \n\n");
  // A line end in the data must not end the message.
  EXPECT_EQ(format_event("x", "a\nb\r\nc\rd\n"),
            "event: x\ndata: a\ndata: b\ndata: c\ndata: d\ndata: \n\n");
}

TEST(EventStreamTest, EverySubscriberGetsEveryMessageInOrder) {
  EventHub hub;
  hub.publish("early", "nobody hears it");
  const Response a = hub.subscribe(), b = hub.subscribe();
  EXPECT_EQ(a.content_type, "text/event-stream");
  hub.publish("x", "1");
  hub.publish("x", "2");
  for (const auto* response : {&a, &b})
    EXPECT_EQ(response->events->take(), "event: x\ndata: 1\n\nevent: x\ndata: 2\n\n");
  EXPECT_EQ(a.events->take(), "");
  EXPECT_EQ(hub.counts().published, 3u);
  EXPECT_EQ(hub.counts().sent, 4u);
  EXPECT_EQ(hub.counts().dropped, 0u);
  EXPECT_EQ(hub.counts().subscribers, 2u);
}

TEST(EventStreamTest, ASlowReaderLosesTheOldestAndIsToldHowMany) {
  EventHubOptions options;
  options.queue_messages = 3;
  EventHub hub(options);
  const Response slow = hub.subscribe();
  for (int i = 0; i < 3; ++i) hub.publish("x", std::to_string(i));
  EXPECT_EQ(hub.counts().dropped, 0u);
  hub.publish("x", "3");
  hub.publish("x", "4");
  EXPECT_EQ(hub.counts().dropped, 2u);
  EXPECT_EQ(slow.events->take(),
            "event: dropped\ndata: {\"messages\":2}\n\n"
            "event: x\ndata: 2\n\nevent: x\ndata: 3\n\nevent: x\ndata: 4\n\n");
  hub.publish("x", "5");
  EXPECT_EQ(slow.events->take(), "event: x\ndata: 5\n\n");
}

TEST(EventStreamTest, TheQueueIsBoundedInBytesToo) {
  EventHubOptions options;
  options.queue_bytes = 100;
  EventHub hub(options);
  const Response reader = hub.subscribe();
  const std::string forty(40 - format_event("x", "").size(), 'a');
  hub.publish("x", forty);
  hub.publish("x", forty);
  EXPECT_EQ(hub.counts().dropped, 0u);
  hub.publish("x", forty);
  EXPECT_EQ(hub.counts().dropped, 1u);
  hub.publish("x", std::string(200, 'b'));  // longer than the queue: gone, and all before it
  EXPECT_EQ(hub.counts().dropped, 4u);
  EXPECT_EQ(reader.events->take(), "event: dropped\ndata: {\"messages\":4}\n\n");
}

TEST(EventStreamTest, HandsOutABoundedPieceAtATime) {
  EventHub hub;
  const Response reader = hub.subscribe();
  for (int i = 0; i < 100; ++i) hub.publish("x", std::string(2000, 'a'));
  EXPECT_LT(reader.events->take().size(), size_t{70} << 10);
  EXPECT_FALSE(reader.events->take().empty());
}

TEST(EventStreamTest, WakesItsReaderOnce) {
  EventHub hub;
  const Response reader = hub.subscribe();
  int woken = 0;
  const auto wake = [&] { ++woken; };
  reader.events->wake_by(wake);
  EXPECT_EQ(woken, 0);
  hub.publish("x", "1");
  hub.publish("x", "2");
  EXPECT_EQ(woken, 1);
  reader.events->wake_by(wake);  // something is there already
  EXPECT_EQ(woken, 2);
  reader.events->take();
  reader.events->wake_by(wake);
  reader.events->wake_by({});
  hub.publish("x", "3");
  EXPECT_EQ(woken, 2);
  reader.events->take();
  reader.events->wake_by(wake);
  hub.close();
  EXPECT_EQ(woken, 3);
}

TEST(EventStreamTest, ForgetsReadersThatAreGoneButNotWhatTheyGot) {
  EventHub hub;
  const Response reader = hub.subscribe();
  hub.publish("x", "1");
  reader.events->take();
  EXPECT_TRUE(hub.has_subscribers());
  reader.events->close();
  EXPECT_FALSE(hub.has_subscribers());
  hub.publish("x", "2");
  EXPECT_EQ(reader.events->take(), "");
  EXPECT_EQ(hub.counts().sent, 1u);
  EXPECT_EQ(hub.counts().subscribers, 0u);
}

TEST(EventStreamTest, RefusesMoreSubscribersThanItMayHave) {
  EventHubOptions options;
  options.subscribers = 1;
  EventHub hub(options);
  const Response first = hub.subscribe();
  const Response second = hub.subscribe();
  EXPECT_EQ(second.status, 503);
  EXPECT_FALSE(second.events);
  EXPECT_TRUE(second.headers.find("Retry-After"));
  first.events->close();
  EXPECT_TRUE(hub.subscribe().events);
  hub.close();
  EXPECT_EQ(hub.subscribe().status, 503);
}

TEST(EventStreamTest, CountsEachMessageOnceWithManyThreads) {
  EventHubOptions options;
  options.queue_messages = 16;
  EventHub hub(options);
  constexpr uint64_t messages = 2000;
  constexpr size_t readers = 3;
  std::atomic<size_t> subscribed = 0;
  std::vector<std::thread> threads;
  std::vector<std::string> got(readers);
  for (size_t i = 0; i < readers; ++i) {
    threads.emplace_back([&, i] {
      const Response response = hub.subscribe();
      ++subscribed;
      while (true) {
        const std::string text = response.events->take();
        got[i] += text;
        if (text.empty() && response.events->closed()) return;
        if (text.empty()) std::this_thread::yield();
      }
    });
  }
  while (subscribed < readers) std::this_thread::yield();
  for (uint64_t i = 0; i < messages; ++i) hub.publish("x", std::to_string(i));
  const EventCounts before = hub.counts();
  hub.close();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(before.published, messages);
  for (const std::string& text : got) EXPECT_THAT(text, HasSubstr("data: 1999\n"));
}

}  // namespace
}  // namespace yagura::http
