// SPDX-License-Identifier: Apache-2.0
#include "state/database.h"

#include <gmock/gmock.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <thread>

#include "state/copy.h"
#include "state/migrations.h"
#include "state/sensors.h"
#include "state/state_for_tests.h"
#include "state/statement.h"

namespace yagura::state {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

void write_file(const std::filesystem::path& file, const std::string& bytes) {
  std::ofstream(file, std::ios::binary) << bytes;
}

class DatabaseTest : public StateTest {};

TEST_F(DatabaseTest, KeepsWhatATransactionWroteAndForgetsWhatFailed) {
  value(sensor_named(database(), "kept"));
  const auto failed = database().transaction([&]() -> Result<void> {
    value(sensor_named(database(), "lost"));
    return failure("changed my mind");
  });
  EXPECT_EQ(error_of(failed), "changed my mind");
  reopen();
  const auto all = value(sensors(database()));
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0].name, "kept");
}

TEST_F(DatabaseTest, UndoesAnInnerTransactionAloneAndTheOuterOneWhole) {
  succeeded(database().transaction([&]() -> Result<void> {
    value(sensor_named(database(), "outer"));
    const auto inner = database().transaction([&]() -> Result<void> {
      value(sensor_named(database(), "inner"));
      return failure("no");
    });
    EXPECT_FALSE(inner);
    return {};
  }));
  const auto all = value(sensors(database()));
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0].name, "outer");
}

TEST_F(DatabaseTest, LosesAnUnfinishedTransactionWhenItsProcessIsKilled) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto own = Database::open(file());
    if (!own) ::_exit(1);
    static_cast<void>((*own)->transaction([&]() -> Result<void> {
      if (!sensor_named(**own, "killed")) ::_exit(2);
      ::kill(::getpid(), SIGKILL);
      return {};
    }));
    ::_exit(3);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status)) << "exit code " << WEXITSTATUS(status);
  reopen();
  EXPECT_THAT(value(sensors(database())), SizeIs(0));
}

TEST_F(DatabaseTest, LetsTwoThreadsWriteAtOnceEachThroughItsOwn) {
  constexpr int rounds = 200;
  const auto write = [&](const std::string& name) {
    const auto own = value(Database::open(file()));
    for (int i = 0; i < rounds; ++i) {
      // Reads before it writes, as most of our transactions do.
      succeeded(own->transaction([&]() -> Result<void> {
        TRY(Statement count, Statement::prepare(*own, "SELECT count(*) FROM stale_day"));
        TRY(const bool row, count.step());
        CHECK(row);
        TRY_VOID(run(*own, "INSERT INTO stale_day (day) VALUES (?)", count.integer(0)));
        TRY(const auto sensor, sensor_named(*own, name + std::to_string(i)));
        return set_dark_space(*own, sensor.id, {});
      }));
      succeeded(run(*own, "UPDATE run SET forgotten = 1"));
    }
  };
  std::thread one(write, "one"), two(write, "two");
  one.join();
  two.join();
  EXPECT_THAT(value(sensors(database())), SizeIs(2 * rounds));
  auto days = Statement::prepare(database(), "SELECT count(*), max(day) FROM stale_day");
  EXPECT_TRUE(value(days->step()));
  EXPECT_EQ(days->integer(0), 2 * rounds);
  EXPECT_EQ(days->integer(1), 2 * rounds - 1);
}

TEST_F(DatabaseTest, ReadsWhatWasCommittedWhileAnotherWrites) {
  value(sensor_named(database(), "before"));
  const auto other = value(Database::open(file()));
  succeeded(other->transaction([&]() -> Result<void> {
    TRY_VOID(sensor_named(*other, "within"));
    EXPECT_THAT(value(sensors(database())), SizeIs(1));
    return {};
  }));
  EXPECT_THAT(value(sensors(database())), SizeIs(2));
}

// A file as the yagura of `version` left it, with a sensor.
void write_file_of_version(const std::filesystem::path& file, size_t version) {
  sqlite3* handle = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &handle), SQLITE_OK);
  std::string sql;
  for (const char* step : migrations().first(version)) sql += step;
  sql += "INSERT INTO sensor VALUES (3, 'kept');";
  sql += "PRAGMA application_id = " + std::to_string(application_id) + ";";
  sql += "PRAGMA user_version = " + std::to_string(version) + ";";
  EXPECT_EQ(sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
      << sqlite3_errmsg(handle);
  sqlite3_close(handle);
}

std::vector<std::string> tables_of(Database& database) {
  std::vector<std::string> all;
  auto statement =
      Statement::prepare(database, "SELECT ifnull(sql, name) FROM sqlite_schema ORDER BY 1");
  while (value(statement->step())) all.push_back(statement->text(0));
  return all;
}

