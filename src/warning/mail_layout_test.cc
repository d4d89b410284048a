// SPDX-License-Identifier: Apache-2.0
#include "warning/mail_layout.h"

#include <gtest/gtest.h>

namespace yagura::warning {
namespace {

TEST(ColumnsOf, CountsJapaneseCharactersTwice) {
  EXPECT_EQ(columns_of(""), 0u);
  EXPECT_EQ(columns_of("high"), 4u);
  EXPECT_EQ(columns_of("é"), 1u);
  EXPECT_EQ(columns_of("重大さ"), 6u);
  EXPECT_EQ(columns_of("ポート\uff1a23"), 10u);
  EXPECT_EQ(columns_of("\uff8e\uff9f"), 2u);  // half width
  EXPECT_EQ(columns_of("𠮷"), 2u);            // beyond the basic plane
  EXPECT_EQ(columns_of("\xe9\x87"), 2u);      // cut off: bytes for themselves
}

TEST(Padded, FillsUpToTheColumnAndCutsNothing) {
  EXPECT_EQ(padded("高", 4), "高  ");
  EXPECT_EQ(padded("12", 4, true), "  12");
  EXPECT_EQ(padded("12345", 4), "12345");
}

TEST(Wrapped, BreaksEnglishAtBlanks) {
  EXPECT_EQ(wrapped("Take it off the network", 12, "1. ", "   "),
            "1. Take it\n   off the\n   network\n");
  EXPECT_EQ(wrapped("unbreakable", 4, "", ""), "unbreakable\n");
  EXPECT_EQ(wrapped("  ", 4, "", ""), "");
}

TEST(Wrapped, BreaksJapaneseAnywhereButBeforeItsFullStops) {
  EXPECT_EQ(wrapped("機器を特定する。", 8, "", "  "), "機器を特\n  定す\n  る。\n");
  EXPECT_EQ(wrapped("あい(NAT)の", 8, "", ""), "あい\n(NAT)の\n");
  EXPECT_EQ(wrapped("あい(少し)の", 8, "", ""), "あい(少\nし)の\n");
  EXPECT_EQ(wrapped("あい(少し)の", 5, "", ""), "あい\n(少\nし)の\n");
  EXPECT_EQ(wrapped("あい\uff08少し\uff09の", 6, "", ""), "あい\n\uff08少\nし\uff09の\n");
  EXPECT_EQ(wrapped("SYN Cookie を", 10, "", ""), "SYN Cookie\nを\n");
  EXPECT_EQ(wrapped("キャッシュ", 4, "", ""), "キャッ\nシュ\n");
}

TEST(MailTable, AlignsWhatIsInBothScripts) {
  EXPECT_EQ(mail_table({{"重大さ", 10}, {"kind", 10}, {"packets", 10, true}},
                       {{"高", "外部へ", "1"}, {"low", "x", "12,345"}}),
            "重大さ  kind    packets\n"
            "高      外部へ        1\n"
            "low     x        12,345\n");
}

TEST(MailTable, EndsTheLineAfterACellThatIsTooWide) {
  EXPECT_EQ(mail_table({{"a", 4}, {"b", 4}, {"c", 4}}, {{"1", "123456", "3"}, {"1", "22", "3"}}),
            "a  b   c\n"
            "1  123456\n"
            "       3\n"
            "1  22  3\n");
  EXPECT_EQ(mail_table({{"a", 4}, {"b", 1}}, {{"1", "123456"}}), "a  b\n1  123456\n");
}

}  // namespace
}  // namespace yagura::warning
