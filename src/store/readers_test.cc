// SPDX-License-Identifier: Apache-2.0
#include "store/readers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <latch>
#include <set>
#include <string>
#include <thread>

namespace yagura::store {
namespace {

class NoStore final : public Connection {
 public:
  Result<void> execute(std::string_view, const Parameters&) override { return {}; }
  Result<Block> query(std::string_view, const Parameters&) override { return Block(); }
  Result<void> stream(std::string_view, const Parameters&,
                      const std::function<Result<void>(Block&)>&) override {
    return {};
  }
  Result<void> insert(std::string_view, std::string_view,
                      std::span<const std::string_view>) override {
    return {};
  }
};

std::vector<std::unique_ptr<Connection>> connections(size_t count) {
  std::vector<std::unique_ptr<Connection>> made(count);
  for (auto& connection : made) connection = std::make_unique<NoStore>();
  return made;
}

TEST(Readers, RunJobsAtTheSameTimeEachWithAConnectionOfItsOwn) {
  Readers readers(connections(2));
  NoStore own;
  std::latch all_have_begun(3);
  std::vector<Connection*> used(3);
  std::vector<Readers::Job> jobs;
  for (size_t i = 0; i < 3; ++i)
    jobs.emplace_back([&, i](Connection& connection) -> Result<void> {
      all_have_begun.arrive_and_wait();  // for ever, if they ran one after the other
      used[i] = &connection;
      return {};
    });
  EXPECT_TRUE(readers.run(own, jobs));
  EXPECT_EQ(std::set(used.begin(), used.end()).size(), 3u);
  EXPECT_EQ(std::ranges::count(used, &own), 1);
}

TEST(Readers, WaitForAllAndGiveTheFirstFailure) {
  Readers readers(connections(1));
  NoStore own;
  std::atomic<int> ended = 0;
  std::vector<Readers::Job> jobs;
  for (int i = 0; i < 20; ++i)
    jobs.emplace_back([&ended, i](Connection&) -> Result<void> {
      ++ended;
      if (i == 7 || i == 12) return failure("job " + std::to_string(i));
      return {};
    });
  const Result<void> result = readers.run(own, jobs);
  EXPECT_EQ(ended, 20);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().message(), "job 7");
  EXPECT_TRUE(readers.run(own, {}));
}

TEST(Readers, ServeManyQuestionsAtOnce) {
  constexpr int questions = 8, rounds = 200, jobs_of_each = 5;
  std::atomic<int> ended = 0;
  {
    Readers readers(connections(2));
    std::vector<std::thread> threads;
    for (int i = 0; i < questions; ++i)
      threads.emplace_back([&] {
        NoStore own;
        for (int round = 0; round < rounds; ++round) {
          std::array<int, jobs_of_each> done{};
          std::vector<Readers::Job> jobs;
          for (int& job : done)
            jobs.emplace_back([&job](Connection&) -> Result<void> {
              ++job;
              return {};
            });
          if (!readers.run(own, jobs)) return;
          for (const int times : done) ended += times;
        }
      });
    for (std::thread& thread : threads) thread.join();
  }
  EXPECT_EQ(ended, questions * rounds * jobs_of_each);
}

}  // namespace
}  // namespace yagura::store
