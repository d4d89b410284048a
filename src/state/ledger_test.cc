// SPDX-License-Identifier: Apache-2.0
#include "state/ledger.h"

#include <gmock/gmock.h>

#include "state/sensors.h"
#include "state/state_for_tests.h"

namespace yagura::state {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

Timestamp at(int64_t seconds) { return Timestamp::from_seconds(seconds); }

class LedgerTest : public StateTest {
 protected:
  LedgerTest() {
    value(sensor_named(database(), "a"));
    value(sensor_named(database(), "b"));
  }

  static state::Run run_of(uint16_t sensor, int64_t id, int64_t first, int64_t last) {
    state::Run run;
    run.id = id;
    run.sensor = sensor;
    run.first = at(first);
    run.last = at(last);
    run.state_file = "runs/" + std::to_string(last);
    return run;
  }
  static InputRecord input_of(uint16_t sensor, const std::string& hash) {
    InputRecord input;
    input.sensor = sensor;
    input.name = hash + ".pcap";
    input.content_hash = hash;
    input.first = at(1);
    input.last = at(2);
    input.frames = 1'000;
    return input;
  }
  // Begins and finishes a commit of `run`; returns the run's id.
  int64_t commit(const state::Run& run, const std::vector<std::string>& hashes,
                 const std::vector<Coverage>& covered = {}) {
    FinishedCommit finished;
    finished.ids = value(
        begin_commit(database(), run.sensor, run.id == 0 ? std::nullopt : std::optional(run.id)));
    finished.run = run;
    for (const std::string& hash : hashes) finished.inputs.push_back(input_of(run.sensor, hash));
    finished.coverage = covered;
    return value(finish_commit(database(), finished));
  }
  std::vector<std::tuple<int, int64_t, int64_t>> covered() {
    std::vector<std::tuple<int, int64_t, int64_t>> result;
    for (const Coverage& c : value(coverage(database()))) {
      result.emplace_back(c.sensor, c.from.seconds(), c.until.seconds());
    }
    return result;
  }
};

TEST_F(LedgerTest, NeverGivesACommitIdTwice) {
  const auto first = value(begin_commit(database(), 1, std::nullopt));
  EXPECT_EQ(first.commit, 1u);
  EXPECT_EQ(first.tail, 2u);
  succeeded(drop_commit(database(), first));
  reopen();
  const auto second = value(begin_commit(database(), 1, std::nullopt));
  EXPECT_EQ(second.commit, 3u);
  EXPECT_EQ(second.tail, 4u);
}

TEST_F(LedgerTest, RemembersARunWithItsInputs) {
  const int64_t id = commit(run_of(1, 0, 10, 20), {"x", "y"});
  reopen();
  const auto known = value(runs(database(), 1));
  ASSERT_THAT(known, SizeIs(1));
  EXPECT_EQ(known[0].id, id);
  EXPECT_EQ(known[0].sensor, 1);
  EXPECT_EQ(known[0].first, at(10));
  EXPECT_EQ(known[0].last, at(20));
  EXPECT_EQ(known[0].tail_commit, 2u);
  EXPECT_EQ(known[0].state_file, "runs/20");
  const auto read = value(inputs(database()));
  ASSERT_THAT(read, SizeIs(2));
  EXPECT_EQ(read[1].run, id);
  EXPECT_EQ(read[1].commit, 1u);
  EXPECT_EQ(read[1].name, "y.pcap");
  EXPECT_EQ(read[1].content_hash, "y");
  EXPECT_EQ(read[1].first, at(1));
  EXPECT_EQ(read[1].last, at(2));
  EXPECT_EQ(read[1].frames, 1'000u);
  EXPECT_THAT(value(runs(database(), 2)), IsEmpty());
}

TEST_F(LedgerTest, ContinuesARunAndReplacesItsTail) {
  const int64_t id = commit(run_of(1, 0, 10, 20), {"x"});
  EXPECT_EQ(commit(run_of(1, id, 10, 30), {"y"}), id);
  const auto known = value(runs(database(), 1));
  ASSERT_THAT(known, SizeIs(1));
  EXPECT_EQ(known[0].last, at(30));
  EXPECT_EQ(known[0].tail_commit, 4u);
  EXPECT_THAT(value(commits_of(database(), id)), ElementsAre(1u, 2u, 3u, 4u));
}

TEST_F(LedgerTest, FindsACommitThatCrashedBeforeItFinished) {
  const int64_t id = commit(run_of(1, 0, 10, 20), {"x"});
  const auto crashed = value(begin_commit(database(), 1, id));
  const auto crashed_first = value(begin_commit(database(), 2, std::nullopt));
  reopen();
  const auto unfinished = value(unfinished_commits(database()));
  ASSERT_THAT(unfinished, SizeIs(2));
  EXPECT_EQ(unfinished[0].ids.commit, crashed.commit);
  EXPECT_EQ(unfinished[0].ids.tail, crashed.tail);
  ASSERT_TRUE(unfinished[0].run);
  EXPECT_EQ(unfinished[0].run->id, id);
  EXPECT_EQ(unfinished[0].run->tail_commit, 2u);
  EXPECT_EQ(unfinished[0].run->last, at(20));
  EXPECT_EQ(unfinished[1].ids.commit, crashed_first.commit);
  EXPECT_FALSE(unfinished[1].run);
  // A crash during the clean-up leaves it to be done again.
  reopen();
  EXPECT_THAT(value(unfinished_commits(database())), SizeIs(2));
  succeeded(drop_commit(database(), unfinished[0].ids));
  succeeded(drop_commit(database(), unfinished[1].ids));
  reopen();
  EXPECT_THAT(value(unfinished_commits(database())), IsEmpty());
  EXPECT_THAT(value(commits_of(database(), id)), ElementsAre(1u, 2u));
}

TEST_F(LedgerTest, MakesACommitTrueWholeOrNotAtAll) {
  const int64_t id = commit(run_of(1, 0, 10, 20), {"x"});
  FinishedCommit finished;
  finished.ids = value(begin_commit(database(), 1, id));
  finished.run = run_of(1, id, 10, 99);
  finished.inputs = {input_of(1, "new"), input_of(1, "x")};  // the second was read before
  finished.coverage = {{1, at(0), at(99)}};
  EXPECT_EQ(error_of(finish_commit(database(), finished)),
            "ledger: x.pcap was read before, as x.pcap");
  EXPECT_EQ(value(runs(database(), 1))[0].last, at(20));
  EXPECT_FALSE(value(find_input(database(), 1, "new")));
  EXPECT_THAT(covered(), IsEmpty());
  EXPECT_THAT(value(unfinished_commits(database())), SizeIs(1));
}

TEST_F(LedgerTest, TakesOneCommitOfARunAtATime) {
  const int64_t id = commit(run_of(1, 0, 10, 20), {"x"});
  value(begin_commit(database(), 1, id));
  EXPECT_THAT(error_of(begin_commit(database(), 1, id)), HasSubstr("unfinished commit 3"));
  EXPECT_THAT(error_of(begin_forget(database(), id)), HasSubstr("unfinished commit 3"));
}

TEST_F(LedgerTest, RefusesStepsOutOfOrder) {
  const auto ids = value(begin_commit(database(), 1, std::nullopt));
  FinishedCommit finished;
  finished.ids = ids;
  finished.run = run_of(1, 0, 1, 2);
  value(finish_commit(database(), finished));
  EXPECT_EQ(error_of(finish_commit(database(), finished)), "ledger: commit 1 is finished already");
  EXPECT_EQ(error_of(drop_commit(database(), ids)), "ledger: commit 1 is finished already");
  EXPECT_EQ(error_of(drop_commit(database(), {77, 78})), "ledger: commit 77 was never begun");
  EXPECT_EQ(error_of(begin_commit(database(), 2, 1)), "ledger: sensor 2 has no run 1");
  EXPECT_EQ(error_of(begin_commit(database(), 1, 5)), "ledger: sensor 1 has no run 5");
  EXPECT_EQ(error_of(finish_forget(database(), 1)), "ledger: run 1 is not being forgotten");
}

TEST_F(LedgerTest, KnowsAnInputByContentPerSensor) {
  commit(run_of(1, 0, 10, 20), {"x"});
  EXPECT_TRUE(value(find_input(database(), 1, "x")));
  EXPECT_FALSE(value(find_input(database(), 2, "x")));
  EXPECT_FALSE(value(find_input(database(), 1, "y")));
  commit(run_of(2, 0, 10, 20), {"x"});
  EXPECT_TRUE(value(find_input(database(), 2, "x")));
}

TEST_F(LedgerTest, JoinsCoverageThatTouchesAcrossCommitsAndRuns) {
  const int64_t id = commit(run_of(1, 0, 0, 9), {"x"}, {{1, at(0), at(10)}, {1, at(20), at(30)}});
  commit(run_of(1, id, 0, 19), {"y"}, {{1, at(10), at(15)}, {1, at(40), at(40)}});
  commit(run_of(2, 0, 0, 9), {"z"}, {{2, at(0), at(10)}});
  commit(run_of(1, 0, 14, 18), {"w"}, {{1, at(14), at(20)}});
  EXPECT_THAT(covered(), ElementsAre(std::tuple(1, 0, 30), std::tuple(2, 0, 10)));
}

TEST_F(LedgerTest, ForgetsARunInTwoStepsThatSurviveACrash) {
  const int64_t id = commit(run_of(1, 0, 0, 9), {"x"}, {{1, at(0), at(10)}});
  const int64_t kept = commit(run_of(1, 0, 50, 59), {"y"}, {{1, at(50), at(60)}});
  succeeded(begin_forget(database(), id));
  reopen();  // crashed while the rows were taken out of the store
  const auto forgotten = value(forgotten_runs(database()));
  ASSERT_THAT(forgotten, SizeIs(1));
  EXPECT_EQ(forgotten[0].run.id, id);
  EXPECT_THAT(forgotten[0].commits, ElementsAre(1u, 2u));
  EXPECT_FALSE(value(find_input(database(), 1, "x")));
  EXPECT_THAT(value(inputs(database())), SizeIs(1));
  EXPECT_THAT(value(all_runs(database())), SizeIs(1));
  EXPECT_THAT(covered(), ElementsAre(std::tuple(1, 50, 60)));
  EXPECT_EQ(error_of(begin_commit(database(), 1, id)), "ledger: sensor 1 has no run 1");
  succeeded(finish_forget(database(), id));
  reopen();
  EXPECT_THAT(value(forgotten_runs(database())), IsEmpty());
  EXPECT_THAT(value(commits_of(database(), id)), IsEmpty());
  EXPECT_EQ(value(all_runs(database()))[0].id, kept);
  EXPECT_GT(commit(run_of(1, 0, 0, 9), {"x"}), kept);  // it can be read again
}

TEST_F(LedgerTest, ListsRunsInOrderOfTime) {
  commit(run_of(1, 0, 100, 200), {"late"});
  commit(run_of(1, 0, 10, 20), {"early"});
  const auto known = value(runs(database(), 1));
  ASSERT_THAT(known, SizeIs(2));
  EXPECT_EQ(known[0].first, at(10));
  EXPECT_EQ(known[1].first, at(100));
}

TEST_F(LedgerTest, KeepsStaleDaysUntilTheyAreCleared) {
  succeeded(mark_stale(database(), {20'000, 19'000}));
  succeeded(mark_stale(database(), {20'000}));
  reopen();
  EXPECT_THAT(value(stale_days(database())), ElementsAre(19'000, 20'000));
  succeeded(clear_stale(database(), 19'000));
  EXPECT_THAT(value(stale_days(database())), ElementsAre(20'000));
}

}  // namespace
}  // namespace yagura::state
