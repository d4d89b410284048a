// SPDX-License-Identifier: Apache-2.0
//
// The telescope with its real store: reading captures exactly once, whatever happens in between.
// Needs libchdb; skipped, loudly, where it is not installed or cannot be loaded (under ASan).
#include "telescope/telescope.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <random>
#include <thread>

#include "state/scanner_registry.h"
#include "state/temporary_folder.h"
#include "telescope/ingest.h"
#include "telescope/rows_for_tests.h"
#include "telescope/sensor_ingest.h"
#include "telescope/traffic_for_tests.h"

namespace yagura::telescope {
namespace {

using Frames = std::span<const TrafficFrame>;

std::filesystem::path store_library() {
#if defined(__SANITIZE_ADDRESS__)
  return {};
#endif
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
  return {};
#endif
#endif
  const char* named = std::getenv("YAGURA_CHDB");
  const std::filesystem::path path = named != nullptr
                                         ? std::filesystem::path(named)
                                         : std::filesystem::path(YAGURA_SOURCE_DIR) /
                                               "node_modules/@chdb/lib-linux-x64-gnu/libchdb.so";
  return std::filesystem::exists(path) ? path : std::filesystem::path();
}

state::DarkPrefix dark(const char* prefix) {
  return {Prefix::parse(prefix).value(), false, {}, {}};
}

// Rows of a table as text, without what differs from store to store.
std::vector<std::string> rows_of(Telescope& telescope, const std::string& name,
                                 const std::string& sql) {
  const auto block = telescope.connection().query(sql);
  EXPECT_TRUE(block) << sql << ": " << block.error().message();
  std::vector<std::string> rows;
  for (size_t i = 0; block && i < block->rows; ++i) {
    std::string text = name;
    for (const auto& column : block->columns)
      if (column.name != "commit" && column.name != "stored")
        text += " " + column.name + "=" + column.text_at(i);
    rows.push_back(text);
  }
  return rows;
}

// What the numbers say, corrections added up.
std::vector<std::string> numbers_of(Telescope& telescope) {
  return rows_of(telescope, "numbers",
                 "SELECT level, time, dimension, value, class, organisation,"
                 " sum(packets) AS p, sum(hosts) AS h FROM numbers"
                 " GROUP BY level, time, dimension, value, class, organisation"
                 " HAVING p != 0 OR h != 0");
}

std::vector<std::string> all_rows(Telescope& telescope) {
  std::vector<std::string> rows = numbers_of(telescope);
  for (const char* table :
       {"activity", "source_day", "event", "attack", "synchrony", "alarm", "sample"}) {
    const auto more = rows_of(telescope, table, std::string("SELECT * FROM ") + table);
    rows.insert(rows.end(), more.begin(), more.end());
  }
  return rows;
}

class TelescopeTest : public testing::Test {
 protected:
  void SetUp() override {
    if (store_library().empty())
      GTEST_SKIP() << "NOT TESTED: libchdb is not installed (run scripts/setup) or this is ASan";
    std::ofstream(folder_.path() / "asn.csv") << "32.0.0.0,63.255.255.255,64500,First\n"
                                                 "64.0.0.0,95.255.255.255,64501,Second\n";
    // All stores of a test begin with one control plane: the same secret key, the same sensor.
    auto seed = state::Database::open(folder_.path() / "seed.db");
    ASSERT_TRUE(seed) << seed.error().message();
    ASSERT_TRUE(state::folder_key(**seed));
    set_dark_space(**seed, "default", traffic_dark_space());
  }

  static void set_dark_space(state::Database& database, const std::string& name,
                             const std::vector<state::DarkPrefix>& space) {
    const auto sensor = state::sensor_named(database, name);
    ASSERT_TRUE(sensor);
    ASSERT_TRUE(state::set_dark_space(database, sensor->id, space));
  }

