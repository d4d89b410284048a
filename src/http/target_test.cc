// SPDX-License-Identifier: Apache-2.0
#include "http/target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace yagura::http {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(TargetTest, CutsThePathAtSlashesBeforeItDecodes) {
  const auto target = parse_target("/api/192.0.2.0%2F24/%E6%AB%93");
  ASSERT_TRUE(target);
  EXPECT_THAT(target->segments, ElementsAre("api", "192.0.2.0/24", "櫓"));
  EXPECT_EQ(target->path, "/api/192.0.2.0/24/櫓");
  EXPECT_THAT(target->query, IsEmpty());
}

TEST(TargetTest, KeepsEmptySegmentsAndDotsAsTheyAre) {
  EXPECT_THAT(parse_target("/")->segments, ElementsAre(""));
  EXPECT_THAT(parse_target("//a//")->segments, ElementsAre("", "a", "", ""));
  EXPECT_THAT(parse_target("/a/../b/%2e%2E/.")->segments, ElementsAre("a", "..", "b", "..", "."));
}

TEST(TargetTest, ReadsTheQueryInOrderWithRepeatedNames) {
  const auto target = parse_target("/x?b=1&a=two+words&b=%26%3D&c&&d=e=f?");
  ASSERT_TRUE(target);
  EXPECT_THAT(target->query,
              ElementsAre(NameValue{"b", "1"}, NameValue{"a", "two words"}, NameValue{"b", "&="},
                          NameValue{"c", ""}, NameValue{"d", "e=f?"}));
  EXPECT_THAT(parse_target("/x?")->query, IsEmpty());
}

TEST(TargetTest, LeavesAPlusInThePathAlone) { EXPECT_EQ(parse_target("/a+b")->path, "/a+b"); }

TEST(TargetTest, RefusesWhatIsNotWellFormed) {
  for (const auto* target : {"",        "x",          "*",        "http://127.0.0.1/",
                             "/%",      "/%4",        "/%zz",     "/%+1",
                             "/a?b=%",  "/%00",       "/a?b=%00", "/%ff",
                             "/%c0%80", "/%ed%a0%80", "/a b",     "/a#b",
                             "/a\\b",   "/\x01",      "/\x7f",    "/\xc3\xa9",
                             "/a?=1"})
    EXPECT_FALSE(parse_target(target)) << target;
  EXPECT_FALSE(parse_target(std::string_view("/a\0b", 4)));
}

TEST(TargetTest, SaysWhatIsWrong) {
  EXPECT_THAT(parse_target("/%zz").error().message(), HasSubstr("'%zz' is no escape"));
  EXPECT_THAT(parse_target("/%ff").error().message(), HasSubstr("'%ff' is no UTF-8"));
  EXPECT_THAT(parse_target("/a\x01").error().message(), HasSubstr("'\\x01' in the target"));
}

TEST(TargetTest, BoundsSegmentsAndParameters) {
  std::string path, query = "/?";
  for (size_t i = 0; i < most_segments; ++i) path += "/a";
  EXPECT_TRUE(parse_target(path));
  EXPECT_THAT(parse_target(path + "/a").error().message(), HasSubstr("more than 32 segments"));
  for (size_t i = 0; i < most_parameters; ++i) query += "a&";
  EXPECT_TRUE(parse_target(query));
  EXPECT_THAT(parse_target(query + "a").error().message(), HasSubstr("more than 64 parameters"));
}

TEST(CookiesTest, AreReadAsBrowsersSendThem) {
  EXPECT_THAT(parse_cookies("a=1; b=\"two\";c=x=y"),
              ElementsAre(NameValue{"a", "1"}, NameValue{"b", "two"}, NameValue{"c", "x=y"}));
}

TEST(CookiesTest, LeaveOutWhatIsNoPair) {
  EXPECT_THAT(parse_cookies("; ;novalue; =x; sp ace=1; c=\x01; d="),
              ElementsAre(NameValue{"d", ""}));
}

TEST(CookiesTest, AreBounded) {
  std::string header;
  for (size_t i = 0; i < 2 * most_cookies; ++i) header += "a=1;";
  EXPECT_EQ(parse_cookies(header).size(), most_cookies);
}

}  // namespace
}  // namespace yagura::http
