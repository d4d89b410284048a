// SPDX-License-Identifier: Apache-2.0
#include "store/engine.h"

#include <gmock/gmock.h>
#include <sys/wait.h>

#include <fstream>
#include <random>

#include "store/native_block.h"
#include "store/pieces_for_tests.h"
#include "store/store_for_tests.h"

namespace yagura::store {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

struct PairRow {
  uint32_t a = 0;
  std::string_view b;
  static constexpr std::string_view table = "pair";
  static constexpr auto columns() {
    return std::tuple(column("a", &PairRow::a), column("b", &PairRow::b));
  }
};

class EngineTest : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    if (IsSkipped()) return;
    succeeded(
        connection().execute("CREATE OR REPLACE TABLE pair (a UInt32, b String) "
                             "ENGINE = MergeTree ORDER BY a"));
  }
};

TEST_F(EngineTest, BindsParametersWithoutInterpretingThem) {
  const std::string strange = "'; DROP TABLE pair; -- \\ \t \n {a:String} é";
  const Block block = value(
      connection().query("SELECT {a:String} AS a, {n:UInt64} AS n, {list:Array(UInt16)} AS list",
                         {{"a", strange}, {"n", "18446744073709551615"}, {"list", "[1,2]"}}));
  ASSERT_EQ(block.rows, 1u);
  EXPECT_EQ(block["a"].string_at(0), strange);
  EXPECT_EQ(block["n"].unsigned_at(0), UINT64_MAX);
  EXPECT_THAT(block["list"].unsigned_array_at(0), ElementsAre(1u, 2u));
}