  // Opens a store and closes the one before: a process has one open at a time.
  Telescope* open(const std::string& name) {
    close();
    telescope_ = open_in(folder_.path(), name);
    CHECK(telescope_ != nullptr);
    return telescope_.get();
  }
  void close() { telescope_.reset(); }
  static std::unique_ptr<Telescope> open_in(const std::filesystem::path& root,
                                            const std::string& name) {
    TelescopeOptions options;
    options.folder = root / name;
    options.store_library = store_library();
    options.places.asn = {root / "asn.csv"};
    if (!std::filesystem::exists(options.folder)) {
      std::filesystem::create_directories(options.folder);
      std::filesystem::copy_file(root / "seed.db", options.folder / "state.db");
    }
    auto telescope = Telescope::open(options);
    EXPECT_TRUE(telescope) << telescope.error().message();
    return telescope ? std::move(*telescope) : nullptr;
  }

  std::filesystem::path capture(Frames frames) {
    const auto path = folder_.path() / ("capture" + std::to_string(++captures_) + ".pcap");
    write_capture(path, frames);
    return path;
  }
  static Result<ReadSummary> try_read(Telescope& telescope, const std::vector<ReadInput>& inputs) {
    ReadOptions options;
    options.inputs = inputs;
    return read_inputs(telescope, options);
  }
  static ReadSummary read(Telescope& telescope, const std::vector<ReadInput>& inputs) {
    auto summary = try_read(telescope, inputs);
    EXPECT_TRUE(summary) << summary.error().message();
    return summary ? *summary : ReadSummary{};
  }
  ReadSummary read(Telescope& telescope, Frames frames, const std::string& sensor = "default") {
    return read(telescope, {{capture(frames), sensor}});
  }
  // What a store of its own holds that read the frames in one go.
  std::vector<std::string> rows_in_one_go(Frames frames) {
    auto* telescope = open("once" + std::to_string(++stores_));
    read(*telescope, frames);
    const auto rows = all_rows(*telescope);
    close();
    return rows;
  }

  static void expect_same(const std::vector<std::string>& expected, Telescope& telescope) {
    EXPECT_EQ(difference(expected, all_rows(telescope)), "");
  }

  // Numbers, counted by the store over all activity: every sum over organisations must agree.
  static void expect_numbers_equal_activity(Telescope& telescope) {
    const std::pair<const char*, const char*> levels[] = {
        {"5min", "window"}, {"hour", "toStartOfHour(window)"}, {"day", "toStartOfDay(window)"}};
    for (const auto& [level, bucket] : levels) {
      const auto expect_equal = [&](const std::string& stored, const std::string& counted) {
        EXPECT_EQ(difference(rows_of(telescope, level, counted), rows_of(telescope, level, stored)),
                  "");
      };
      const auto stored = [&](const char* condition) {
        return fmt::format(
            "SELECT toUInt32(time) AS t, value AS v, sum(packets) AS p, sum(hosts) AS h FROM "
            "numbers"
            " WHERE level = '{}' AND {} GROUP BY t, v HAVING p != 0 OR h != 0",
            level, condition);
      };
      expect_equal(stored("dimension = 'total' AND class = 'any'"),
                   fmt::format("SELECT toUInt32({}) AS t, 0 AS v, sum(packets) AS p,"
                               " uniqExact(source) AS h FROM activity GROUP BY t",
                               bucket));
      expect_equal(stored("dimension = 'tcp_port' AND class = 'scan_tcp'"),
                   fmt::format("SELECT toUInt32({}) AS t, port AS v, sum(n) AS p,"
                               " uniqExact(source) AS h FROM activity"
                               " ARRAY JOIN ports AS port, port_packets AS n"
                               " WHERE class = 'scan_tcp' GROUP BY t, v",
                               bucket));
      expect_equal(stored("dimension = 'udp_port' AND class = 'scans'"),
                   fmt::format("SELECT toUInt32({}) AS t, port AS v, sum(n) AS p,"
                               " uniqExact(source) AS h FROM activity"
                               " ARRAY JOIN ports AS port, port_packets AS n"
                               " WHERE class IN ('scan_udp', 'probe_amplification') GROUP BY t, v",
                               bucket));
    }
  }

