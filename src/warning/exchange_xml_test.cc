// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <gmock/gmock.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <iterator>

#include "base/temporary_folder_for_tests.h"
#include "warning/exchange_formats.h"
#include "warning/notices_for_tests.h"
#include "warning/wording.h"

namespace yagura::warning {
namespace {

using model::Language;
using testing::HasSubstr;

TEST(XmlOf, TellsEverythingOfAWarningButTheDarkAddress) {
  EXPECT_EQ(xml_of(notice_of({infected()}), Language::english),
            R"xml(<?xml version="1.0" encoding="UTF-8"?>
<notice xmlns="urn:yagura:warning:1" id="20260101-7.1" made="2026-01-01T13:00:00Z"
        test="false" language="en" left_out="0">
  <member>City of A</member>
  <warning number="17" change="new" kind="external" severity="high">
    <address>198.51.100.7</address>
    <asn>64500</asn>
    <country>JP</country>
    <first>2026-01-01T12:00:01Z</first>
    <last>2026-01-01T12:31:01Z</last>
    <packets>1240</packets>
    <bytes>49600</bytes>
    <dark_addresses>256</dark_addresses>
    <service protocol="tcp" port="23" packets="1100"/>
    <service protocol="tcp" port="2323" packets="130"/>
    <service packets="10"/>
    <tool>mirai</tool>
    <explanation>)xml" +
                explanation_of(infected().episode, Language::english) + R"xml(</explanation>
  </warning>
</notice>
)xml");
}

TEST(XmlOf, LeavesOutWhatIsNotKnown) {
  EXPECT_EQ(xml_of(notice_of({flooded()}), Language::japanese),
            R"xml(<?xml version="1.0" encoding="UTF-8"?>
<notice xmlns="urn:yagura:warning:1" id="20260101-7.1" made="2026-01-01T13:00:00Z"
        test="false" language="ja" left_out="0">
  <member>City of A</member>
  <warning number="19" change="new" kind="under_attack" severity="high">
    <address>203.0.113.80</address>
    <first>2026-01-01T12:00:01Z</first>
    <last>2026-01-01T12:31:01Z</last>
    <packets>25000</packets>
    <bytes>1000000</bytes>
    <dark_addresses>4000</dark_addresses>
    <service protocol="tcp" port="443" packets="25000"/>
    <explanation>)xml" +
                explanation_of(flooded().episode, Language::japanese) + R"xml(</explanation>
  </warning>
</notice>
)xml");
}

TEST(XmlOf, SaysThatItIsATest) {
  EXPECT_EQ(xml_of(test_notice(), Language::english),
            R"xml(<?xml version="1.0" encoding="UTF-8"?>
<notice xmlns="urn:yagura:warning:1" id="20260101-7.1" made="2026-01-01T13:00:00Z"
        test="true" language="en" left_out="0">
  <member>City of A</member>
</notice>
)xml");
}

TEST(XmlOf, EscapesNames) {
  Notice notice = test_notice();
  notice.member = "<A> & \"B\" 'C' ]]> | D=\\ 市 \xef\xbf\xbf";
  EXPECT_THAT(xml_of(notice, Language::english),
              HasSubstr("<member>&lt;A&gt; &amp; &quot;B&quot; &#39;C&#39; ]]&gt; | D=\\ 市 "
                        "\xef\xbf\xbd</member>"));
}

// Runs xmllint over a document with the schema that goes with the program: its exit status, and
// what it says on stderr; a negative status where it cannot be run.
struct Verdict {
  int status = -1;
  std::string said;
};

Verdict validate(std::string_view document) {
  const TemporaryFolder folder;
  std::string path = (folder.path() / "notice.xml").string();
  const std::string said = (folder.path() / "said").string();
  std::ofstream(path) << document;
  std::string program = "xmllint", quiet = "--noout", by = "--schema",
              schema = YAGURA_SOURCE_DIR "/data/warning.xsd";
  const std::array<char*, 6> arguments = {program.data(), quiet.data(), by.data(),
                                          schema.data(),  path.data(),  nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, said.c_str(), O_WRONLY | O_CREAT, 0600);
  pid_t child = 0;
  const int failed =
      posix_spawnp(&child, program.c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  Verdict verdict;
  if (failed != 0 || waitpid(child, &verdict.status, 0) != child) return {};
  std::ifstream in(said);
  verdict.said.assign(std::istreambuf_iterator<char>(in), {});
  return verdict;
}

TEST(XmlOf, IsValidByItsSchema) {
  if (validate(xml_of(test_notice(), Language::english)).status < 0)
    GTEST_SKIP() << "XMLLINT IS NOT INSTALLED: nothing was validated";
  Notice full = notice_of({infected(), flooded(), spreading(), misled()});
  full.member = "<A> & \"B\" 'C' | D=\\ 市";
  full.left_out = 7;
  full.told[0].episode.services.resize(Story::most_services, {17, 53, 1});
  full.told[0].episode.packets_elsewhere = 3;
  Notice most = notice_of(std::vector<Told>(Notice::most_told, infected()));
  for (size_t i = 0; i < most.told.size(); ++i) most.told[i].warning = static_cast<int64_t>(i) + 1;
  for (const Language language : {Language::english, Language::japanese}) {
    for (const Notice& notice : {full, most, test_notice()}) {
      const Verdict verdict = validate(xml_of(notice, language));
      EXPECT_EQ(verdict.status, 0) << verdict.said;
    }
  }
  most.told.push_back(spreading());
  most.told.back().warning = 6'000;
  // More than a notice holds.
  EXPECT_THAT(validate(xml_of(most, Language::english)).said, HasSubstr("not expected"));
  full.told[1].country = "Japan";
  const Verdict verdict = validate(xml_of(full, Language::english));
  EXPECT_NE(verdict.status, 0);
  EXPECT_THAT(verdict.said, HasSubstr("country"));
}

}  // namespace
}  // namespace yagura::warning
