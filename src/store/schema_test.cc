// SPDX-License-Identifier: Apache-2.0
#include "store/schema.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <fstream>

#include "store/migrations.h"
#include "store/native_block.h"
#include "store/size.h"
#include "store/store_for_tests.h"

namespace yagura::store {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

// A part of the telescope's synchrony rows, to have something to store.
struct SynchronyRow {
  uint32_t time = 0;
  uint64_t commit = 0;
  static constexpr std::string_view table = "synchrony";
  static constexpr auto columns() {
    using R = SynchronyRow;
    return std::tuple(column("time", &R::time, "DateTime('UTC')"), column("commit", &R::commit));
  }
};

class SchemaTest : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    if (IsSkipped()) return;
    succeeded(connection().execute("TRUNCATE TABLE synchrony"));
  }
  void insert(uint64_t commit, uint32_t rows) {
    NativeBlockWriter<SynchronyRow> writer;
    for (uint32_t i = 0; i < rows; ++i) writer.add({.time = i, .commit = commit});
    succeeded(insert_rows(connection(), writer));
  }
  TableSize size_of(const std::string& table) {
    for (const TableSize& size : value(table_sizes(connection()))) {
      if (size.table == table) return size;
    }
    ADD_FAILURE() << "no size of " << table;
    return {};
  }
};

TEST_F(SchemaTest, MigratesOnceAndRefusesAStoreFromANewerYagura) {
  succeeded(migrate(connection()));
  const uint64_t newest = number("SELECT max(version) FROM schema_version");
  EXPECT_EQ(number("SELECT uniqExact(version) FROM schema_version"), newest);
  EXPECT_EQ(number("SELECT count() FROM schema_version"), newest);
  succeeded(connection().execute("INSERT INTO schema_version VALUES (99, now())"));
  EXPECT_THAT(error_of(migrate(connection())),
              HasSubstr("schema version 99, this yagura knows " + std::to_string(newest) +
                        ": it was written by a newer yagura, use that one"));
  succeeded(connection().execute("DELETE FROM schema_version WHERE version = 99"));
  succeeded(migrate(connection()));
}

TEST_F(SchemaTest, UpgradesAStoreOfEveryEarlierVersionToTheSameTables) {
  const auto tables = [this] {
    return value(
        connection().query("SELECT name, create_table_query AS text FROM system.tables "
                           "WHERE database = currentDatabase() ORDER BY name"));
  };
  const Block fresh = tables();
  const uint64_t newest = number("SELECT max(version) FROM schema_version");
  for (uint32_t version = 1; version <= newest; ++version) {
    for (const std::string& name : fresh["name"].strings)
      succeeded(connection().execute("DROP TABLE " + name + " SYNC"));
    succeeded(migrate_to(connection(), version));
    EXPECT_EQ(number("SELECT max(version) FROM schema_version"), version);
    succeeded(migrate(connection()));
    const Block upgraded = tables();
    EXPECT_EQ(upgraded["name"].strings, fresh["name"].strings) << "from version " << version;
    EXPECT_EQ(upgraded["text"].strings, fresh["text"].strings) << "from version " << version;
  }
}