  // Few sources with many packets: some behave like survey scanners. Two days.
  static TrafficOptions busy(uint64_t seed, size_t packets = 12'000) {
    return {.seed = seed, .packets = packets, .sources = 24, .length = Duration::hours(6)};
  }

  state::TemporaryFolder folder_;
  std::unique_ptr<Telescope> telescope_;
  int captures_ = 0, stores_ = 0;
};

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
        auto ingest = SensorIngest::begin(*telescope, *sensor, frames[first].time);
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

// --- Forgetting, sharing days ---

TEST_F(TelescopeTest, AForgottenInputCanBeReadAgainWithAnotherDarkSpace) {
  const Traffic traffic(busy(10, 4000));
  const auto input = capture(traffic.frames);
  auto* telescope = open("a");
  read(*telescope, {{input}});
  const auto rows = all_rows(*telescope);
  const auto forget_all = [&] {
    const auto runs = state::all_runs(telescope->database());
    ASSERT_TRUE(runs);
    for (const auto& run : *runs) ASSERT_TRUE(telescope->forget_run(run));
    EXPECT_EQ(all_rows(*telescope), std::vector<std::string>());
    EXPECT_TRUE(std::filesystem::is_empty(telescope->runs_folder()));
  };
  forget_all();
  set_dark_space(telescope->database(), "default", {dark("198.18.0.0/25")});
  EXPECT_FALSE(read(*telescope, {{input}}).inputs[0].read_before);
  EXPECT_NE(difference(rows, all_rows(*telescope)), "");
  forget_all();
  set_dark_space(telescope->database(), "default", traffic_dark_space());
  read(*telescope, {{input}});
  expect_same(rows, *telescope);
}

TEST_F(TelescopeTest, AChangedDarkSpaceBeginsANewRun) {
  const Traffic traffic(busy(11, 4000));
  const Frames frames(traffic.frames);
  auto* telescope = open("a");
  read(*telescope, frames.first(2000));
  auto space = traffic_dark_space();
  space.push_back(dark("203.0.113.0/24"));
  set_dark_space(telescope->database(), "default", space);
  read(*telescope, frames.subspan(2000));
  EXPECT_EQ(state::all_runs(telescope->database())->size(), 2u);
  expect_numbers_equal_activity(*telescope);
}

class SharedDayTest : public TelescopeTest {
 protected:
  // Two sensors that see the same sources on the same days.
  void read_both(Telescope& telescope, Frames frames) {
    set_dark_space(telescope.database(), "second", traffic_dark_space());
    std::vector<TrafficFrame> parts[2];
    for (size_t i = 0; i < frames.size(); ++i) parts[i % 3 == 0 ? 1 : 0].push_back(frames[i]);
    read(telescope, {{capture(parts[0]), "default"}, {capture(parts[1]), "second"}});
  }
  static state::Run run_of(Telescope& telescope, const std::string& name) {
    const auto sensor = state::sensor_named(telescope.database(), name);
    const auto runs = state::runs(telescope.database(), sensor->id);
    EXPECT_EQ(runs->size(), 1u);
    return runs->at(0);
  }
};

TEST_F(SharedDayTest, TwoSensorsCountAHostOfBothOnce) {
  const Traffic traffic(busy(12, 6000));
  auto* telescope = open("a");
  read_both(*telescope, traffic.frames);
  expect_numbers_equal_activity(*telescope);
}

TEST_F(SharedDayTest, ADayThatWasCountedAgainIsCountedAgainWhenItsLastRunGoesOn) {
  const Traffic traffic(busy(13, 6000));
  const Frames frames(traffic.frames);
  const size_t cut = 2500;
  auto* telescope = open("a");
  read_both(*telescope, frames.first(cut));
  ASSERT_TRUE(telescope->forget_run(run_of(*telescope, "second")));
  expect_numbers_equal_activity(*telescope);
  read(*telescope, frames.subspan(cut));
  expect_numbers_equal_activity(*telescope);
}

TEST_F(SharedDayTest, NothingIsLeftOnceEveryRunOfADayIsForgotten) {
  const Traffic traffic(busy(14, 3000));
  auto* telescope = open("a");
  read_both(*telescope, traffic.frames);
  ASSERT_TRUE(telescope->forget_run(run_of(*telescope, "second")));
  ASSERT_TRUE(telescope->forget_run(run_of(*telescope, "default")));
  EXPECT_EQ(all_rows(*telescope), std::vector<std::string>());
  read(*telescope, traffic.frames);
  const auto again = all_rows(*telescope);
  EXPECT_EQ(difference(rows_in_one_go(traffic.frames), again), "");
}

TEST_F(SharedDayTest, AReadCountsOnlyTheDaysAgainThatItTouches) {
  const Traffic traffic(busy(15, 6000));  // two days, most of it on the second
  const Frames frames(traffic.frames);
  auto* telescope = open("a");
  read_both(*telescope, frames.first(5000));
  const auto stored_by = [&] {
    return rows_of(*telescope, "d",
                   "SELECT toDate(time) AS day, groupUniqArray(commit = 0) AS again FROM numbers"
                   " WHERE level = 'day' GROUP BY day ORDER BY day");
  };
  ASSERT_EQ(stored_by().size(), 2u);
  // Marks the first day's count, which must still be there after the second day was counted.
  ASSERT_TRUE(telescope->connection().execute(
      "INSERT INTO numbers (level, time, dimension, value, class, organisation, packets, hosts,"
      " commit) SELECT 'day', min(time), 'asn', 4242, 'any', 0, 1, 1, 0 FROM numbers"));
  read(*telescope, frames.subspan(5000));
  EXPECT_EQ(rows_of(*telescope, "marked", "SELECT value FROM numbers WHERE value = 4242").size(),
            1u);
}

// --- Survey scanners ---

class RegistryTest : public TelescopeTest {
 protected:
  // Sources of the traffic, those with most packets first.
  static std::vector<IpAddress> busiest(Telescope& telescope, const std::string& condition) {
    const auto block =
        telescope.connection().query("SELECT source FROM source_day WHERE " + condition +
                                     " GROUP BY source ORDER BY sum(packets) DESC, source");
    EXPECT_TRUE(block);
    std::vector<IpAddress> sources;
    for (size_t i = 0; i < block->rows; ++i) sources.push_back((*block)["source"].address_at(i));
    return sources;
  }
  static void list(Telescope& telescope, std::span<const IpAddress> sources,
                   std::optional<Timestamp> until = {}) {
    auto& database = telescope.database();
    std::vector<state::ScannerEntry> entries;
    for (size_t i = 0; i < sources.size(); ++i) {
      const auto organisation =
          state::organisation_named(database, i % 2 == 0 ? "first survey" : "second survey");
      ASSERT_TRUE(organisation);
      entries.push_back({Prefix::of(sources[i], 128), organisation->id, "test", {}, until});
    }
    ASSERT_TRUE(state::replace_list(database, "test", entries, {}));
    const auto change = telescope.reload_registry();
    ASSERT_TRUE(change) << change.error().message();
    EXPECT_EQ(change->days_at_day_level_only, 0u);
  }
};

TEST_F(RegistryTest, AChangedRegistryGivesTheRowsOfAStoreThatKnewItFromTheStart) {
  const Traffic traffic(busy(16));
  auto* telescope = open("a");
  read(*telescope, traffic.frames);
  auto behaving = busiest(*telescope, "survey_evidence = 'behaviour'");
  auto others = busiest(*telescope, "survey_evidence = 'none'");
  ASSERT_GE(behaving.size(), 2u);
  ASSERT_GE(others.size(), 4u);
  const auto without = all_rows(*telescope);
  const Timestamp second_day = traffic.frames.back().time.floor(Duration::days(1));
  const std::vector<std::vector<IpAddress>> steps = {
      {behaving[0], others[0], others[1]}, {others[1], behaving[1], others[2]}, {}, {others[3]}};
  for (size_t i = 0; i < steps.size(); ++i) {
    const std::optional<Timestamp> until =
        i == 1 ? std::optional(second_day) : std::optional<Timestamp>();
    telescope = open("a");
    list(*telescope, steps[i], until);
    const auto changed = all_rows(*telescope);
    expect_numbers_equal_activity(*telescope);
    if (steps[i].empty()) expect_same(without, *telescope);
    auto* fresh = open("fresh" + std::to_string(i));
    // The same organisations in the same order, so that they have the same numbers.
    list(*fresh, std::vector<IpAddress>{others[0], others[1]});
    list(*fresh, steps[i], until);
    read(*fresh, traffic.frames);
    expect_same(changed, *fresh);
  }
}

TEST_F(RegistryTest, AChangeInTheMiddleOfADayHoldsWhenTheDayGoesOn) {
  const Traffic traffic(busy(17, 20'000));
  const Frames frames(traffic.frames);
  const size_t cut = frames.size() * 3 / 4;  // some hours into the second day
  auto* telescope = open("a");
  read(*telescope, frames.first(cut));
  const auto behaving = busiest(
      *telescope, "survey_evidence = 'behaviour' AND day = (SELECT max(day) FROM source_day)");
  const auto others = busiest(*telescope, "survey_evidence = 'none'");
  ASSERT_GE(behaving.size(), 2u);
  const std::vector<std::vector<IpAddress>> steps = {
      {behaving[0], others[0]}, {behaving[1], others[1]}, {}};
  for (size_t i = 0; i < steps.size(); ++i) {
    const std::string suffix = std::to_string(i);
    auto* changed = open("changed" + suffix);
    if (i > 0) list(*changed, steps[i - 1]);
    read(*changed, frames.first(cut));
    list(*changed, steps[i]);
    read(*changed, frames.subspan(cut));
    const auto rows = all_rows(*changed);
    auto* fresh = open("fresh" + suffix);
    if (i > 0) list(*fresh, steps[i - 1]);
    list(*fresh, steps[i]);
    read(*fresh, frames);
    EXPECT_EQ(difference(all_rows(*fresh), rows), "") << "step " << i;
  }
}

TEST_F(RegistryTest, FindingsByBehaviourGiveWhatCountingTheDayAgainGives) {
  const Traffic traffic(busy(18));
  auto* telescope = open("a");
  read(*telescope, Frames(traffic.frames).first(8000));
  read(*telescope, Frames(traffic.frames).subspan(8000));
  EXPECT_FALSE(busiest(*telescope, "survey_evidence = 'behaviour'").empty());
  const auto numbers = numbers_of(*telescope);
  const auto days = rows_of(*telescope, "source_day", "SELECT * FROM source_day");
  ASSERT_TRUE(state::mark_stale(telescope->database(),
                                days_of(state::all_runs(telescope->database())->at(0))));
  ASSERT_TRUE(telescope->recount_stale_days());
  EXPECT_EQ(difference(numbers, numbers_of(*telescope)), "");
  EXPECT_EQ(difference(days, rows_of(*telescope, "source_day", "SELECT * FROM source_day")), "");
}

TEST_F(RegistryTest, ASensorWithoutDataOnADayHasNoSayInItsBehaviourRule) {
  const Traffic traffic(busy(19));
  auto* telescope = open("a");
  read(*telescope, traffic.frames);
  const auto rows = all_rows(*telescope);
  ASSERT_FALSE(busiest(*telescope, "survey_evidence = 'behaviour'").empty());
  set_dark_space(telescope->database(), "elsewhere", {dark("198.19.0.0/16")});
  list(*telescope, {});
  expect_same(rows, *telescope);
}

}  // namespace
}  // namespace yagura::telescope
