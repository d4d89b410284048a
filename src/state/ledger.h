// SPDX-License-Identifier: Apache-2.0
//
// The ledger of what was read: exactly once, whatever happens.
//
// A *run* is a chain of inputs of one sensor whose analysis continues from one to the next. Every
// read is one *commit* of a run. Rows in the store carry the commit's id; rows that describe what
// is still open at the end of a read (the unfinished window, open events, the running hour and day)
// carry the commit's *tail* id and are replaced by the next commit of the run. A commit becomes
// true in one SQLite transaction (`finish`); one that never got there is found by `unfinished` and
// its rows are taken out of the store again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "state/database.h"

namespace yagura::state {

struct Run {
  int64_t id = 0;
  uint16_t sensor = 0;
  Timestamp first;  // of the dark packets and frames read, inclusive
  Timestamp last;
  uint64_t tail_commit = 0;  // id of its tail rows in the store; finish_commit sets it
  std::string state_file;    // saved analyser state, relative to the data folder
};

struct CommitIds {
  uint64_t commit = 0;
  uint64_t tail = 0;
};

struct UnfinishedCommit {
  CommitIds ids;
  std::optional<Run> run;  // the run it was to continue, as it was before; none if it began one
};

struct InputRecord {
  int64_t id = 0;
  int64_t run = 0;
  uint64_t commit = 0;
  uint16_t sensor = 0;
  std::string name;          // as given
  std::string content_hash;  // capture/source.h
  Timestamp first, last;
  uint64_t frames = 0;
};

// A stretch of time in which a sensor was observing.
struct Coverage {
  uint16_t sensor = 0;
  Timestamp from, until;
};

// Begins a commit that continues `run`, or starts a new run of `sensor`. A run takes one commit at
// a time. Ids are never given twice, dropped ones neither.
Result<CommitIds> begin_commit(Database& database, uint16_t sensor, std::optional<int64_t> run);

struct FinishedCommit {
  CommitIds ids;
  Run run;                          // id 0 = new
  std::vector<InputRecord> inputs;  // id, run and commit are filled in
  std::vector<Coverage> coverage;   // merged with what is known
};
// Makes the commit true. Returns the run's id. An input whose content the sensor has read before is
// refused.
Result<int64_t> finish_commit(Database& database, const FinishedCommit& commit);

Result<std::vector<UnfinishedCommit>> unfinished_commits(Database& database);
// Forgets an unfinished commit once its rows are out of the store.
Result<void> drop_commit(Database& database, const CommitIds& ids);

Result<std::vector<Run>> runs(Database& database, uint16_t sensor);  // in order of time
Result<std::vector<Run>> all_runs(Database& database);
Result<std::vector<uint64_t>> commits_of(Database& database, int64_t run);  // with tails

Result<std::optional<InputRecord>> find_input(Database& database, uint16_t sensor,
                                              const std::string& content_hash);
Result<std::vector<InputRecord>> inputs(Database& database);
Result<std::vector<Coverage>> coverage(Database& database);

// Forgetting a run happens in two steps so that a crash between them is repaired: after
// `begin_forget` it is listed by `forgotten_runs`, and by nothing else, until `finish_forget`.
Result<void> begin_forget(Database& database, int64_t run);
struct ForgottenRun {
  Run run;
  std::vector<uint64_t> commits;  // with tails
};
Result<std::vector<ForgottenRun>> forgotten_runs(Database& database);
Result<void> finish_forget(Database& database, int64_t run);

// Days whose hour, day and 5-minute numbers must be computed again from the rows (because two runs
// share them, or one was forgotten). Days since the epoch.
Result<void> mark_stale(Database& database, const std::vector<int64_t>& days);
Result<std::vector<int64_t>> stale_days(Database& database);
Result<void> clear_stale(Database& database, int64_t day);

}  // namespace yagura::state
