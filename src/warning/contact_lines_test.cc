// SPDX-License-Identifier: Apache-2.0
#include "warning/contact_lines.h"

#include <gmock/gmock.h>

#include "base/result_for_tests.h"

namespace yagura::warning {
namespace {

using testing::HasSubstr;

TEST(ContactLines, AreReadWithAndWithoutAHeader) {
  const auto lines =
      value(read_contact_lines("member,target,language,quiet\n"
                               "\"B, a university\",mailto:noc@b.example\n"
                               "# a remark\n"
                               "City of A,https://hooks.a.example/x,ja,22:00-07:00 +09:00\n"));
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].member, "B, a university");
  EXPECT_EQ(lines[0].contact.language, model::Language::english);
  EXPECT_EQ(lines[1].contact.target, "https://hooks.a.example/x");
  EXPECT_EQ(lines[1].contact.language, model::Language::japanese);
  EXPECT_EQ(lines[1].contact.quiet, "22:00-07:00 +09:00");
  EXPECT_EQ(value(read_contact_lines("A,mailto:a@a.example,,,7")).size(), 1u);
}

TEST(ContactLines, ThatCannotBeReadAreNamed) {
  const auto read = read_contact_lines(
      "A,soc@a.example\nA,mailto:a@a.example,fr\nA\n,mailto:a@a.example\n"
      "A,mailto:a@a.example,en,22-7\n");
  ASSERT_FALSE(read);
  for (const char* said : {"line 1: 'soc@a.example'", "line 2: 'fr'", "line 3: 1 fields",
                           "line 4: the member", "line 5: '22-7'"})
    EXPECT_THAT(read.error().message(), HasSubstr(said));
  EXPECT_FALSE(read_contact_lines("\n"));
}

}  // namespace
}  // namespace yagura::warning
