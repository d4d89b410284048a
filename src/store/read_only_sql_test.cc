// SPDX-License-Identifier: Apache-2.0
#include "store/read_only_sql.h"

#include <gmock/gmock.h>

namespace yagura::store {
namespace {

using testing::HasSubstr;

const DeniedFunctions& denied() {
  static const DeniedFunctions functions({"file", "url", "s3Cluster", "numbers", "view", "eval"});
  return functions;
}

std::string refusal(std::string_view sql) {
  const auto statement = inspect_read(sql, denied());
  return statement ? "" : statement.error().message();
}

TEST(ReadOnlySqlTest, RefusesCallsOfWhatReachesOutsideHoweverTheyAreWritten) {
  for (const std::string_view sql :
       {"SELECT * FROM url('http://x')", "select FILE('/etc/passwd')", "SELECT `file`('x')",
        "SELECT \"file\" ('x')", "SELECT file/* a */ -- b\n ('x')", "SELECT s3cluster(1)",
        "SELECT `fi\\x6ce`('x')", "SELECT 1 AS a, $$)$$, file('x')", "SELECT '\\'', file('x')",
        "SELECT 'a''b', file('x')", "WITH x AS (SELECT file('y')) SELECT 1",
        "SELECT \"a\"\"b\"('x')", "SELECT eval('SELECT 1')",
        // What follows the outer comment would pass for the inside of a text.
        "SELECT /* /* */ ' */ file('x') -- '", "SELECT 1, // '\n file('x') -- '"}) {
    EXPECT_THAT(refusal(sql), HasSubstr("reaches outside")) << sql;
  }
}

TEST(ReadOnlySqlTest, LetsNamesThroughThatAreNoCalls) {
  for (const std::string_view sql :
       {"SELECT url FROM activity", "SELECT 'file(1)'", "SELECT 1 -- file(x)",
        "SELECT 1 /* url(x) */", "SELECT $$file(1)$$", "SELECT count() FROM numbers(3)",
        "SELECT file FROM view(SELECT 1)", "SELECT format('{}', 1)", "SELECT `a b` FROM t",
        "SELECT 1 AS format"}) {
    EXPECT_EQ(refusal(sql), "") << sql;
  }
}

TEST(ReadOnlySqlTest, RefusesBlanksAndQuotesBeyondAscii) {
  for (const std::string_view sql :
       {"SELECT * FROM file\u00a0('x')", "SELECT * FROM \u201cfile\u201d('x')",
        "SELECT \u2018 ' \u2019, file('x') -- '", "SELECT 1 AS 数"}) {
    EXPECT_THAT(refusal(sql), HasSubstr("beyond ASCII")) << sql;
  }
  EXPECT_EQ(refusal("SELECT '数' AS `数` -- 数\n/* 数 */"), "");
}

TEST(ReadOnlySqlTest, RefusesOutputClausesAndEmptyText) {
  EXPECT_THAT(refusal("SELECT 1 INTO /* x */ OUTFILE 'f'"), HasSubstr("INTO OUTFILE"));
  EXPECT_THAT(refusal("SELECT 1 FORMAT CSV"), HasSubstr("FORMAT"));
  EXPECT_EQ(refusal(" -- nothing\n;"), "there is no statement");
}

TEST(ReadOnlySqlTest, TakesTheSemicolonAndWhatFollowsOff) {
  const auto select = inspect_read(" SELECT 1 ; -- done\n ; ", denied());
  ASSERT_TRUE(select);
  EXPECT_EQ(select->text, " SELECT 1");
  EXPECT_TRUE(select->is_select);
  EXPECT_TRUE(inspect_read("(SELECT 1)", denied())->is_select);
  EXPECT_TRUE(inspect_read("with 1 AS x SELECT x", denied())->is_select);
  EXPECT_FALSE(inspect_read("SHOW TABLES", denied())->is_select);
}

TEST(ReadOnlySqlTest, SurvivesTextThatEndsInTheMiddle) {
  for (const std::string_view sql :
       {"SELECT '", "SELECT 'a\\", "SELECT `", "SELECT /*", "SELECT /*/", "SELECT /* /* */",
        "SELECT --", "SELECT $a", "SELECT $a$b"}) {
    EXPECT_EQ(refusal(sql), "") << sql;
  }
}

TEST(ReadOnlySqlTest, CastsOnlyTheColumnsThatCannotBeHeld) {
  Block described;
  described.rows = 2;
  described.columns.resize(2);
  described.columns[0].name = "name";
  described.columns[0].strings = {"a", "b`c"};
  described.columns[1].name = "type";
  described.columns[1].strings = {"UInt8", "Map(String, UInt8)"};
  EXPECT_EQ(with_readable_types("SELECT a, `b\\`c` FROM t", described),
            "SELECT `a`, toString(`b\\`c`) AS `b\\`c` FROM (SELECT a, `b\\`c` FROM t\n)");
  described.columns[1].strings[1] = "String";
  EXPECT_EQ(with_readable_types("SELECT 1", described), "SELECT 1");
}

}  // namespace
}  // namespace yagura::store
