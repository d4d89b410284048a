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
#include "telescope/report_tables.h"
#include "telescope/sensor_ingest.h"
#include "telescope/state_file.h"
#include "telescope/synchrony_for_tests.h"
#include "telescope/telescope_for_tests.h"

namespace yagura::telescope {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

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

  // Takes away what version 12 of the store brought, rows of before staying: no targets, no totals,
  // nothing judged. Each row's packets went to one address, of which it is not known any more.
  void age_synchrony(const std::string& name) {
    auto* telescope = open(name);
    age_saved_state(*telescope);
    for (const char* sql :
         {"ALTER TABLE synchrony UPDATE top_share = 1 WHERE true SETTINGS mutations_sync = 1",
          "ALTER TABLE synchrony DROP COLUMN top_dark, DROP COLUMN dark_addresses",
          "DROP TABLE synchrony_total SYNC", "DROP TABLE synchrony_window SYNC",
          "ALTER TABLE schema_version DELETE WHERE version >= 12 SETTINGS mutations_sync = 1"}) {
      const auto done = telescope->connection().execute(sql);
      ASSERT_TRUE(done) << sql << ": " << done.error().message();
    }
    close();
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

// What is known of such windows is judged as ever; of what is not, nothing is said.
TEST_F(UpgradeTest, SynchronyOfBeforeItsTargetsAndTotalsIsJudgedByWhatItsRowsKnow) {
  const Traffic traffic(busy(34));
  const Frames frames(traffic.frames);
  size_t half = frames.size() / 2;
  while (frames[half].time == frames[half - 1].time) ++half;
  const Frames before = frames.first(half), after = frames.subspan(half);
  auto* telescope = open("now");
  read(*telescope, before);
  judge_all(*telescope);
  const auto known = judged_windows(*telescope);
  ASSERT_GT(known.size(), 15u);

  telescope = open("old");
  read(*telescope, before);
  const auto rows = rows_of(*telescope, "row", "SELECT time, prefix, port, packets FROM synchrony");
  age_synchrony("old");
  telescope = open("old");
  EXPECT_EQ(difference(rows, rows_of(*telescope, "row",
                                     "SELECT time, prefix, port, packets FROM synchrony")),
            "");
  SynchronyQuestion question;
  question.period = {Timestamp{}, Timestamp::from_seconds(2'000'000'000)};
  const auto alarms = synchrony_alarms(telescope->connection(), question);
  ASSERT_TRUE(alarms) << alarms.error().message();
  EXPECT_TRUE(alarms->empty());
  const auto series = synchrony_series(telescope->connection(), question.period, {});
  ASSERT_TRUE(series) << series.error().message();
  EXPECT_TRUE(series->points.empty());

  judge_all(*telescope);
  const auto old = judged_windows(*telescope);
  ASSERT_EQ(old.size(), known.size());
  for (size_t i = 0; i < old.size(); ++i) {
    EXPECT_EQ(old[i].facts.time, known[i].facts.time);
    EXPECT_EQ(old[i].facts.hosts, known[i].facts.hosts);
    EXPECT_EQ(old[i].facts.packets, known[i].facts.packets);
    EXPECT_EQ(old[i].densities, known[i].densities);
    EXPECT_EQ(old[i].facts.alarmed, known[i].facts.alarmed);
    EXPECT_EQ(known[i].facts.counted, 1);
    EXPECT_EQ(old[i].facts.counted, 0) << i;
    EXPECT_EQ(old[i].facts.total_packets, 0u);
    EXPECT_THAT(engine_words(old[i].facts.votes), Not(Contains("change-finder")));
    EXPECT_THAT(old[i].port_levels, Not(Contains(static_cast<int>(PortLevel::single_target))));
  }
  const Table table = synchrony_table(old, {});
  EXPECT_THAT(write_table(table, OutputFormat::json),
              AllOf(HasSubstr(R"("packets_score": null)"), HasSubstr(R"("hosts_score": null)")));

  read(*telescope, after);
  judge_all(*telescope);
  const auto both = judged_windows(*telescope);
  ASSERT_GT(both.size(), old.size() + 15);
  for (size_t i = 0; i < both.size(); ++i)
    EXPECT_EQ(both[i].facts.counted, i < old.size() ? 0 : 1) << i;
}

}  // namespace
}  // namespace yagura::telescope
