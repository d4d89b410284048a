// SPDX-License-Identifier: Apache-2.0
//
// Data folders that an older yagura left: opened, upgraded, and read on into, with no wrong row.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <xxhash.h>

#include <cstring>

#include "state/migrations.h"
#include "store/migrations.h"
#include "telescope/sensor_ingest.h"
#include "telescope/state_file.h"
#include "telescope/telescope_for_tests.h"

namespace yagura::telescope {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class UpgradeTest : public TelescopeTest {
 protected:
  // A folder as the first yagura made it, before it read anything: the first step of the control
  // plane and of the store, with the secret key and the sensor that all folders of a test share.
  void make_first_folder(const std::string& name) {
    const auto folder = folder_.path() / name;
    std::filesystem::create_directories(folder);
    sqlite3* handle = nullptr;
    ASSERT_EQ(sqlite3_open((folder / "state.db").c_str(), &handle), SQLITE_OK);
    std::string sql = state::migrations()[0];
    sql += "ATTACH '" + (folder_.path() / "seed.db").string() + "' AS seed;";
    for (const char* table : {"secret", "sensor", "dark_prefix"})
      sql += std::string("INSERT INTO main.") + table + " SELECT * FROM seed." + table + ";";
    sql += "PRAGMA main.application_id = " + std::to_string(state::application_id) + ";";
    sql += "PRAGMA main.user_version = 1;";
    EXPECT_EQ(sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(handle);
    sqlite3_close(handle);
    auto engine = store::open_embedded({.folder = folder / "store",
                                        .memory_ceiling_bytes = 400'000'000,
                                        .library = store_library()});
    ASSERT_TRUE(engine) << engine.error().message();
    const auto connection = (*engine)->connect();
    ASSERT_TRUE(connection);
    ASSERT_TRUE(store::migrate_to(**connection, 1));
  }

  // Makes the saved state of the folder's only run one of the version before.
  void age_saved_state(Telescope& telescope) {
    const auto runs = state::all_runs(telescope.database());
    ASSERT_TRUE(runs);
    ASSERT_EQ(runs->size(), 1u);
    const auto path = telescope.runs_folder() / runs->front().state_file;
    auto saved = read_state_file(path);
    ASSERT_TRUE(saved);
    std::string bytes = saved->file;
    uint32_t version;
    std::memcpy(&version, bytes.data() + saved->pipeline_begin, sizeof version);
    --version;
    std::memcpy(bytes.data() + saved->pipeline_begin, &version, sizeof version);
    const uint64_t sum = XXH3_64bits(bytes.data(), bytes.size() - sizeof sum);
    std::memcpy(bytes.data() + bytes.size() - sizeof sum, &sum, sizeof sum);
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  }
};

TEST_F(UpgradeTest, AFolderOfTheFirstVersionIsUpgradedAndTakesTheSameRows) {
  const Traffic traffic(busy(31, 3000));
  const auto expected = rows_in_one_go(traffic.frames);
  make_first_folder("first");
  auto* telescope = open("first");
  read(*telescope, traffic.frames);
  expect_same(expected, *telescope);
}

TEST_F(UpgradeTest, WhatAnOlderVersionLeftOpenStaysAndReadingGoesOnInANewRun) {
  const Traffic traffic(busy(32, 6000));
  const Frames frames(traffic.frames);
  auto* telescope = open("a");
  read(*telescope, frames.first(3000));
  age_saved_state(*telescope);
  telescope = open("a");
  read(*telescope, frames.subspan(3000));
  const auto runs = state::all_runs(telescope->database());
  ASSERT_TRUE(runs);
  EXPECT_EQ(runs->size(), 2u);
  expect_numbers_equal_activity(*telescope);
  const auto packets = [](Telescope& of) {
    return rows_of(of, "packets", "SELECT source, sum(packets) FROM activity GROUP BY source");
  };
  const auto found = packets(*telescope);
  telescope = open("whole");
  read(*telescope, frames);
  EXPECT_EQ(difference(packets(*telescope), found), "");
}

TEST_F(UpgradeTest, AnInterruptedReadOfAnOlderVersionIsLeftToThatVersion) {
  const Traffic traffic(busy(33, 2000));
  const Frames frames(traffic.frames);
  auto* telescope = open("a");
  read(*telescope, frames.first(1000));
  const auto sensor = state::sensor_named(telescope->database(), "default");
  ASSERT_TRUE(sensor);
  ASSERT_TRUE(SensorIngest::begin(*telescope, *sensor, frames[1000].time, ActivityAt::hour_end));
  age_saved_state(*telescope);
  close();
  TelescopeOptions options;
  options.folder = folder_.path() / "a";
  options.store_library = store_library();
  const auto refused = Telescope::open(options);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(),
              AllOf(HasSubstr("the saved state has version 3, this yagura reads 4"),
                    HasSubstr("with the yagura that wrote it")));
}

}  // namespace
}  // namespace yagura::telescope
