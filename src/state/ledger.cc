// SPDX-License-Identifier: Apache-2.0
#include "state/ledger.h"

#include <fmt/format.h>

#include <algorithm>

#include "state/statement.h"

namespace yagura::state {
namespace {

constexpr std::string_view run_columns = "id, sensor, first_time, last_time, tail_id, state_file";

// Reads `run_columns` from `column` on.
Run run_from(const Statement& statement, int column) {
  return {statement.integer(column),
          statement.integer_as<uint16_t>(column + 1),
          statement.time(column + 2),
          statement.time(column + 3),
          statement.integer_as<uint64_t>(column + 4),
          statement.text(column + 5)};
}

constexpr std::string_view input_columns =
    "input.id, input.run, input.commit_id, input.sensor, input.name, input.content_hash, "
    "input.first_time, input.last_time, input.frames";

InputRecord input_from(const Statement& statement) {
  return {statement.integer(0),
          statement.integer(1),
          statement.integer_as<uint64_t>(2),
          statement.integer_as<uint16_t>(3),
          statement.text(4),
          statement.text(5),
          statement.time(6),
          statement.time(7),
          statement.integer_as<uint64_t>(8)};
}

// Every row of `statement`, each made by `make`.
template <typename Make>
auto all_rows(Statement& statement, const Make& make)
    -> Result<std::vector<decltype(make(statement))>> {
  std::vector<decltype(make(statement))> rows;
  while (true) {
    TRY(const bool row, statement.step());
    if (!row) return rows;
    rows.push_back(make(statement));
  }
}

Result<std::optional<Run>> find_run(Database& database, int64_t id) {
  TRY(Statement statement,
      Statement::prepare(
          database, fmt::format("SELECT {} FROM run WHERE id = ? AND forgotten = 0", run_columns)));
  TRY(const bool found, statement.bind(id).step());
  if (!found) return std::nullopt;
  return run_from(statement, 0);
}

Result<uint64_t> next_commit_id(Database& database) {
  TRY(Statement statement,
      Statement::prepare(database, "UPDATE last_commit_id SET id = id + 1 RETURNING id"));
  TRY(const bool row, statement.step());
  CHECK(row);
  const auto id = statement.integer_as<uint64_t>(0);
  TRY(const bool more, statement.step());  // an UPDATE takes effect once it has been run to its end
  CHECK(!more);
  return id;
}

// Fails unless `ids` are those of a commit that has begun and not finished.
Result<void> check_unfinished(Database& database, const CommitIds& ids) {
  TRY(Statement statement,
      Statement::prepare(database,
                         "SELECT finished FROM commit_record WHERE id = ? AND tail_id = ?"));
  TRY(const bool found, statement.bind(ids.commit, ids.tail).step());
  if (!found) return failure(fmt::format("ledger: commit {} was never begun", ids.commit));
  if (statement.integer(0) != 0) {
    return failure(fmt::format("ledger: commit {} is finished already", ids.commit));
  }
  return {};
}

// Fails if a commit of the run has begun and not finished.
Result<void> check_idle(Database& database, int64_t run_id) {
  TRY(Statement statement,
      Statement::prepare(database, "SELECT id FROM commit_record WHERE run = ? AND finished = 0"));
  TRY(const bool unfinished, statement.bind(run_id).step());
  if (!unfinished) return {};
  return failure(
      fmt::format("ledger: run {} has the unfinished commit {}", run_id, statement.integer(0)));
}

// Writes the run of a commit as it is now; returns its id.
Result<int64_t> save_run(Database& database, const Run& saved, uint64_t tail) {
  if (saved.id == 0) {
    TRY(Statement insert,
        Statement::prepare(database,
                           "INSERT INTO run (sensor, first_time, last_time, tail_id, state_file) "
                           "VALUES (?, ?, ?, ?, ?) RETURNING id"));
    TRY(const bool row,
        insert.bind(saved.sensor, saved.first, saved.last, tail, saved.state_file).step());
    CHECK(row);
    const int64_t id = insert.integer(0);
    TRY(const bool more, insert.step());
    CHECK(!more);
    return id;
  }
  TRY(const auto known, find_run(database, saved.id));
  if (!known) return failure(fmt::format("ledger: there is no run {}", saved.id));
  if (known->sensor != saved.sensor) {
    return failure(fmt::format("ledger: run {} belongs to sensor {}, not {}", saved.id,
                               known->sensor, saved.sensor));
  }
  TRY_VOID(run(database,
               "UPDATE run SET first_time = ?, last_time = ?, tail_id = ?, state_file = ? "
               "WHERE id = ?",
               saved.first, saved.last, tail, saved.state_file, saved.id));
  return saved.id;
}

Result<void> save_inputs(Database& database, const FinishedCommit& commit, int64_t run_id) {
  TRY(Statement insert,
      Statement::prepare(database,
                         "INSERT INTO input (run, commit_id, sensor, name, content_hash, "
                         "first_time, last_time, frames) "
                         "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"));
  for (const InputRecord& input : commit.inputs) {
    if (!input.content_hash.empty()) {
      TRY(const auto known, find_input(database, input.sensor, input.content_hash));
      if (known) {
        return failure(fmt::format("ledger: {} was read before, as {}", input.name, known->name));
      }
    }
    TRY_VOID(insert
                 .bind(run_id, commit.ids.commit, input.sensor, input.name, input.content_hash,
                       input.first, input.last, input.frames)
                 .run());
  }
  return {};
}

// Joins stretches of a sensor that touch or overlap. In order of sensor and time.
std::vector<Coverage> merged(std::vector<Coverage> stretches) {
  std::sort(stretches.begin(), stretches.end(), [](const Coverage& a, const Coverage& b) {
    return std::tie(a.sensor, a.from) < std::tie(b.sensor, b.from);
  });
  std::vector<Coverage> result;
  for (const Coverage& stretch : stretches) {
    if (stretch.from >= stretch.until) continue;
    if (!result.empty() && result.back().sensor == stretch.sensor &&
        stretch.from <= result.back().until) {
      result.back().until = std::max(result.back().until, stretch.until);
    } else {
      result.push_back(stretch);
    }
  }
  return result;
}

Coverage coverage_from(const Statement& statement) {
  return {statement.integer_as<uint16_t>(0), statement.time(1), statement.time(2)};
}

Result<void> save_coverage(Database& database, const FinishedCommit& commit, int64_t run_id) {
  if (commit.coverage.empty()) return {};
  TRY(Statement known,
      Statement::prepare(database,
                         "SELECT sensor, from_time, until_time FROM coverage WHERE run = ?"));
  TRY(std::vector<Coverage> stretches, all_rows(known.bind(run_id), coverage_from));
  known.reset();
  stretches.insert(stretches.end(), commit.coverage.begin(), commit.coverage.end());
  TRY_VOID(run(database, "DELETE FROM coverage WHERE run = ?", run_id));
  TRY(Statement insert,
      Statement::prepare(database,
                         "INSERT INTO coverage (run, sensor, from_time, until_time) "
                         "VALUES (?, ?, ?, ?)"));
  for (const Coverage& stretch : merged(std::move(stretches))) {
    TRY_VOID(insert.bind(run_id, stretch.sensor, stretch.from, stretch.until).run());
  }
  return {};
}

Result<std::vector<Run>> runs_where(Database& database, std::string_view condition, int64_t value) {
  TRY(Statement statement,
      Statement::prepare(
          database, fmt::format("SELECT {} FROM run WHERE {} ORDER BY first_time, id", run_columns,
                                condition)));
  return all_rows(statement.bind(value), [](const Statement& row) { return run_from(row, 0); });
}

}  // namespace

Result<CommitIds> begin_commit(Database& database, uint16_t sensor, std::optional<int64_t> run_id) {
  CommitIds ids;
  TRY_VOID(database.transaction([&]() -> Result<void> {
    if (run_id) {
      TRY(const auto known, find_run(database, *run_id));
      if (!known || known->sensor != sensor) {
        return failure(fmt::format("ledger: sensor {} has no run {}", sensor, *run_id));
      }
      TRY_VOID(check_idle(database, *run_id));
    }
    TRY(ids.commit, next_commit_id(database));
    TRY(ids.tail, next_commit_id(database));
    return run(database, "INSERT INTO commit_record (id, tail_id, sensor, run) VALUES (?, ?, ?, ?)",
               ids.commit, ids.tail, sensor, run_id);
  }));
  return ids;
}

Result<int64_t> finish_commit(Database& database, const FinishedCommit& commit) {
  int64_t run_id = 0;
  TRY_VOID(database.transaction([&]() -> Result<void> {
    TRY_VOID(check_unfinished(database, commit.ids));
    TRY(run_id, save_run(database, commit.run, commit.ids.tail));
    TRY_VOID(run(database, "UPDATE commit_record SET finished = 1, run = ? WHERE id = ?", run_id,
                 commit.ids.commit));
    TRY_VOID(save_inputs(database, commit, run_id));
    return save_coverage(database, commit, run_id);
  }));
  return run_id;
}

Result<std::vector<UnfinishedCommit>> unfinished_commits(Database& database) {
  TRY(Statement statement,
      Statement::prepare(database,
                         "SELECT c.id, c.tail_id, c.run, run.id, run.sensor, run.first_time, "
                         "run.last_time, run.tail_id, run.state_file "
                         "FROM commit_record AS c LEFT JOIN run ON run.id = c.run "
                         "WHERE c.finished = 0 ORDER BY c.id"));
  return all_rows(statement, [](const Statement& row) {
    UnfinishedCommit commit;
    commit.ids = {row.integer_as<uint64_t>(0), row.integer_as<uint64_t>(1)};
    if (!row.is_null(2)) commit.run = run_from(row, 3);
    return commit;
  });
}

Result<void> drop_commit(Database& database, const CommitIds& ids) {
  return database.transaction([&]() -> Result<void> {
    TRY_VOID(check_unfinished(database, ids));
    return run(database, "DELETE FROM commit_record WHERE id = ?", ids.commit);
  });
}

Result<std::vector<Run>> runs(Database& database, uint16_t sensor) {
  return runs_where(database, "forgotten = 0 AND sensor = ?", sensor);
}

Result<std::vector<Run>> all_runs(Database& database) {
  return runs_where(database, "forgotten = ?", 0);
}

Result<std::vector<uint64_t>> commits_of(Database& database, int64_t run_id) {
  TRY(Statement statement,
      Statement::prepare(database,
                         "SELECT id FROM commit_record WHERE run = ?1 AND finished = 1 UNION ALL "
                         "SELECT tail_id FROM commit_record WHERE run = ?1 AND finished = 1 "
                         "ORDER BY 1"));
  return all_rows(statement.bind(run_id),
                  [](const Statement& row) { return row.integer_as<uint64_t>(0); });
}

Result<std::optional<InputRecord>> find_input(Database& database, uint16_t sensor,
                                              const std::string& content_hash) {
  TRY(Statement statement,
      Statement::prepare(database,
                         fmt::format("SELECT {} FROM input JOIN run ON run.id = input.run "
                                     "WHERE run.forgotten = 0 AND input.sensor = ? "
                                     "AND input.content_hash = ?",
                                     input_columns)));
  TRY(const bool found, statement.bind(sensor, content_hash).step());
  if (!found) return std::nullopt;
  return input_from(statement);
}

Result<std::vector<InputRecord>> inputs(Database& database) {
  TRY(Statement statement,
      Statement::prepare(database,
                         fmt::format("SELECT {} FROM input JOIN run ON run.id = input.run "
                                     "WHERE run.forgotten = 0 ORDER BY input.id",
                                     input_columns)));
  return all_rows(statement, input_from);
}

Result<std::vector<Coverage>> coverage(Database& database) {
  TRY(Statement statement,
      Statement::prepare(database,
                         "SELECT c.sensor, c.from_time, c.until_time FROM coverage AS c "
                         "JOIN run ON run.id = c.run WHERE run.forgotten = 0"));
  TRY(std::vector<Coverage> stretches, all_rows(statement, coverage_from));
  return merged(std::move(stretches));
}

Result<void> begin_forget(Database& database, int64_t run_id) {
  return database.transaction([&]() -> Result<void> {
    TRY(const auto known, find_run(database, run_id));
    if (!known) return failure(fmt::format("ledger: there is no run {}", run_id));
    TRY_VOID(check_idle(database, run_id));
    return run(database, "UPDATE run SET forgotten = 1 WHERE id = ?", run_id);
  });
}

Result<std::vector<ForgottenRun>> forgotten_runs(Database& database) {
  TRY(const std::vector<Run> known, runs_where(database, "forgotten = ?", 1));
  std::vector<ForgottenRun> forgotten;
  for (const Run& each : known) {
    TRY(std::vector<uint64_t> commits, commits_of(database, each.id));
    forgotten.push_back({each, std::move(commits)});
  }
  return forgotten;
}

Result<void> finish_forget(Database& database, int64_t run_id) {
  return database.transaction([&]() -> Result<void> {
    TRY(Statement known,
        Statement::prepare(database, "SELECT id FROM run WHERE id = ? AND forgotten = 1"));
    TRY(const bool found, known.bind(run_id).step());
    if (!found) return failure(fmt::format("ledger: run {} is not being forgotten", run_id));
    known.reset();
    TRY_VOID(run(database, "DELETE FROM input WHERE run = ?", run_id));
    TRY_VOID(run(database, "DELETE FROM coverage WHERE run = ?", run_id));
    TRY_VOID(run(database, "DELETE FROM commit_record WHERE run = ?", run_id));
    return run(database, "DELETE FROM run WHERE id = ?", run_id);
  });
}

Result<void> mark_stale(Database& database, const std::vector<int64_t>& days) {
  return database.transaction([&]() -> Result<void> {
    TRY(Statement insert,
        Statement::prepare(database, "INSERT OR IGNORE INTO stale_day (day) VALUES (?)"));
    for (const int64_t day : days) TRY_VOID(insert.bind(day).run());
    return {};
  });
}

Result<std::vector<int64_t>> stale_days(Database& database) {
  TRY(Statement statement, Statement::prepare(database, "SELECT day FROM stale_day ORDER BY day"));
  return all_rows(statement, [](const Statement& row) { return row.integer(0); });
}

Result<void> clear_stale(Database& database, int64_t day) {
  return run(database, "DELETE FROM stale_day WHERE day = ?", day);
}

}  // namespace yagura::state