// Before version 2 the numbers of ports lay in `numbers`, a row for each.
TEST_F(SchemaTest, TakesTheNumbersOfPortsOverAndGoesOnWhereItWasInterrupted) {
  const Block tables = value(
      connection().query("SELECT name FROM system.tables WHERE database = currentDatabase()"));
  for (const std::string& name : tables["name"].strings)
    succeeded(connection().execute("DROP TABLE " + name + " SYNC"));
  succeeded(migrate_to(connection(), 1));
  succeeded(connection().execute(
      "INSERT INTO numbers (level, time, dimension, value, class, organisation, packets, hosts, "
      "commit, stored) SELECT if(number % 2 = 0, 'hour', 'day'), 86400, if(number % 3 = 0, "
      "'udp_port', 'tcp_port'), number * 7 % 65536, 'scan_tcp', number % 4, number - 50, "
      "number % 5, 1 + number % 2, '2026-01-02' FROM numbers(30000)"));
  succeeded(connection().execute(
      "INSERT INTO numbers (level, time, dimension, value, class, organisation, packets, hosts, "
      "commit) VALUES ('day', 86400, 'total', 0, 'any', 0, 5, 1, 1)"));
  const auto sums = [](std::string_view packets, std::string_view hosts) {
    return fmt::format(" AS survey, commit, stored, sum({}) AS p, sum({}) AS h FROM ", packets,
                       hosts);
  };
  const std::string group =
      " GROUP BY level, time, dimension, value, class, survey, commit, stored "
      "HAVING p != 0 OR h != 0 ORDER BY ALL";
  const Block before = value(connection().query(
      "SELECT level, time, dimension, value, class, organisation > 0" + sums("packets", "hosts") +
      "numbers WHERE dimension IN ('tcp_port', 'udp_port')" + group));
  ASSERT_GT(before.rows, 20'000u);
  // Killed after what is there was copied, and again before the copied rows were taken away.
  succeeded(migrate_to(connection(), 2));
  succeeded(connection().execute("DELETE FROM schema_version WHERE version = 2"));
  succeeded(migrate_to(connection(), 2));
  succeeded(migrate(connection()));
  const Block after = value(connection().query(
      "SELECT level, time, dimension, toUInt32(block * 32 + place - 1) AS value, class, survey" +
      sums("n", "m") +
      "(SELECT level, time, dimension, block, place, class, survey, commit, stored, "
      "n, m FROM port_numbers "
      "ARRAY JOIN packets AS n, hosts AS m, arrayEnumerate(packets) AS place)" +
      group));
  ASSERT_EQ(after.rows, before.rows);
  for (size_t column = 0; column < before.columns.size(); ++column)
    for (size_t row = 0; row < before.rows; row += 97)
      EXPECT_EQ(after.columns[column].text_at(row), before.columns[column].text_at(row));
  EXPECT_EQ(number("SELECT count() FROM numbers"), 1u);
}

TEST_F(SchemaTest, GoesOnAfterAMigrationThatWasInterrupted) {
  succeeded(connection().execute("TRUNCATE TABLE schema_version"));
  succeeded(connection().execute("DROP TABLE alarm SYNC"));
  succeeded(migrate(connection()));
  EXPECT_EQ(number("SELECT count() FROM alarm"), 0u);
}

TEST_F(SchemaTest, TakesOutTheRowsOfCommitsAndLeavesTheOthers) {
  insert(7, 1'000);
  insert(8, 500);
  insert(9, 20);
  succeeded(delete_commits(connection(), {7, 9, 1'000'000}));
  EXPECT_EQ(number("SELECT count() FROM synchrony"), 500u);
  EXPECT_EQ(number("SELECT sum(commit) FROM synchrony"), 500u * 8);
  succeeded(delete_commits(connection(), {}));
  EXPECT_EQ(number("SELECT count() FROM synchrony"), 500u);
  EXPECT_EQ(number("SELECT count() FROM system.mutations WHERE table = 'synchrony'"), 0u)
      << "whole parts went";
}

TEST_F(SchemaTest, TakesOutRowsThatShareAPartWithOthers) {
  insert(7, 1'000);
  insert(8, 500);
  succeeded(connection().execute("OPTIMIZE TABLE synchrony FINAL"));
  insert(7, 100);
  succeeded(delete_commits(connection(), {7}));
  EXPECT_EQ(number("SELECT count() FROM synchrony"), 500u);
  EXPECT_EQ(number("SELECT sum(commit) FROM synchrony"), 500u * 8);
}

TEST_F(SchemaTest, CountsRetentionFromTheDayOfStoring) {
  succeeded(set_retention(connection(), {.synchrony = 60}));
  insert(1, 10);  // event time 1970, stored today
  succeeded(
      connection().execute("INSERT INTO synchrony (time, commit, stored) "
                           "SELECT now(), 2, today() - 40 FROM numbers(5)"));
  succeeded(connection().execute("OPTIMIZE TABLE synchrony FINAL"));
  EXPECT_EQ(number("SELECT count() FROM synchrony"), 15u);
  succeeded(set_retention(connection(), {.synchrony = 30}));
  succeeded(connection().execute("OPTIMIZE TABLE synchrony FINAL"));
  EXPECT_EQ(number("SELECT count() FROM synchrony WHERE commit = 2"), 0u);
  EXPECT_EQ(number("SELECT count() FROM synchrony WHERE commit = 1"), 10u);
}

TEST_F(SchemaTest, ChangesRetentionOnlyWhereItDiffers) {
  const auto definitions = [this] {
    return number(
        "SELECT sum(cityHash64(create_table_query, metadata_modification_time)) "
        "FROM system.tables WHERE database = currentDatabase()");
  };
  succeeded(set_retention(connection(), {}));
  const uint64_t before = definitions();
  succeeded(set_retention(connection(), {}));
  EXPECT_EQ(definitions(), before);
  succeeded(set_retention(connection(), {.activity = 3, .numbers_hour = 0}));
  EXPECT_NE(definitions(), before);
  EXPECT_EQ(number("SELECT position(create_table_query, 'toIntervalDay(3)') > 0 "
                   "FROM system.tables WHERE name = 'activity'"),
            1u);
  succeeded(set_retention(connection(), {}));
}

TEST_F(SchemaTest, RefusesATableThatDiffersFromItsRow) {
  using Columns = std::vector<ColumnDescription>;
  succeeded(
      connection().execute("CREATE OR REPLACE TABLE odd (a UInt32, b String, "
                           "c Date DEFAULT today()) ENGINE = Memory"));
  const auto check = [this](const Columns& columns) {
    return error_of(check_columns(connection(), {{"odd", columns}}));
  };
  EXPECT_EQ(check({{"a", "UInt32"}, {"b", "String"}}), "");
  EXPECT_EQ(check({{"a", "UInt64"}, {"b", "String"}}),
            "store: column a of table odd has the type UInt32, expected UInt64");
  EXPECT_EQ(check({{"a", "UInt32"}, {"z", "Int8"}, {"b", "String"}}),
            "store: table odd has no column z (expected Int8)");
  EXPECT_THAT(check({{"a", "UInt32"}}), HasSubstr("has a column b that this version"));
  EXPECT_EQ(error_of(check_columns(connection(),
                                   {{"odd", {{"a", "UInt32"}, {"b", "String"}}}, {"absent", {}}})),
            "store: there is no table absent");
  succeeded(connection().execute("DROP TABLE odd SYNC"));
}

TEST_F(SchemaTest, TellsTheSizeOfEveryTable) {
  insert(1, 50'000);
  const TableSize size = size_of("synchrony");
  EXPECT_EQ(size.rows, 50'000u);
  EXPECT_EQ(size.parts, 1u);
  EXPECT_GT(size.bytes, 1'000u);
  EXPECT_NEAR(size.bytes_per_row(), static_cast<double>(size.bytes) / 50'000, 1e-9);
  EXPECT_EQ(size_of("alarm").rows, 0u);
  EXPECT_EQ(size_of("alarm").bytes_per_row(), 0);
}

TEST_F(SchemaTest, TellsTheSizeOfEachLevel) {
  succeeded(connection().execute("TRUNCATE TABLE numbers"));
  succeeded(
      connection().execute("INSERT INTO numbers (level, time, dimension, class, packets) SELECT "
                           "if(number < 100, 'day', 'hour'), 86400 * 300 * number, 'total', 'any', "
                           "1 FROM numbers(130)"));
  const auto levels = value(level_sizes(connection(), "numbers"));
  ASSERT_EQ(levels.size(), 2u);
  EXPECT_EQ(levels[0].table, "day");
  EXPECT_EQ(levels[0].rows, 100u);
  EXPECT_EQ(levels[1].table, "hour");
  EXPECT_EQ(levels[1].rows, 30u);
  EXPECT_GT(levels[0].bytes, levels[1].bytes);
  succeeded(connection().execute("TRUNCATE TABLE numbers"));
}

TEST_F(SchemaTest, FindsADamagedPart) {
  insert(1, 50'000);
  for (const TableCheck& check : value(check_tables(connection()))) {
    EXPECT_TRUE(check.whole) << check.table << ": " << check.complaint;
  }
  const Block paths = value(
      connection().query("SELECT path FROM system.parts WHERE table = 'synchrony' AND active"));
  ASSERT_EQ(paths.rows, 1u);
  const auto file = std::filesystem::path(paths["path"].string_at(0)) / "data.bin";
  ASSERT_TRUE(std::filesystem::exists(file)) << file;
  std::fstream stream(file, std::ios::binary | std::ios::in | std::ios::out);
  stream.seekp(200);
  stream << "damage";
  stream.close();
  bool found = false;
  for (const TableCheck& check : value(check_tables(connection()))) {
    EXPECT_EQ(check.whole, check.table != "synchrony") << check.table;
    if (!check.whole) {
      found = true;
      EXPECT_THAT(check.complaint, HasSubstr("data.bin"));
    }
  }
  EXPECT_TRUE(found);
  succeeded(connection().execute("TRUNCATE TABLE synchrony"));
}

}  // namespace
}  // namespace yagura::store
