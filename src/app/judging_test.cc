// SPDX-License-Identifier: Apache-2.0
//
// The thread that judges, over a real store. Whoever owns the writing side is played by the test:
// it sees each set of findings, may refuse it, and tells the test's thread when all are written.
#include "app/judging.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <latch>
#include <mutex>

#include "telescope/synchrony_detector.h"
#include "telescope/telescope_for_tests.h"

namespace yagura::app {
namespace {

using telescope::Frames;
using telescope::Telescope;
using testing::Each;
using testing::HasSubstr;
using testing::IsSupersetOf;

// What the owner of the writing side does with one set of findings, in place of writing it.
using Work = std::function<Result<void>(Telescope&)>;
using Writing = std::function<Result<void>(const Work& work, Telescope& telescope)>;

// A seed of traffic whose last hour, too, has an alarm.
constexpr uint64_t with_news = 45;

class JudgingTest : public telescope::TelescopeTest {
 protected:
  static constexpr const char* all_windows =
      "SELECT * EXCEPT (run) FROM synchrony_window ORDER BY sensor, time";

  // Opens a folder of its own, whose frames are read.
  void open_read(const std::string& name, Frames frames) {
    data_ = {};
    open(name);
    read(*telescope_, frames);
    data_.settings.synchrony_history = 12;
    data_.settings.synchrony_left_out = "";
    data_.settings.commit_interval = {};  // each window is written by itself
    data_.telescope = std::move(telescope_);
    written_ = 0;
    batches_.clear();
    told_.clear();
  }
  Telescope& folder() { return *data_.telescope; }
  std::vector<std::string> judged() { return rows_of(folder(), "judged", all_windows); }

