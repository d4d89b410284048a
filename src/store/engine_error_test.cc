// SPDX-License-Identifier: Apache-2.0
#include "store/engine_error.h"

#include <gtest/gtest.h>

namespace yagura::store {
namespace {

TEST(EngineErrorTest, LeavesOneLineForAPerson) {
  EXPECT_EQ(one_line_error("Code: 60. DB::Exception: Unknown table x. (UNKNOWN_TABLE) "
                           "(version 26.7.2.1 (official build))"),
            "unknown table x (UNKNOWN_TABLE)");
  EXPECT_EQ(one_line_error("Code: 164. DB::Exception: Code: 164. DB::Exception: Cannot modify 'a' "
                           "setting in readonly mode. (READONLY) (version 26.7.2.1). (READONLY)"),
            "cannot modify 'a' setting in readonly mode (READONLY)");
  EXPECT_EQ(one_line_error("Code: 164. DB::Exception: default: Cannot execute query in readonly "
                           "mode. (READONLY)"),
            "cannot execute query in readonly mode (READONLY)");
  EXPECT_EQ(one_line_error("Syntax error:\n  near 'x'.\nStack trace:\n0. main"),
            "syntax error: near 'x'");
  EXPECT_EQ(one_line_error("IPv4 is meant"), "IPv4 is meant");
  EXPECT_EQ(one_line_error(""), "");
}

TEST(EngineErrorTest, CutsALongTextBetweenCharacters) {
  std::string text = "x";
  for (int i = 0; i < 500; ++i) text += "é";
  const std::string line = one_line_error(text);
  EXPECT_EQ(line.size(), 399 + std::string("…").size());
  EXPECT_TRUE(line.ends_with("é…"));
}

TEST(EngineErrorTest, EscapesTextsOnlyWhereTheEngineUnescapesThem) {
  EXPECT_EQ(escape_parameter("SELECT {a:String}", "a", "x\\y\tz\n"), "x\\\\y\\tz\\n");
  EXPECT_EQ(escape_parameter("SELECT {a:Array(String)}", "a", "['\\'']"), "['\\'']");
  EXPECT_EQ(escape_parameter("SELECT {ab:String}, {a:UInt8}", "a", "\\"), "\\");
}

}  // namespace
}  // namespace yagura::store
