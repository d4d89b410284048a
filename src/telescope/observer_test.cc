// SPDX-License-Identifier: Apache-2.0
#include "telescope/observer.h"

#include <gmock/gmock.h>

#include <atomic>
#include <chrono>

#include "state/scanner_registry.h"
#include "telescope/telescope_for_tests.h"

namespace yagura::telescope {
namespace {

using testing::HasSubstr;

// A feed in the middle of a file for some steps.
class FileFeed final : public Feed {
 public:
  Result<bool> step(Clocks) override {
    ++steps;
    if (fails) return failure("no space left on device");
    return steps < steps_of_file;
  }
  bool at_boundary() const override { return steps >= steps_of_file; }
  Result<void> checkpoint() override {
    ++checkpoints;
    return {};
  }
  Result<void> show_open() override {
    ++shows;
    clock_advance += show_takes.nanoseconds;
    return {};
  }
  Result<void> follow_registry() override {
    ++registries;
    return {};
  }
  Result<void> finish() override {
    ++finishes;
    return {};
  }
  const FeedStatus& status() const override { return status_; }

  std::atomic<int> steps = 0, checkpoints = 0, shows = 0, finishes = 0, registries = 0;
  int steps_of_file = 1;
  std::atomic<bool> fails = false;
  Duration show_takes;
  std::atomic<int64_t> clock_advance = 0;  // beside the time that really passes

 private:
  FeedStatus status_;
};

class ObserverTest : public TelescopeTest {
 protected:
  void SetUp() override {
    TelescopeTest::SetUp();
    if (IsSkipped()) return;
    ObserverOptions options;
    auto feed = std::make_unique<FileFeed>();
    feed_ = feed.get();
    options.clocks = [this] {
      const auto steady = std::chrono::steady_clock::now().time_since_epoch();
      return Clocks{{wall_}, {std::chrono::nanoseconds(steady).count() + feed_->clock_advance}};
    };
    options.on_failure = [this] {
      failed_ = true;
      failed_.notify_all();
    };
    observer_ = std::make_unique<Observer>(*open("observed"), std::move(options));
    observer_->add(std::move(feed));
  }
  void TearDown() override { observer_.reset(); }

  FileFeed* feed_ = nullptr;
  std::atomic<bool> failed_ = false;
  std::atomic<int64_t> wall_ = 0;
  std::unique_ptr<Observer> observer_;  // ends before the telescope
};

TEST_F(ObserverTest, RestsBetweenFilesWithEverythingMadeTrue) {
  feed_->steps_of_file = 1000;
  ASSERT_TRUE(observer_->start());
  int steps = 0, checkpoints = 0;
  Telescope* worked_on = nullptr;
  const auto done = observer_->at_rest([&](Telescope& telescope) -> Result<void> {
    worked_on = &telescope;
    steps = feed_->steps;
    checkpoints = feed_->checkpoints;
    return failure("its own reason");
  });
  EXPECT_EQ(done.error().message(), "its own reason");
  EXPECT_EQ(worked_on, telescope_.get());
  EXPECT_GE(steps, 1000);
  EXPECT_EQ(checkpoints, 1);
  EXPECT_TRUE(observer_->at_rest([](Telescope&) { return Result<void>(); }));
  ASSERT_TRUE(observer_->stop());
  EXPECT_EQ(feed_->finishes, 1);
}

TEST_F(ObserverTest, ShowsWhatIsOpenAgainSomeMinutesAfterItTookTooLong) {
  const auto rest = [this] {
    ASSERT_TRUE(observer_->at_rest([](Telescope&) { return Result<void>(); }));
  };
  feed_->show_takes = Duration::seconds(3);
  ASSERT_TRUE(observer_->start());
  rest();
  EXPECT_EQ(feed_->shows, 1);
  rest();
  EXPECT_EQ(feed_->shows, 1);
  feed_->clock_advance += Duration::minutes(5).nanoseconds;
  rest();
  EXPECT_EQ(feed_->shows, 2);
  feed_->clock_advance += Duration::minutes(5).nanoseconds;  // the pause has doubled
  rest();
  EXPECT_EQ(feed_->shows, 2);
  feed_->clock_advance += Duration::minutes(5).nanoseconds;
  rest();
  EXPECT_EQ(feed_->shows, 3);
}

TEST_F(ObserverTest, CorrectsEveryStoredDayToANewRegistryWhileItObserves) {
  const Traffic traffic({.seed = 16, .packets = 3000, .sources = 24, .length = Duration::hours(6)});
  read(*telescope_, traffic.frames);
  const auto busiest = telescope_->connection().query(
      "SELECT source FROM source_day GROUP BY source ORDER BY uniq(day) DESC, source LIMIT 1");
  ASSERT_TRUE(busiest);
  const auto scanner = Prefix::of((*busiest)["source"].address_at(0), 128);
  wall_ = (traffic.frames.back().time + Duration::days(1)).nanoseconds;  // all days are over
  ASSERT_TRUE(observer_->start());
  const auto change_registry = [&](const char* organisation) {
    auto database = state::Database::open(telescope_->folder() / "state.db");
    ASSERT_TRUE(database);
    const auto id = state::organisation_named(**database, organisation)->id;
    ASSERT_TRUE(state::replace_list(**database, "test", {{scanner, id, "test", {}, {}}}, {}));
  };
  change_registry("first survey");
  const auto change = observer_->follow_registry([] { return false; });
  ASSERT_TRUE(change) << change.error().message();
  EXPECT_EQ(change->days, 2u);
  EXPECT_EQ(change->sources, 2u);
  EXPECT_EQ(feed_->registries, 1);
  EXPECT_EQ(feed_->shows, 2) << "once at rest, once so that what is open is corrected too";
  change_registry("second survey");
  EXPECT_THAT(observer_->follow_registry([] { return true; }).error().message(),
              HasSubstr("no longer waited for"));
  ASSERT_TRUE(observer_->stop());
  EXPECT_FALSE(observer_->follow_registry([] { return false; }));
}

TEST_F(ObserverTest, WorksForNobodyOnceItHasStopped) {
  const auto work = [](Telescope&) { return Result<void>(); };
  EXPECT_THAT(observer_->at_rest(work).error().message(), HasSubstr("not observing"));
  ASSERT_TRUE(observer_->start());
  ASSERT_TRUE(observer_->stop());
  EXPECT_THAT(observer_->at_rest(work).error().message(), HasSubstr("not observing"));
}

TEST_F(ObserverTest, EndsWhenTheStoreCannotBeWritten) {
  ASSERT_TRUE(observer_->start());
  feed_->fails = true;
  failed_.wait(false);
  EXPECT_THAT(observer_->stop().error().message(), HasSubstr("no space left"));
  EXPECT_EQ(feed_->finishes, 0);
  ASSERT_EQ(observer_->feeds().size(), 1U);
  EXPECT_EQ(observer_->feeds()[0].state, FeedState::failed);
  EXPECT_THAT(observer_->feeds()[0].detail, HasSubstr("no space left"));
}

}  // namespace
}  // namespace yagura::telescope
