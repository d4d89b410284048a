// SPDX-License-Identifier: Apache-2.0
#include "http/worker_pool.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <latch>
#include <utility>
#include <vector>

namespace yagura::http {
namespace {

TEST(WorkerPoolTest, RefusesWhatItsQueueCannotHold) {
  const auto pool = std::move(*WorkerPool::create(1, 2));
  std::latch started(1), go(1);
  std::atomic<int> ran = 0;
  ASSERT_TRUE(pool->submit([&](size_t) {
    started.count_down();
    go.wait();
  }));
  started.wait();
  const auto count = [&](size_t) { ++ran; };
  EXPECT_TRUE(pool->submit(count));
  EXPECT_TRUE(pool->submit(count));
  EXPECT_FALSE(pool->submit(count));
  EXPECT_EQ(pool->waiting(), 2u);
  go.count_down();
  pool->stop();
  EXPECT_EQ(ran, 2);
  EXPECT_FALSE(pool->submit(count));
  EXPECT_EQ(pool->waiting(), 0u);
}

TEST(WorkerPoolTest, TellsWhatItDropsThatItIsDropped) {
  const auto pool = std::move(*WorkerPool::create(1, 8));
  std::latch started(1), go(1);
  ASSERT_TRUE(pool->submit([&](size_t) {
    started.count_down();
    go.wait();
  }));
  started.wait();
  std::vector<size_t> workers;
  for (int i = 0; i < 3; ++i)
    ASSERT_TRUE(pool->submit([&](size_t worker) { workers.push_back(worker); }));
  pool->drop_waiting();
  EXPECT_EQ(workers, std::vector<size_t>(3, WorkerPool::dropped));
  EXPECT_FALSE(pool->submit([](size_t) {}));
  go.count_down();
  pool->stop();
}

TEST(WorkerPoolTest, NumbersItsWorkersAndUsesThemAll) {
  constexpr size_t workers = 3;
  const auto pool = std::move(*WorkerPool::create(workers, 8));
  std::array<std::atomic<int>, workers> ran{};
  std::latch all(workers);
  for (size_t i = 0; i < workers; ++i) {
    ASSERT_TRUE(pool->submit([&](size_t worker) {
      ++ran[worker];
      all.arrive_and_wait();  // so that each takes one
    }));
  }
  all.wait();
  pool->stop();
  for (const auto& count : ran) EXPECT_EQ(count, 1);
}

}  // namespace
}  // namespace yagura::http
