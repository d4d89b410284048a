// SPDX-License-Identifier: Apache-2.0
//
// The telescope with its real store: reading captures exactly once, whatever happens in between.
#include "telescope/telescope.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <random>
#include <thread>

#include "telescope/sensor_ingest.h"
#include "telescope/telescope_for_tests.h"

namespace yagura::telescope {
namespace {

// --- Reading ---

TEST_F(TelescopeTest, NumbersEqualWhatTheStoreCountsOverActivity) {
  const Traffic traffic(busy(1));
  auto* telescope = open("a");
  const auto summary = read(*telescope, traffic.frames);
  EXPECT_EQ(summary.frames, traffic.frames.size());
  EXPECT_GT(summary.dark_packets, summary.frames / 2);
  EXPECT_FALSE(summary.any_failed());
  expect_numbers_equal_activity(*telescope);
  const auto found = rows_of(*telescope, "found",
                             "SELECT DISTINCT source FROM source_day WHERE organisation = 1 AND"
                             " survey_evidence = 'behaviour'");
  EXPECT_FALSE(found.empty()) << "the traffic is to have sources that behave like a survey";
}

TEST_F(TelescopeTest, AnInputReadBeforeIsRecognisedUnderAnotherName) {
  const Traffic traffic(busy(2, 2000));
  auto* telescope = open("a");
  read(*telescope, traffic.frames);
  const auto rows = all_rows(*telescope);
  EXPECT_GT(rows.size(), 500u);
  for (int again = 0; again < 2; ++again) {
    const auto summary = read(*telescope, traffic.frames);
    ASSERT_EQ(summary.inputs.size(), 1u);
    EXPECT_TRUE(summary.inputs[0].read_before);
    EXPECT_EQ(summary.frames, 0u);
    expect_same(rows, *telescope);
    telescope = open("a");
  }
}

TEST_F(TelescopeTest, CopiesOfOneInputInOneCommandCountOnce) {
  const Traffic traffic(busy(3, 1000));
  const auto rows = rows_in_one_go(traffic.frames);
  auto* telescope = open("a");
  const auto summary = read(*telescope, {{capture(traffic.frames)}, {capture(traffic.frames)}});
  ASSERT_EQ(summary.inputs.size(), 2u);
  EXPECT_NE(summary.inputs[0].read_before, summary.inputs[1].read_before);
  expect_same(rows, *telescope);
}

TEST_F(TelescopeTest, ACaptureSplitAtRandomPacketsGivesTheSameRowsByOneCommandOrMany) {
  std::mt19937_64 random(24);
  for (const Duration gap : {Duration{}, Duration::days(3 * 365)}) {
    TrafficOptions options = busy(4);
    options.gap = gap;
    const Traffic traffic(options);
    const Frames frames(traffic.frames);
    std::vector<size_t> cuts = {0, frames.size()};
    while (cuts.size() < 7) cuts.push_back(random() % frames.size());
    std::sort(cuts.begin(), cuts.end());
    const auto expected = rows_in_one_go(frames),
               expected_half = rows_in_one_go(frames.first(cuts[3]));

    const std::string name = gap == Duration{} ? "gapless" : "gap";
    auto* many = open(name + "-many");
    std::vector<ReadInput> inputs;
    for (size_t i = 1; i < cuts.size(); ++i) {
      const Frames part = frames.subspan(cuts[i - 1], cuts[i] - cuts[i - 1]);
      inputs.push_back({capture(part)});
      read(*many, {inputs.back()});
      if (i % 2 == 0) many = open(name + "-many");  // as another process would
      // Whatever was read so far is as if it were all there is.
      if (i == 3) expect_same(expected_half, *many);
    }
    expect_same(expected, *many);

    std::shuffle(inputs.begin(), inputs.end(), random);
    auto* one = open(name + "-one");
    read(*one, inputs);
    expect_same(expected, *one);
  }
}

TEST_F(TelescopeTest, AnInputThatBreaksOffCountsUpToThereAndSaysSo) {
  const Traffic traffic(busy(5, 2000));
  const auto expected = rows_in_one_go(traffic.frames);
  const auto good = capture(Frames(traffic.frames).first(1000));
  const auto bad = capture(Frames(traffic.frames).subspan(1000));
  std::ofstream(bad, std::ios::binary | std::ios::app) << std::string(200, '\xee');
  auto* telescope = open("a");
  const auto summary = read(*telescope, {{bad}, {good}});
  EXPECT_TRUE(summary.any_failed());
  EXPECT_EQ(summary.frames, 2000u);
  for (const auto& input : summary.inputs)
    EXPECT_EQ(!input.failure.empty(), input.name == bad.string()) << input.name;
  expect_same(expected, *telescope);
}

// It is read in one pass until its disorder shows, and then anew.
TEST_F(TelescopeTest, AnInputInDisorderGivesTheSameRowsAsInOrder) {
  const Traffic traffic(busy(25));
  const Frames frames(traffic.frames);
  const size_t half = frames.size() / 2;
  const auto expected = rows_in_one_go(frames);
  ASSERT_LT(frames[half - 1].time, frames[half].time);
  std::vector<TrafficFrame> shuffled(frames.begin() + static_cast<ptrdiff_t>(half), frames.end());
  const auto lies_between = [&](size_t i) {
    return shuffled[i - 1].time < shuffled[i].time && shuffled[i].time < shuffled[i + 1].time;
  };
  size_t early = 1;
  while (!lies_between(early)) ++early;
  const auto moved = shuffled.begin() + static_cast<ptrdiff_t>(early);
  std::rotate(moved, moved + 1, shuffled.end());  // to the end of the file

  auto* telescope = open("a");
  read(*telescope, frames.first(half));
  const auto summary = read(*telescope, shuffled);
  EXPECT_FALSE(summary.any_failed());
  EXPECT_EQ(summary.frames, shuffled.size());
  expect_same(expected, *telescope);
  const auto unfinished = state::unfinished_commits(telescope->database());
  ASSERT_TRUE(unfinished);
  EXPECT_TRUE(unfinished->empty());
  EXPECT_TRUE(read(*telescope, shuffled).inputs[0].read_before);
}

TEST_F(TelescopeTest, AnInputBeforeWhatWasReadIsRefusedAndChangesNothing) {
  const Traffic traffic(busy(6, 3000));
  const Frames frames(traffic.frames);
  auto* telescope = open("a");
  read(*telescope, frames.first(1000));
  read(*telescope, frames.subspan(2000));
  const auto rows = all_rows(*telescope);
  const auto middle = try_read(*telescope, {{capture(frames.subspan(1000, 1000))}});
  ASSERT_FALSE(middle);
  EXPECT_THAT(middle.error().message(), testing::HasSubstr("'default' was read for"));
  telescope = open("a");
  expect_same(rows, *telescope);
}

TEST_F(TelescopeTest, AnInputCloseBeforeWhatWasReadIsRefusedWithTheWholeTimeThatWasRead) {
  const Traffic traffic(busy(6, 3000));
  const Frames frames(traffic.frames);
  auto* telescope = open("a");
  const Frames later = frames.subspan(2000);
  read(*telescope, later);
  const auto rows = all_rows(*telescope);
  const auto before = try_read(*telescope, {{capture(frames.first(2000))}});
  ASSERT_FALSE(before);
  EXPECT_THAT(
      before.error().message(),
      testing::HasSubstr(fmt::format("was read for {} to {}", format_time(later.front().time),
                                     format_time(later.back().time))));
  telescope = open("a");
  expect_same(rows, *telescope);
}

TEST_F(TelescopeTest, ASensorWithoutDarkSpaceIsAnErrorThatSaysWhatToDo) {
  const Traffic traffic(busy(7, 100));
  auto* telescope = open("a");
  const auto summary = try_read(*telescope, {{capture(traffic.frames), "unset"}});
  ASSERT_FALSE(summary);
  EXPECT_THAT(summary.error().message(), testing::HasSubstr("--dark"));
}

TEST_F(TelescopeTest, AFolderInUseIsRefused) {
  open("a");
  TelescopeOptions options;
  options.folder = folder_.path() / "a";
  options.store_library = store_library();
  const auto second = Telescope::open(options);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message(), testing::HasSubstr("in use"));
}

// --- Interrupted ---

TEST_F(TelescopeTest, ACommitThatWasNotFinishedIsTakenBack) {
  const Traffic traffic(busy(8));
  const Frames frames(traffic.frames);
  const auto expected = rows_in_one_go(frames);
  for (const size_t first : {size_t{0}, frames.size() / 3}) {
    const std::string name = "a" + std::to_string(first);
    auto* telescope = open(name);
    if (first > 0) read(*telescope, frames.first(first));
    const auto before = all_rows(*telescope);
    for (const bool tail_too : {false, true}) {
      const auto sensor = state::sensor_named(telescope->database(), "default");
      ASSERT_TRUE(sensor);
      {
        auto ingest =
            SensorIngest::begin(*telescope, *sensor, frames[first].time, ActivityAt::window_end);
        ASSERT_TRUE(ingest) << ingest.error().message();
        for (const TrafficFrame& frame : frames.subspan(first))
          ASSERT_TRUE((*ingest)->add(packet_of(frame)));
        if (tail_too) {
          // Everything is written; only the ledger's transaction is missing: it is made to fail.
          state::InputRecord twice;
          twice.sensor = sensor->id;
          twice.content_hash = "the same";
          EXPECT_FALSE((*ingest)->finish({twice, twice}, {}));
          EXPECT_NE(difference(before, all_rows(*telescope)), "");
        }
      }
      telescope = open(name);
      expect_same(before, *telescope);
    }
    read(*telescope, frames.subspan(first));
    expect_same(expected, *telescope);
  }
}

// The reader that the next test kills: not a test of its own.
TEST(TelescopeChild, Reads) {
  const char* folder = std::getenv("YAGURA_TEST_CHILD");
  if (folder == nullptr) GTEST_SKIP() << "started by another test only";
  struct Opener : TelescopeTest {
    using TelescopeTest::open_in;
    using TelescopeTest::try_read;
    void TestBody() override {}
  };
  const std::filesystem::path root(folder);
  const auto telescope = Opener::open_in(root, "killed");
  ASSERT_TRUE(telescope);
  std::ofstream(root / "opened") << "yes";
  ASSERT_TRUE(Opener::try_read(*telescope, {{root / "next.pcap"}}));
}

class ChildReader {
 public:
  explicit ChildReader(const std::filesystem::path& root) {
    std::filesystem::remove(root / "opened");
    const std::string variable = "YAGURA_TEST_CHILD=" + root.string();
    std::vector<char*> environment;
    for (char** each = environ; *each != nullptr; ++each) environment.push_back(*each);
    environment.push_back(const_cast<char*>(variable.c_str()));
    environment.push_back(nullptr);
    std::string program = "/proc/self/exe", filter = "--gtest_filter=TelescopeChild.Reads";
    char* arguments[] = {program.data(), filter.data(), nullptr};
    posix_spawn_file_actions_t quiet;
    posix_spawn_file_actions_init(&quiet);
    for (const int file : {1, 2})
      posix_spawn_file_actions_addopen(&quiet, file, "/dev/null", O_WRONLY, 0);
    EXPECT_EQ(::posix_spawn(&id_, program.c_str(), &quiet, nullptr, arguments, environment.data()),
              0);
    posix_spawn_file_actions_destroy(&quiet);
    while (!std::filesystem::exists(root / "opened") && running())
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  bool running() {
    if (id_ != 0 && ::waitpid(id_, &status_, WNOHANG) == id_) id_ = 0;
    return id_ != 0;
  }
  // Whether it was killed before it ended.
  bool kill() {
    if (!running()) return false;
    ::kill(id_, SIGKILL);
    ::waitpid(id_, &status_, 0);
    id_ = 0;
    return WIFSIGNALED(status_);
  }
  ~ChildReader() { kill(); }

 private:
  pid_t id_ = 0;
  int status_ = 0;
};

TEST_F(TelescopeTest, KilledAtRandomMomentsItHoldsAllOfAReadOrNothingOfIt) {
  const Traffic traffic(busy(9, 20'000));
  const Frames frames(traffic.frames);
  const size_t half = frames.size() / 2;
  const auto after = rows_in_one_go(frames);
  auto* telescope = open("killed");
  read(*telescope, frames.first(half));
  const auto before = all_rows(*telescope);
  close();
  write_capture(folder_.path() / "next.pcap", frames.subspan(half));

  std::mt19937_64 random(25);
  int killed = 0;
  for (int round = 0; round < 8; ++round) {
    {
      ChildReader child(folder_.path());
      std::this_thread::sleep_for(std::chrono::milliseconds(random() % (30u << (round % 4))));
      if (child.kill()) ++killed;
    }
    telescope = open("killed");
    ASSERT_TRUE(telescope);
    const auto rows = all_rows(*telescope);
    close();
    if (difference(after, rows).empty()) break;  // it was quicker than us
    ASSERT_EQ(difference(before, rows), "") << "round " << round;
  }
  EXPECT_GT(killed, 0);
  telescope = open("killed");
  read(*telescope, {{folder_.path() / "next.pcap"}});
  expect_same(after, *telescope);
}

}  // namespace
}  // namespace yagura::telescope
