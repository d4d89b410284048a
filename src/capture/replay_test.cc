// SPDX-License-Identifier: Apache-2.0
#include "capture/replay.h"

#include <gtest/gtest.h>

#include "capture/captures_for_tests.h"

namespace yagura::capture {
namespace {

using testing::some_syns;
using testing::TestFrame;

constexpr int64_t second = 1'000'000'000;
constexpr int64_t recorded = 1'200'000'000 * second;
constexpr int64_t begun = 1'700'000'000 * second;

class ReplayTest : public ::testing::Test {
 protected:
  std::unique_ptr<PacketSource> file(const std::vector<int64_t>& times) {
    std::vector<TestFrame> frames = some_syns(times.size());
    for (size_t i = 0; i < times.size(); ++i) frames[i].time = recorded + times[i];
    const auto path = folder_.write("capture.pcap", testing::pcap_file(frames));
    auto source = open_files({{path, 0}}, {});
    EXPECT_TRUE(source) << source.error().message();
    return std::move(*source);
  }
  ReplaySource replay(const std::vector<int64_t>& times, double speed) {
    ReplayOptions options;
    options.speed = speed;
    options.clock = [this] { return now_; };
    return ReplaySource(file(times), options);
  }
  // What is handed out at `time`, as times since the replay began.
  std::vector<int64_t> due_at(ReplaySource& source, int64_t time) {
    now_ = Timestamp{begun + time};
    std::vector<int64_t> times;
    PacketBatch batch;
    do {
      EXPECT_TRUE(source.next(batch));
      for (const Packet& packet : batch) times.push_back(packet.time.nanoseconds - begun);
    } while (!batch.empty());
    return times;
  }

  TemporaryFolder folder_;
  Timestamp now_{begun};
};

using Times = std::vector<int64_t>;

TEST_F(ReplayTest, HandsOutAPacketWhenItsTimeHasCome) {
  ReplaySource source = replay({0, second, 2 * second}, 1);
  EXPECT_EQ(due_at(source, 0), Times({0}));
  EXPECT_EQ(source.due(), Timestamp{begun + second});
  EXPECT_EQ(due_at(source, second - 1), Times());
  EXPECT_EQ(due_at(source, second), Times({second}));
  EXPECT_FALSE(source.finished());
  EXPECT_EQ(due_at(source, 9 * second), Times({2 * second})) << "its own time, however late";
  EXPECT_TRUE(source.finished());
}

TEST_F(ReplayTest, DividesTheTimeBetweenPacketsByTheSpeed) {
  ReplaySource source = replay({0, 10 * second, 20 * second}, 10);
  EXPECT_EQ(due_at(source, 0), Times({0}));
  EXPECT_EQ(due_at(source, second), Times({second}));
  EXPECT_EQ(due_at(source, 2 * second), Times({2 * second}));
}

TEST_F(ReplayTest, ShortensGapsThatNobodyWouldWaitFor) {
  ReplaySource source = replay({0, 86'400 * second, 86'401 * second}, 1);
  EXPECT_EQ(due_at(source, 0), Times({0}));
  EXPECT_EQ(due_at(source, 4 * second), Times());
  EXPECT_EQ(due_at(source, 6 * second), Times({5 * second, 6 * second}));
  ReplaySource fast = replay({0, 86'400 * second}, 86'400);
  EXPECT_EQ(due_at(fast, 0), Times({0}));
  EXPECT_EQ(due_at(fast, second), Times({second})) << "a day is one second at this speed";
}

TEST_F(ReplayTest, AtFullSpeedStampsPacketsWithTheClock) {
  ReplaySource source = replay({0, 5 * second, 9 * second}, 0);
  EXPECT_EQ(due_at(source, 7), Times({7, 7, 7}));
  EXPECT_TRUE(source.finished());
}

TEST_F(ReplayTest, NeverGoesBackWithTheClock) {
  std::vector<int64_t> times(batch_capacity + 1);
  for (size_t i = 0; i < times.size(); ++i) times[i] = static_cast<int64_t>(i);
  ReplaySource source = replay(times, 0);
  PacketBatch batch;
  now_ = Timestamp{begun + second};
  ASSERT_TRUE(source.next(batch));
  EXPECT_EQ(batch.back().time, now_);
  now_ = Timestamp{begun};
  ASSERT_TRUE(source.next(batch));
  ASSERT_EQ(batch.size(), 1U);
  EXPECT_EQ(batch[0].time, Timestamp{begun + second});
}

TEST_F(ReplayTest, AShiftedFileIsMergedAtItsNewTime) {
  auto frames = some_syns(2);
  frames[0].time = recorded;
  frames[1].time = recorded + 10;
  const auto early = folder_.write("early.pcap", testing::pcap_file(frames));
  frames[0].time = recorded + 1000 * second;
  frames[1].time = recorded + 1000 * second + 4;
  const auto late = folder_.write("late.pcap", testing::pcap_file(frames));
  InputSpecification moved{late, 1};
  moved.shift = Duration{5} - Duration::seconds(1000);
  auto source = open_files({{early, 0}, moved}, {});
  ASSERT_TRUE(source);
  Times times;
  std::vector<int> sensors;
  PacketBatch batch;
  while (!(*source)->finished()) {
    ASSERT_TRUE((*source)->next(batch));
    for (const Packet& packet : batch) {
      times.push_back(packet.time.nanoseconds - recorded);
      sensors.push_back(packet.sensor);
    }
  }
  EXPECT_EQ(times, Times({0, 5, 9, 10}));
  EXPECT_EQ(sensors, std::vector<int>({0, 1, 1, 0}));
}

}  // namespace
}  // namespace yagura::capture