  // What is to be found: judged by hand, in one go, in a folder of its own.
  std::vector<std::string> expected(Frames frames) {
    open_read("expected", frames);
    telescope::SynchronyDetector detector(folder().key(), {.left_out = {}, .history = 12});
    const auto findings =
        detector.judge(folder().reader(), folder().database(), 10'000, [] { return false; });
    EXPECT_TRUE(findings) << findings.error().message();
    EXPECT_TRUE(write_findings(folder().connection(), *findings));
    alarms_ = rows_of(folder(), "alarm", "SELECT time FROM synchrony_window WHERE votes != 0");
    for (const auto& window : findings->windows)
      if (window.facts.votes != 0 && window.facts.time >= findings->news_from.seconds())
        news_.push_back(window.facts.time);
    EXPECT_FALSE(news_.empty());
    EXPECT_LT(news_.size(), alarms_.size()) << "not all are of the last hour";
    for (const auto& window : findings->windows) {
      if (window.facts.votes != 0) break;
      ++before_alarm_;
    }
    return judged();
  }

  // Judges with `writing` in place of the writing side's own way.
  std::unique_ptr<Judging> judging(const Writing& writing = {}) {
    JudgingOptions options;
    options.at_rest = [this, writing](const Work& work) {
      const auto done = writing ? writing(work, folder()) : work(folder());
      note_written();
      return done;
    };
    options.tell = [this](const std::span<const telescope::JudgedWindow> alarms) {
      const std::lock_guard lock(mutex_);
      for (const auto& alarm : alarms) told_.push_back(alarm.facts.time);
    };
    auto made = Judging::create(data_, std::move(options));
    EXPECT_TRUE(made) << made.error().message();
    return made ? std::move(*made) : nullptr;
  }
  void note_written() {
    const size_t rows = judged().size();
    const std::lock_guard lock(mutex_);
    batches_.push_back(rows - written_);
    written_ = rows;
    changed_.notify_all();
  }
  // Waits until so many rows stand in the store.
  void wait_until_written(size_t rows) {
    std::unique_lock lock(mutex_);
    ASSERT_TRUE(changed_.wait_for(lock, std::chrono::minutes(2), [&] { return written_ >= rows; }))
        << written_ << " of " << rows;
  }
  static std::string metrics(Judging& judging) {
    http::Metrics metrics;
    judging.count(metrics);
    return metrics.text();
  }

  TelescopeData data_;
  std::vector<std::string> alarms_;
  std::vector<uint32_t> news_;  // those that are to be told of
  size_t before_alarm_ = 0;     // windows before the first alarm
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t written_ = 0;
  std::vector<size_t> batches_;  // rows that came with each call
  std::vector<uint32_t> told_;
};

TEST_F(JudgingTest, WritesEveryWindowOnceThroughTheWritingSideAndTellsOfAlarms) {
  const telescope::Traffic traffic(busy(with_news));
  const auto windows = expected(traffic.frames);
  open_read("a", traffic.frames);
  const auto service = judging();
  service->start();
  wait_until_written(windows.size());
  service->stop();
  EXPECT_EQ(judged(), windows);
  EXPECT_THAT(batches_, Each(1U));
  EXPECT_EQ(told_, news_);
  const std::string text = metrics(*service);
  EXPECT_THAT(text, HasSubstr(fmt::format("yagura_synchrony_windows_total {}\n", windows.size())));
  EXPECT_THAT(text, HasSubstr(fmt::format("yagura_synchrony_alarms_total {}\n", alarms_.size())));
  EXPECT_THAT(text, HasSubstr("yagura_synchrony_behind_seconds 0\n"));
}

TEST_F(JudgingTest, WritesTogetherWhatIsJudgedWithinACommitInterval) {
  const telescope::Traffic traffic(busy(with_news));
  const auto windows = expected(traffic.frames);
  open_read("a", traffic.frames);
  data_.settings.commit_interval = Duration::hours(1);
  const auto service = judging();
  service->start();
  wait_until_written(windows.size());
  service->stop();
  EXPECT_EQ(judged(), windows);
  EXPECT_EQ(batches_, std::vector<size_t>{windows.size()});
  EXPECT_EQ(told_, news_);
}

TEST_F(JudgingTest, JudgesInTheNextServiceOnlyWhatWasNotJudgedBefore) {
  const telescope::Traffic traffic(busy(with_news));
  const Frames frames(traffic.frames);
  const auto windows = expected(frames);
  open_read("a", frames.first(frames.size() / 2));
  // At least as many as lie wholly within the first half of what was observed.
  const Duration first_half = frames[frames.size() / 2 - 1].time - frames.front().time;
  const auto half = static_cast<size_t>(first_half.as_seconds() / 600) - 1;
  auto service = judging();
  service->start();
  wait_until_written(half);
  service.reset();  // as stop()
  const size_t before = written_;
  read(folder(), frames.subspan(frames.size() / 2));
  service = judging();
  service->start();
  wait_until_written(windows.size());
  service->stop();
  EXPECT_EQ(judged(), windows);
  EXPECT_THAT(metrics(*service), HasSubstr(fmt::format("yagura_synchrony_windows_total {}\n",
                                                       windows.size() - before)));
  EXPECT_THAT(told_, IsSupersetOf(news_));  // and of the last hour before the first service ended
}

TEST_F(JudgingTest, StopsInTheMiddleAndTheNextServiceGoesOnFromThere) {
  const telescope::Traffic traffic(busy(with_news));
  const auto windows = expected(traffic.frames);
  open_read("a", traffic.frames);
  std::latch writes(1), stopping(1);
  auto service = judging([&](const Work& work, Telescope& telescope) {
    writes.count_down();
    stopping.wait();
    return work(telescope);
  });
  service->start();
  writes.wait();
  service->stop_soon();
  stopping.count_down();
  service->stop();
  EXPECT_EQ(batches_, std::vector<size_t>{1});
  EXPECT_EQ(judged().size(), 1U);
  EXPECT_THAT(metrics(*service), HasSubstr(fmt::format("yagura_synchrony_behind_seconds {}\n",
                                                       600 * (windows.size() - 1))));
  service = judging();
  service->start();
  wait_until_written(windows.size());
  service->stop();
  EXPECT_EQ(judged(), windows);
  EXPECT_EQ(told_, news_);
}

// As where the observer has ended before it.
TEST_F(JudgingTest, WhatTheWritingSideRefusesIsJudgedAgainAndToldOnce) {
  const telescope::Traffic traffic(busy(with_news));
  const auto windows = expected(traffic.frames);
  open_read("a", traffic.frames);
  const size_t with_alarm = before_alarm_;
  int refused = 0;
  const auto service = judging([&](const Work& work, Telescope& telescope) -> Result<void> {
    if (written_ == with_alarm && refused++ == 0) return failure("the observer is at its end");
    return work(telescope);
  });
  service->start();
  wait_until_written(windows.size());
  service->stop();
  EXPECT_EQ(refused, 2);
  EXPECT_EQ(judged(), windows);
  EXPECT_EQ(told_, news_);
  EXPECT_THAT(metrics(*service),
              HasSubstr(fmt::format("yagura_synchrony_windows_total {}\n", windows.size())));
}

TEST_F(JudgingTest, WhatTheStoreDoesNotTakeIsJudgedAgainAndToldOnce) {
  const telescope::Traffic traffic(busy(with_news));
  const auto windows = expected(traffic.frames);
  open_read("a", traffic.frames);
  const size_t with_alarm = before_alarm_;
  bool failed = false;
  const auto service = judging([&](const Work& work, Telescope& telescope) -> Result<void> {
    if (failed || written_ < with_alarm) return work(telescope);
    failed = true;
    TRY_VOID(telescope.connection().execute("RENAME TABLE synchrony_window TO away"));
    auto done = work(telescope);
    EXPECT_FALSE(done);
    EXPECT_TRUE(told_.empty());
    TRY_VOID(telescope.connection().execute("RENAME TABLE away TO synchrony_window"));
    return done;
  });
  service->start();
  wait_until_written(windows.size());
  service->stop();
  EXPECT_EQ(judged(), windows);
  EXPECT_EQ(told_, news_);
}

TEST_F(JudgingTest, IsNotMadeOfAListOfPortsThatIsNone) {
  const telescope::Traffic traffic(busy(46, 100));
  open_read("a", traffic.frames);
  data_.settings.synchrony_left_out = "22,telnet";
  const auto made = Judging::create(data_, {});
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().message(), HasSubstr("synchrony.left_out: 'telnet' is no port"));
}

}  // namespace
}  // namespace yagura::app
