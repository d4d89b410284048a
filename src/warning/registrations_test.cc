// SPDX-License-Identifier: Apache-2.0
#include "warning/registrations.h"

#include <gmock/gmock.h>

#include "base/result_for_tests.h"

namespace yagura::warning {
namespace {

using state::BlockUse;
using testing::HasSubstr;
using testing::SizeIs;

Prefix prefix(std::string_view text) { return value(Prefix::parse(text)); }

TEST(Registrations, AreReadMemberByMember) {
  const auto read =
      value(read_registrations("member,use,prefix\r\n"
                               "# the east\n"
                               "\"City of A, East\",live,198.51.100.0/24\n"
                               "b, live , 203.0.113.7\n"
                               "\n"
                               "\"City of A, East\",dark,198.51.100.128/25\n"
                               "\"City of A, East\",live,2001:db8::/48"));
  ASSERT_THAT(read, SizeIs(2));
  EXPECT_EQ(read[0].name, "City of A, East");
  EXPECT_THAT(read[0].live,
              testing::ElementsAre(prefix("198.51.100.0/24"), prefix("2001:db8::/48")));
  EXPECT_THAT(read[0].dark, testing::ElementsAre(prefix("198.51.100.128/25")));
  EXPECT_EQ(read[1].name, "b");
  EXPECT_THAT(read[1].live, testing::ElementsAre(prefix("203.0.113.7")));
}

TEST(Registrations, AreReadAsTheyWereWritten) {
  const std::vector<state::Member> members = {{1, "A \"quoted\", 市", {}}, {2, "b", {}}};
  const std::vector<state::MemberBlock> blocks = {{1, BlockUse::live, prefix("198.51.100.0/24")},
                                                  {1, BlockUse::dark, prefix("2001:db8::/48")},
                                                  {2, BlockUse::live, prefix("203.0.113.7")}};
  const std::string csv = table_csv(blocks_table(members, blocks));
  const auto read = value(read_registrations(csv));
  ASSERT_THAT(read, SizeIs(2));
  EXPECT_EQ(read[0].name, members[0].name);
  EXPECT_EQ(read[0].live[0], blocks[0].prefix);
  EXPECT_EQ(read[0].dark[0], blocks[1].prefix);
  EXPECT_EQ(read[1].live[0], blocks[2].prefix);
}

TEST(Registrations, AreRefusedWithTheLineAtFault) {
  for (const auto& [text, reason] :
       {std::pair("a,live,198.51.100.1/24\n", "line 1: "),
        {"member,use,prefix\na,live\n", "line 2: 2 fields in place of three"},
        {"a,live,198.51.100.0/24\n\na,lit,198.51.100.0/24\n", "line 3: 'lit' is neither live"},
        {",live,198.51.100.0/24\n", "line 1: the member has no name"},
        {"\"a,live,198.51.100.0/24\n", "line 1: a quote is not closed"},
        {"# nothing\n", "there is no member in it"},
        {"", "there is no member in it"}})
    EXPECT_THAT(error_of(read_registrations(text)), HasSubstr(reason)) << text;
  EXPECT_THAT(error_of(read_registrations(std::string(2000, 'a'))), HasSubstr("longer than 1024"));
}

TEST(Registrations, AreRefusedWithTheFirstFewFaults) {
  std::string text;
  for (int i = 0; i < 9; ++i) text += "x\n";
  const std::string error = error_of(read_registrations(text));
  EXPECT_THAT(error, HasSubstr("line 5: "));
  EXPECT_THAT(error, testing::Not(HasSubstr("line 6: ")));
  EXPECT_THAT(error, HasSubstr("and 4 more lines"));
}

}  // namespace
}  // namespace yagura::warning