TEST_F(EngineTest, InsertsABlockAllOrNothing) {
  NativeBlockWriter<PairRow> writer;
  for (uint32_t i = 0; i < 100'000; ++i) writer.add({.a = i, .b = "x"});
  // Cut before a column, within one, and at the very end.
  const auto pieces = writer.finish();
  const std::vector<std::string_view> whole(pieces.begin(), pieces.end());
  for (size_t left = 1; left <= whole.size(); ++left)
    for (const size_t missing : {whole[left - 1].size() / 2, size_t{1}}) {
      std::vector<std::string_view> cut(whole.begin(), whole.begin() + static_cast<long>(left));
      cut.back().remove_suffix(missing);
      EXPECT_THAT(error_of(connection().insert("pair", "a, b", cut)),
                  HasSubstr("store: inserting into pair: "));
    }
  EXPECT_EQ(number("SELECT count() FROM pair"), 0u);
  succeeded(insert_rows(connection(), writer));
  EXPECT_TRUE(writer.empty());
  EXPECT_EQ(number("SELECT count() FROM pair"), 100'000u);
  EXPECT_EQ(number("SELECT count() FROM system.parts WHERE table = 'pair' AND active"), 1u);
}

TEST_F(EngineTest, ReadsABlockTheSameHoweverItIsCutIntoPieces) {
  NativeBlockWriter<PairRow> writer;
  const std::string text(3, 'x');
  for (uint32_t i = 0; i < 50'000; ++i) writer.add({.a = i, .b = text});
  const auto pieces = writer.finish();
  const std::string whole = joined(pieces);
  std::mt19937 random(1);
  for (const size_t longest : {whole.size(), size_t{300'000}, size_t{131'072}, size_t{5'000}}) {
    std::vector<std::string_view> cut;
    for (std::string_view rest = whole; !rest.empty();) {
      cut.push_back(rest.substr(0, 1 + random() % longest));
      rest.remove_prefix(cut.back().size());
    }
    succeeded(connection().execute("TRUNCATE TABLE pair"));
    succeeded(connection().insert("pair", "a, b", cut));
    EXPECT_EQ(number("SELECT count() FROM pair WHERE b = 'xxx'"), 50'000u);
    EXPECT_EQ(number("SELECT sum(a) FROM pair"), 50'000u * 49'999u / 2);
  }
}

TEST_F(EngineTest, SaysWhichTableOrColumnIsWrong) {
  NativeBlockWriter<PairRow> writer;
  writer.add({.a = 1, .b = "x"});
  EXPECT_THAT(error_of(connection().insert("absent", "a, b", writer.finish())),
              AllOf(HasSubstr("inserting into absent"), Not(HasSubstr("\n"))));
  EXPECT_THAT(error_of(connection().query("SELECT  nothing\nFROM pair")),
              AllOf(HasSubstr("store: \"SELECT nothing FROM pair\": "), HasSubstr("nothing"),
                    Not(HasSubstr("Code:")), Not(HasSubstr("version"))));
}

TEST_F(EngineTest, StreamsAResultInOrderAndInPieces) {
  uint64_t next = 0;
  size_t blocks = 0;
  succeeded(connection().stream("SELECT number AS n FROM numbers({count:UInt64})",
                                {{"count", "1000000"}}, [&](const Block& block) -> Result<void> {
                                  ++blocks;
                                  for (const uint64_t n : block["n"].as<uint64_t>()) {
                                    EXPECT_EQ(n, next);
                                    ++next;
                                  }
                                  return {};
                                }));
  EXPECT_EQ(next, 1'000'000u);
  EXPECT_GT(blocks, 4u);
}

TEST_F(EngineTest, EndsAStreamWhoseConsumerFailsAndGoesOn) {
  size_t calls = 0;
  const auto result = connection().stream("SELECT number FROM numbers(100000000)", {},
                                          [&](const Block&) -> Result<void> {
                                            ++calls;
                                            return failure("enough");
                                          });
  EXPECT_EQ(error_of(result), "enough");
  EXPECT_EQ(calls, 1u);
  EXPECT_EQ(number("SELECT 7"), 7u);
}

TEST_F(EngineTest, ServesSeveralConnectionsAtOnce) {
  const auto other = value(engine()->connect());
  NativeBlockWriter<PairRow> writer;
  writer.add({.a = 1, .b = "x"});
  succeeded(insert_rows(connection(), writer));
  const Block block = value(other->query("SELECT a FROM pair"));
  ASSERT_EQ(block.rows, 1u);
  EXPECT_EQ(block["a"].unsigned_at(0), 1u);
}

TEST_F(EngineTest, RefusesASecondProcessOnTheFolder) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto second = open_embedded(
        {.folder = folder()->path(), .memory_ceiling_bytes = memory_ceiling, .library = {}});
    const std::string message = error_of(second);
    const ssize_t written = ::write(ends[1], message.data(), message.size());
    ::_exit(written == static_cast<ssize_t>(message.size()) ? 0 : 1);
  }
  ::close(ends[1]);
  std::string message(4096, '\0');
  const ssize_t size = ::read(ends[0], message.data(), message.size());
  ::close(ends[0]);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_GT(size, 0);
  message.resize(static_cast<size_t>(size));
  EXPECT_EQ(message, "the store in " + folder()->path().string() +
                         " is in use by another yagura process: stop that one, or wait for it");
}

TEST_F(EngineTest, RefusesWhatWouldPassTheMemoryCeilingAndGoesOn) {
  EXPECT_THAT(error_of(connection().query("SELECT length(groupArray(number)) "
                                          "FROM numbers(200000000)")),
              HasSubstr("memory limit exceeded"));
  EXPECT_EQ(number("SELECT 7"), 7u);
}

TEST_F(EngineTest, GroupsMoreThanFitsTheMemoryCeiling) {
  // 10 million groups with their counts: half a gigabyte in memory.
  EXPECT_EQ(number("SELECT count() FROM (SELECT number, count() FROM numbers(10000000) "
                   "GROUP BY number)"),
            10'000'000u);
}

class ReadOnlyTest : public EngineTest {
 protected:
  void SetUp() override {
    EngineTest::SetUp();
    if (IsSkipped()) return;
    limited_ = value(engine()->connect_read_only(
        {.seconds = 2, .result_rows = 1'000, .memory_bytes = 100'000'000}));
    ASSERT_NE(limited_, nullptr);
  }
  std::string refusal(const std::string& sql) { return error_of(limited_->query(sql)); }
  Connection& limited() { return *limited_; }

 private:
  std::unique_ptr<Connection> limited_;
};

TEST_F(ReadOnlyTest, ReadsAndShows) {
  EXPECT_EQ(value(limited().query("SELECT {n:UInt8} AS n;", {{"n", "3"}}))["n"].unsigned_at(0), 3u);
  EXPECT_GT(value(limited().query("SHOW TABLES")).rows, 5u);
  EXPECT_EQ(value(limited().query("DESCRIBE pair")).rows, 2u);
  EXPECT_GT(value(limited().query("EXPLAIN SELECT 1")).rows, 0u);
  for (const char* statement : {"SELECT 1", "SHOW TABLES", "DESCRIBE pair", "EXPLAIN SELECT 1"}) {
    size_t rows = 0;
    const auto streamed = limited().stream(statement, {}, [&](const Block& block) -> Result<void> {
      rows += block.rows;
      return {};
    });
    EXPECT_TRUE(streamed) << statement << ": " << streamed.error().message();
    EXPECT_GT(rows, 0u) << statement;
  }
  EXPECT_EQ(value(limited().query("WITH 1 AS x SELECT x -- done")).rows, 1u);
}

TEST_F(ReadOnlyTest, TurnsTypesItCannotHoldIntoText) {
  const Block block = value(limited().query(
      "SELECT (1, 'a') AS t, map('k', 2) AS m, toDecimal32(1.5, 2) AS d, [[1]] AS nested, "
      "toUUID('61f0c404-5cb3-11e7-907b-a6006ad3dba0') AS u, 7 AS n"));
  ASSERT_EQ(block.rows, 1u);
  EXPECT_EQ(block["t"].text_at(0), "(1,'a')");
  EXPECT_EQ(block["m"].text_at(0), "{'k':2}");
  EXPECT_EQ(block["d"].text_at(0), "1.5");
  EXPECT_EQ(block["nested"].text_at(0), "[[1]]");
  EXPECT_EQ(block["u"].text_at(0), "61f0c404-5cb3-11e7-907b-a6006ad3dba0");
  EXPECT_EQ(block["n"].type, "UInt8");
}

TEST_F(ReadOnlyTest, RefusesEverythingThatChangesOrReachesOutside) {
  const std::string outfile = (folder()->path() / "stolen").string();
  const std::vector<std::string> statements = {
      "INSERT INTO pair VALUES (1, 'x')",
      "CREATE TABLE t (a UInt8) ENGINE = Memory",
      "CREATE TEMPORARY TABLE t (a UInt8)",
      "DROP TABLE pair",
      "TRUNCATE TABLE pair",
      "ALTER TABLE pair DELETE WHERE 1",
      "DELETE FROM pair WHERE 1",
      "OPTIMIZE TABLE pair",
      "RENAME TABLE pair TO other",
      "SET max_execution_time = 0",
      "SELECT 1 SETTINGS max_execution_time = 0",
      "SELECT 1 SETTINGS readonly = 0",
      "USE system",
      "SYSTEM FLUSH LOGS",
      "SYSTEM STOP MERGES",
      "KILL QUERY WHERE 1 ASYNC",
      "BACKUP TABLE pair TO File('x')",
      "ATTACH TABLE t (a UInt8) ENGINE = File(CSV, '/etc/passwd')",
      "CREATE FUNCTION f AS x -> x",
      "SELECT 1; SELECT 2",
      "SELECT 1; DROP TABLE pair",
      "SELECT 1 INTO OUTFILE '" + outfile + "'",
      "EXPLAIN SYNTAX SELECT 1 INTO OUTFILE '" + outfile + "'",
      "INSERT INTO FUNCTION file('" + outfile + "', 'CSV', 'a UInt8') VALUES (1)",
      "SELECT * FROM file('/etc/passwd', 'LineAsString')",
      "SELECT file('/etc/passwd')",
      "SELECT * FROM `/etc/passwd`",
      "SELECT * FROM default.`/etc/passwd`",
      "SELECT * FROM url('http://127.0.0.1:9/', 'CSV', 'a String')",
      "SELECT * FROM remote('127.0.0.1:9', system.one)",
      "SELECT * FROM s3('http://127.0.0.1:9/x', 'CSV', 'a String')",
      "SELECT * FROM executable('ls', 'CSV', 'a String')",
      "SELECT * FROM mysql('127.0.0.1:9', 'a', 'b', 'c', 'd')",
      "SELECT * FROM sqlite('/nowhere/x', 't')",
      "SELECT * FROM (SELECT * FROM view(SELECT file('/etc/passwd')))",
      "not sql",
  };
  for (const std::string& sql : statements) EXPECT_NE(refusal(sql), "") << sql;
  EXPECT_FALSE(std::filesystem::exists(outfile));
  EXPECT_EQ(number("SELECT count() FROM system.tables WHERE database = currentDatabase() "
                   "AND name IN ('pair', 't', 'other')"),
            1u);
  EXPECT_EQ(error_of(limited().insert("pair", "a, b", {})),
            "this connection to the store only reads");
  EXPECT_NE(error_of(limited().execute("DROP TABLE pair", {})), "");
}

TEST_F(ReadOnlyTest, HoldsToItsLimits) {
  EXPECT_EQ(refusal("SELECT number FROM numbers(1000)"), "");
  EXPECT_THAT(refusal("SELECT number FROM numbers(1001)"), HasSubstr("limit for result exceeded"));
  EXPECT_THAT(refusal("SELECT count() FROM system.numbers"), HasSubstr("timeout exceeded"));
  EXPECT_EQ(refusal("SELECT 1"), "");
}

TEST_F(ReadOnlyTest, HoldsToItsMemory) {
  const auto small = value(engine()->connect_read_only({.memory_bytes = 100'000'000}));
  EXPECT_THAT(error_of(small->query("SELECT length(groupArray(number)) FROM numbers(50000000)")),
              HasSubstr("memory limit exceeded"));
  EXPECT_EQ(error_of(small->query("SELECT 1")), "");
}

TEST(EngineOpeningTest, SaysWhereItLookedForTheLibrary) {
  const auto library = chdb::load("/nowhere/libchdb.so");
  if (library) GTEST_SKIP() << "the library is loaded already";
  EXPECT_THAT(error_of(library),
              testing::AnyOf(AllOf(HasSubstr("/nowhere/libchdb.so"), HasSubstr("scripts/setup")),
                             HasSubstr("address sanitizer")));
}

TEST(EngineOpeningTest, WantsAnAbsoluteFolder) {
  if (!chdb::load({})) GTEST_SKIP() << "no libchdb";
  EXPECT_EQ(error_of(open_embedded({.folder = "data/store", .library = {}})),
            "the store's folder data/store is not an absolute path");
}

}  // namespace
}  // namespace yagura::store