TEST_F(DatabaseTest, UpgradesAFileOfEveryEarlierVersionToTheSameTablesAndKeepsItsRows) {
  const auto fresh = tables_of(database());
  for (size_t version = 1; version < migrations().size(); ++version) {
    const TemporaryFolder folder;
    const auto old = folder.path() / "state.db";
    write_file_of_version(old, version);
    const auto upgraded = value(Database::open(old));
    ASSERT_NE(upgraded, nullptr) << "from version " << version;
    EXPECT_EQ(tables_of(*upgraded), fresh) << "from version " << version;
    const auto all = value(sensors(*upgraded));
    ASSERT_THAT(all, SizeIs(1)) << "from version " << version;
    EXPECT_EQ(all[0].name, "kept");
    EXPECT_EQ(all[0].id, 3);
  }
}

TEST_F(DatabaseTest, CopiesWhatIsCommittedWhileAnotherWrites) {
  value(sensor_named(database(), "before"));
  const auto copy = file().parent_path() / "copy.db";
  const auto other = value(Database::open(file()));
  succeeded(other->transaction([&]() -> Result<void> {
    TRY_VOID(sensor_named(*other, "within"));
    return copy_database(database(), copy);
  }));
  struct stat facts{};
  ASSERT_EQ(::stat(copy.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600u);
  const auto copied = value(Database::open(copy));
  const auto all = value(sensors(*copied));
  ASSERT_THAT(all, SizeIs(1));
  EXPECT_EQ(all[0].name, "before");
  EXPECT_EQ(tables_of(*copied), tables_of(database()));
  EXPECT_THAT(error_of(copy_database(database(), copy)), HasSubstr("is there already"));
}

TEST_F(DatabaseTest, IsReadableByItsOwnerOnly) {
  struct stat facts{};
  ASSERT_EQ(::stat(file().c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600u);
}

TEST_F(DatabaseTest, EnforcesForeignKeys) {
  const auto result = set_dark_space(
      database(), 7,
      {{value(Prefix::parse("198.51.100.0/24")), false, std::nullopt, std::nullopt}});
  EXPECT_THAT(error_of(result), HasSubstr("FOREIGN KEY constraint failed"));
}

TEST_F(DatabaseTest, RefusesAFileFromANewerYagura) {
  succeeded(run(database(), "PRAGMA user_version = 99"));
  EXPECT_THAT(error_of(Database::open(file())),
              testing::AllOf(HasSubstr("state.db has version 99, this yagura knows " +
                                       std::to_string(migrations().size())),
                             HasSubstr("newer yagura, use that one")));
}

TEST(DatabaseFileTest, RefusesAFileThatIsNoDatabaseAndNamesIt) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "state.db";
  write_file(file, std::string(10'000, 'x'));
  EXPECT_THAT(error_of(Database::open(file)),
              testing::AllOf(HasSubstr(file.string()), HasSubstr("restore it from a copy")));
}

TEST(DatabaseFileTest, ReportsDamageInTheMiddleAndNamesTheFile) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "state.db";
  {
    const auto database = value(Database::open(file));
    value(sensor_named(*database, "a"));
  }
  const auto size = std::filesystem::file_size(file);
  ASSERT_GT(size, 8192u);
  {
    std::fstream stream(file, std::ios::binary | std::ios::in | std::ios::out);
    stream.seekp(4096);
    stream << std::string(size - 4096, '\x55');
  }
  const auto opened = Database::open(file);
  std::string message = error_of(opened);
  if (opened) message = error_of(sensors(**opened));
  EXPECT_THAT(message, testing::AllOf(HasSubstr(file.string()), HasSubstr("malformed")));
}

TEST(DatabaseFileTest, IsMadeOnceWhenManyThreadsOpenItFirst) {
  for (int round = 0; round < 10; ++round) {
    const TemporaryFolder folder;
    const auto file = folder.path() / "state.db";
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        const auto database = Database::open(file);
        ASSERT_TRUE(database) << database.error().message();
        succeeded(sensor_named(**database, "same").map([](const Sensor&) {}));
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_THAT(value(sensors(*value(Database::open(file)))), SizeIs(1));
  }
}

TEST(DatabaseFileTest, RefusesAnotherProgramsDatabase) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "state.db";
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "CREATE TABLE t (a)", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(other);
  EXPECT_THAT(error_of(Database::open(file)), HasSubstr("belongs to another program"));
}

TEST(DatabaseFileTest, SaysWhichFileCannotBeOpened) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "absent" / "state.db";
  EXPECT_EQ(error_of(Database::open(file)),
            "opening " + file.string() + ": No such file or directory");
}

}  // namespace
}  // namespace yagura::state
