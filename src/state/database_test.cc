// SPDX-License-Identifier: Apache-2.0
#include "state/database.h"

#include <gmock/gmock.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

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
              testing::AllOf(HasSubstr("state.db has version 99"), HasSubstr("newer yagura")));
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
