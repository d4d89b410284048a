// SPDX-License-Identifier: Apache-2.0
//
// Where a stream of packets is cut makes no difference to the rows.
#include "telescope/pipeline.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "telescope/pipeline_for_tests.h"

namespace yagura::telescope {
namespace {

constexpr Duration three_years = Duration::days(3 * 365);

// --- Where packets are cut makes no difference ---

struct SplitCase {
  const char* name;
  Duration length, gap;
  size_t packets, window_packets_max;
};

class PipelineSplitTest : public PipelineTest, public testing::WithParamInterface<SplitCase> {};

TEST_P(PipelineSplitTest, CuttingAStreamAtAnyPacketGivesTheSameRows) {
  const SplitCase& given = GetParam();
  std::mt19937_64 random(22);
  for (uint64_t seed = 1; seed <= 2; ++seed) {
    const Traffic traffic(
        {.seed = seed, .packets = given.packets, .length = given.length, .gap = given.gap});
    const Outcome once = run(traffic.frames, {}, given.window_packets_max);
    for (const size_t count : {1u, 20u}) {
      const auto cuts = random_cuts(random, traffic.frames.size(), count);
      const Outcome cut = run(traffic.frames, cuts, given.window_packets_max);
      EXPECT_EQ(difference(once.rows.texts, cut.rows.texts), "") << "seed " << seed;
      EXPECT_EQ(difference(once.tail.texts, cut.tail.texts), "") << "the tail, seed " << seed;
      EXPECT_EQ(once.rows.texts, cut.rows.texts) << "the same rows in another order";
      EXPECT_EQ(once.rows.findings, cut.rows.findings);
      EXPECT_EQ(once.tail.findings, cut.tail.findings);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Streams, PipelineSplitTest,
    testing::Values(SplitCase{"Dense", Duration::hours(4), {}, 12'000, 4 << 20},
                    SplitCase{"Spilled", Duration::hours(4), {}, 12'000, 40},
                    SplitCase{"SpilledBurst", Duration::minutes(12), {}, 6'000, 100},
                    SplitCase{"TwoDays", Duration::hours(40), {}, 6'000, 4 << 20},
                    SplitCase{"ThreeYearsGap", Duration::hours(5), three_years, 6'000, 4 << 20},
                    SplitCase{"ThreeYearsGapSpilled", Duration::hours(5), three_years, 6'000, 25}),
    [](const auto& given) { return given.param.name; });

TEST_F(PipelineTest, ATailIsWhatTheWholeWouldSayIfTimeEndedThere) {
  const Traffic traffic({.seed = 4, .packets = 8000, .length = Duration::hours(5)});
  std::mt19937_64 random(23);
  CollectingSink rows;
  auto pipeline = make(rows, 60);
  size_t from = 0;
  for (const size_t cut : random_cuts(random, traffic.frames.size(), 8)) {
    feed(*pipeline, std::span(traffic.frames).subspan(from, cut - from));
    from = cut;
    ByteWriter saved;
    pipeline->save(saved);
    CollectingSink tail, tail_again, unused;
    ASSERT_TRUE(pipeline->emit_tail(tail));
    // Written again from the saved state, as after a crash.
    keep_only_files_of(saved.bytes());
    auto loaded = make(unused, 60);
    ASSERT_TRUE(loaded->load(saved.bytes()));
    ASSERT_TRUE(loaded->emit_tail(tail_again));
    EXPECT_EQ(tail.texts, tail_again.texts);
    EXPECT_TRUE(unused.texts.empty());

    runs_ = folder_.path() / "other";
    const Outcome prefix = run(std::span(traffic.frames).first(cut), {}, 60);
    runs_ = folder_.path() / "runs";
    EXPECT_EQ(rows.texts, prefix.rows.texts);
    EXPECT_EQ(tail.texts, prefix.tail.texts);
    pipeline = make(rows, 60);
    ASSERT_TRUE(pipeline->load(saved.bytes()));
  }
}

TEST_F(PipelineTest, ASpilledWindowGivesTheSameRows) {
  for (const Duration length : {Duration::minutes(4), Duration::hours(3)}) {
    const Traffic traffic({.seed = 5, .packets = 8000, .length = length});
    const Outcome whole = run(traffic.frames), spilled = run(traffic.frames, {}, 50);
    EXPECT_EQ(difference(whole.all(), spilled.all()), "");
  }
}

TEST_F(PipelineTest, ActivityIsTheSameAtTheEndOfItsWindowAndOfItsHour) {
  const Traffic traffic({.seed = 6, .packets = 8000, .length = Duration::hours(3)});
  const Outcome by_hour = run(traffic.frames);
  activity_at_once_ = true;
  const Outcome at_once = run(traffic.frames);
  EXPECT_EQ(difference(by_hour.all(), at_once.all()), "");
  EXPECT_GT(at_once.rows.of_table("activity").size(), by_hour.rows.of_table("activity").size());

  // A capture goes on with what a read began, and the other way round, in the middle of an hour.
  turn_at_cuts_ = true;
  std::mt19937_64 random(6);
  for (int round = 0; round < 4; ++round) {
    const Outcome turned = run(traffic.frames, random_cuts(random, traffic.frames.size(), 12));
    EXPECT_EQ(difference(by_hour.all(), turned.all()), "") << "round " << round;
  }
}

// --- Saved states ---

TEST_F(PipelineTest, AStateThatIsCutOrOfAnotherVersionIsRefused) {
  const Traffic traffic({.seed = 10, .packets = 200, .length = Duration::hours(2)});
  CollectingSink sink;
  auto pipeline = make(sink, 20);
  feed(*pipeline, traffic.frames);
  ByteWriter saved;
  pipeline->save(saved);
  const std::string& state = saved.bytes();
  for (size_t size = 0; size < state.size(); size += 1 + size / 64) {
    // The dark space's mark is checked, not read softly: what stands before it can be cut.
    const auto files = Pipeline::run_files_of(std::string_view(state).substr(0, size));
    auto fresh = make(sink, 20);
    EXPECT_FALSE(fresh->load(std::string_view(state).substr(0, size))) << size;
    if (size < 16) {
      EXPECT_FALSE(files);
    }
  }
  std::string other = state;
  other[0] = static_cast<char>(other[0] + 1);
  EXPECT_FALSE(make(sink, 20)->load(other));
  EXPECT_FALSE(make(sink, 20)->load(state + '\0'));
}

TEST_F(PipelineTest, KeepsNoRunFilesOfWhatIsMerged) {
  const Traffic traffic({.seed = 11, .packets = 6000, .length = Duration::hours(30)});
  CollectingSink sink;
  auto pipeline = make(sink, 50);
  feed(*pipeline, traffic.frames);
  const auto files = pipeline->run_files();
  EXPECT_LT(files.size(), 40u);
  std::set<std::filesystem::path> there;
  for (const auto& entry : std::filesystem::directory_iterator(runs_)) there.insert(entry.path());
  EXPECT_EQ(there, std::set(files.begin(), files.end()));
}

TEST_F(PipelineTest, AStreamWithoutDarkPacketsGivesNoRows) {
  Traffic traffic({.seed = 12, .packets = 50, .length = Duration::hours(2)});
  for (TrafficFrame& frame : traffic.frames)
    if (frame.bytes[0] >> 4 == 4)
      frame.bytes[16] = 8;
    else
      frame.bytes[24] = 9;
  const Outcome outcome = run(traffic.frames, {10, 20});
  EXPECT_EQ(outcome.all(), std::vector<std::string>());
}

TEST_F(PipelineTest, AnEmptyStreamGivesNothingAndCanGoOn) {
  const Traffic traffic({.seed = 13, .packets = 500, .length = Duration::minutes(30)});
  const Outcome once = run(traffic.frames), cut = run(traffic.frames, {0});
  EXPECT_EQ(once.all(), cut.all());
  EXPECT_EQ(run({}).all(), std::vector<std::string>());
}

}  // namespace
}  // namespace yagura::telescope
