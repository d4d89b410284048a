// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>

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

// By the schema that goes with the program, and by another's program.
TEST(XmlOf, IsValidByItsSchema) {
  if (std::system("xmllint --version 2>/dev/null") != 0)
    GTEST_SKIP() << "XMLLINT IS NOT INSTALLED: nothing was validated";
  const TemporaryFolder folder;
  const auto validate = [&](std::string_view document) {
    const auto path = folder.path() / "notice.xml";
    std::ofstream(path) << document;
    return std::system(fmt::format("xmllint --noout --schema '" YAGURA_SOURCE_DIR
                                   "/data/warning.xsd' '{}' 2>'{}'",
                                   path.string(), (folder.path() / "said").string())
                           .c_str());
  };
  const auto said = [&] {
    std::ifstream in(folder.path() / "said");
    return std::string(std::istreambuf_iterator<char>(in), {});
  };
  Notice full = notice_of({infected(), flooded(), spreading(), misled()});
  full.member = "<A> & \"B\" 'C' | D=\\ 市";
  full.left_out = 7;
  full.told[0].episode.services.resize(Story::most_services, {17, 53, 1});
  full.told[0].episode.packets_elsewhere = 3;
  Notice most = notice_of(std::vector<Told>(Notice::most_told, infected()));
  for (size_t i = 0; i < most.told.size(); ++i) most.told[i].warning = static_cast<int64_t>(i) + 1;
  for (const Language language : {Language::english, Language::japanese}) {
    for (const Notice& notice : {full, most, test_notice()})
      EXPECT_EQ(validate(xml_of(notice, language)), 0) << said();
  }
  most.told.push_back(spreading());
  most.told.back().warning = 6'000;
  EXPECT_NE(validate(xml_of(most, Language::english)), 0);  // more than a notice holds
  full.told[1].country = "Japan";
  EXPECT_NE(validate(xml_of(full, Language::english)), 0);
  EXPECT_THAT(said(), HasSubstr("country"));
}

}  // namespace
}  // namespace yagura::warning
