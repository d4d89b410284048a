// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "warning/exchange_formats.h"
#include "warning/notices_for_tests.h"
#include "warning/wording.h"

namespace yagura::warning {
namespace {

using model::Language;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr CefOptions options = {.version = "0.1.0", .language = Language::english};

std::string line_of(const Told& told) { return cef_line(told, notice_of({told}), options); }

TEST(CefLine, TellsTheSourceOfAScan) {
  EXPECT_EQ(line_of(infected()),
            "CEF:0|Yagura|Yagura|0.1.0|external|Packets to unused addresses of others|8|"
            "rt=1767272400000 start=1767268801000 end=1767270661000 externalId=17 "
            "src=198.51.100.7 dpt=23 proto=TCP cs2Label=Services cs2=23/tcp,2323/tcp,other "
            "cnt=1240 cs1Label=Tool cs1=mirai cs3Label=Country cs3=JP cs4Label=Notice "
            "cs4=20260101-7.1 cs5Label=Member cs5=City of A cs6Label=Change cs6=new cn1Label=ASN "
            "cn1=64500 "
            "cn2Label=Dark addresses cn2=256 msg=" +
                explanation_of(infected().episode, Language::english));
}

TEST(CefLine, TellsAVictimAsTheDestination) {
  EXPECT_EQ(cef_line(flooded(), notice_of({flooded()}),
                     {.version = "0.1.0", .language = Language::japanese}),
            "CEF:0|Yagura|Yagura|0.1.0|under_attack|Target of a flood with forged sources|8|"
            "rt=1767272400000 start=1767268801000 end=1767270661000 externalId=19 "
            "dst=203.0.113.80 dpt=443 proto=TCP cs2Label=Services cs2=443/tcp cnt=25000 "
            "cs4Label=Notice cs4=20260101-7.1 cs5Label=Member cs5=City of A cs6Label=Change "
            "cs6=new cn2Label=Dark addresses cn2=4000 msg=" +
                explanation_of(flooded().episode, Language::japanese));
}

TEST(CefLine, HasNamesAndNumbersForEachKindAndSeverity) {
  EXPECT_THAT(line_of(spreading()),
              StartsWith("CEF:0|Yagura|Yagura|0.1.0|internal|Packets to unused addresses of the "
                         "organisation|5|"));
  EXPECT_THAT(line_of(misled()), AllOf(StartsWith("CEF:0|Yagura|Yagura|0.1.0|misconfiguration|"
                                                  "Steady requests to an unused address|3|"),
                                       HasSubstr(" cs6=resolved ")));
}

TEST(CefLine, HasAPlaceOfItsOwnForIpv6) {
  EXPECT_THAT(line_of(spreading()), AllOf(HasSubstr(" c6a2Label=Source IPv6 Address "
                                                    "c6a2=2001:db8:1234:5678:9abc:def0:1234:5678 "),
                                          Not(HasSubstr(" src="))));
  Told victim = flooded();
  victim.episode.address = spreading().episode.address;
  EXPECT_THAT(line_of(victim), AllOf(HasSubstr(" c6a3Label=Destination IPv6 Address "
                                               "c6a3=2001:db8:1234:5678:9abc:def0:1234:5678 "),
                                     Not(HasSubstr(" dst="))));
}

TEST(CefLine, LeavesOutWhatIsNotKnown) {
  Told bare = spreading();
  bare.episode.services = {{1, 2048, 3}};
  EXPECT_THAT(line_of(bare), AllOf(HasSubstr(" proto=ICMP "), Not(HasSubstr("dpt="))));
  bare.episode.services.clear();
  bare.asn = 0;
  bare.country = "";
  EXPECT_THAT(line_of(bare),
              AllOf(Not(HasSubstr("proto=")), Not(HasSubstr("cs1")), Not(HasSubstr("cs2")),
                    Not(HasSubstr("cs3")), Not(HasSubstr("cn1"))));
}

TEST(CefLine, EscapesWhatEndsAFieldOrTheLine) {
  Notice notice = notice_of({misled()});
  notice.member = "<A> & \"B\" 'C' | D=\\ 市\nCEF:0|x\t";
  const std::string line =
      cef_line(notice.told[0], notice, {.version = "1|\\=", .language = Language::english});
  EXPECT_THAT(line, StartsWith("CEF:0|Yagura|Yagura|1\\|\\\\=|misconfiguration|"));
  EXPECT_THAT(line, HasSubstr("cs5=<A> & \"B\" 'C' | D\\=\\\\ 市\\nCEF:0|x  cs6Label"));
  EXPECT_EQ(line.find('\n'), std::string::npos);
}

TEST(CefTestLine, SaysThatItIsATest) {
  EXPECT_EQ(cef_test_line(test_notice(), options),
            "CEF:0|Yagura|Yagura|0.1.0|test|Test of the delivery of warnings|0|rt=1767272400000 "
            "cs4Label=Notice cs4=20260101-7.1 cs5Label=Member cs5=City of A");
}

}  // namespace
}  // namespace yagura::warning
