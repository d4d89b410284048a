// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"

#include <gtest/gtest.h>

#include <array>
#include <random>

namespace yagura {
namespace {

TEST(FormatCount, GroupsThousands) {
  EXPECT_EQ(format_count(0), "0");
  EXPECT_EQ(format_count(999), "999");
  EXPECT_EQ(format_count(1000), "1,000");
  EXPECT_EQ(format_count(18'446'744'073'709'551'615ULL), "18,446,744,073,709,551,615");
  EXPECT_EQ(format_signed_count(-1234), "-1,234");
  EXPECT_EQ(format_signed_count(INT64_MIN), "-9,223,372,036,854,775,808");
}

TEST(FormatNumber, GroupsAndRounds) {
  EXPECT_EQ(format_number(1234.56, 1), "1,234.6");
  EXPECT_EQ(format_number(999.96, 1), "1,000.0");
  EXPECT_EQ(format_number(-0.04, 1), "0.0");
  EXPECT_EQ(format_number(-1234567, 0), "-1,234,567");
  EXPECT_EQ(format_number(std::numeric_limits<double>::quiet_NaN(), 1), "");
}

TEST(FormatShare, KeepsWhatIsAlmostNothingApartFromNothing) {
  EXPECT_EQ(format_share(0), "0.0 %");
  EXPECT_EQ(format_share(0.0001), "<0.1 %");
  EXPECT_EQ(format_share(0.1234), "12.3 %");
  EXPECT_EQ(format_share(1), "100.0 %");
}

TEST(FormatChange, SaysTimesWherePerCentWouldBeHardToRead) {
  EXPECT_EQ(format_change(0.25), "+25 %");
  EXPECT_EQ(format_change(-0.031), "-3.1 %");
  EXPECT_EQ(format_change(0.0001), "0 %");
  EXPECT_EQ(format_change(12), "x 13");
}

TEST(FormatBytes, UsesTheUnitThatKeepsItShort) {
  EXPECT_EQ(format_bytes(512), "512 B");
  EXPECT_EQ(format_bytes(1536), "1.5 KiB");
  EXPECT_EQ(format_bytes((1ULL << 20) - 1), "1.0 MiB");  // not "1024.0 KiB"
  EXPECT_EQ(format_bytes(3ULL << 30), "3.0 GiB");
}

TEST(FormatShort, HasThreeDigits) {
  EXPECT_EQ(format_short(0), "0");
  EXPECT_EQ(format_short(950), "950");
  EXPECT_EQ(format_short(0.25), "0.25");
  EXPECT_EQ(format_short(12'345), "12.3 k");
  EXPECT_EQ(format_short(4'560'000), "4.56 M");
  EXPECT_EQ(format_short(999'600), "1.00 M");
}

TEST(ParseBytes, ReadsWhatFormatBytesWritesAndPlainNumbers) {
  EXPECT_EQ(parse_bytes("1000000"), 1'000'000u);
  EXPECT_EQ(parse_bytes("512M"), 512ULL << 20);
  EXPECT_EQ(parse_bytes("1.5 GiB"), 3ULL << 29);
  EXPECT_EQ(parse_bytes("2k"), 2048u);
  EXPECT_EQ(parse_bytes("64B"), 64u);
}

TEST(ParseBytes, RefusesAnythingElseAndSaysWhatIsAccepted) {
  for (const char* text : {"", "M", "-1", "12X", "1.5 Gallons", "99999999999T", "1 2"}) {
    const auto parsed = parse_bytes(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_NE(parsed.error().message().find("500M"), std::string::npos);
  }
}

TEST(Text, ValidUtf8EndsAtTheFirstMalformedSequence) {
  EXPECT_EQ(valid_utf8(""), 0U);
  EXPECT_EQ(valid_utf8("a\u65e5\u672c"), 7U);
  EXPECT_EQ(valid_utf8("a\xe6\x97"), 1U);
  EXPECT_EQ(valid_utf8("\u00e9\xc0\x80z"), 2U);
}

TEST(EscapeTerminal, ShowsControlBytesAndBrokenUtf8) {
  EXPECT_EQ(escape_terminal("plain"), "plain");
  EXPECT_EQ(escape_terminal("\x1b[31mred"), "\\x1b[31mred");
  EXPECT_EQ(escape_terminal("a\nb\tc\r"), "a\\nb\\tc\\r");
  EXPECT_EQ(escape_terminal(std::string_view("a\0b", 3)), "a\\x00b");
  EXPECT_EQ(escape_terminal("日本"), "日本");
  EXPECT_EQ(escape_terminal("\xff\xfe"), "\\xff\\xfe");
  EXPECT_EQ(escape_terminal("\xe6\x97"), "\\xe6\\x97");           // cut
  EXPECT_EQ(escape_terminal("\xc0\x80"), "\\xc0\\x80");           // overlong
  EXPECT_EQ(escape_terminal("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // surrogate
  EXPECT_EQ(escape_terminal("\xe2\x80\xae"), "\\u{202e}");        // right-to-left override
  EXPECT_EQ(escape_terminal("\xc2\x9b"), "\\u{009b}");            // C1 control sequence introducer
}

TEST(EscapeTerminal, LeavesOnlyPrintableBytesOfAnyInput) {
  std::mt19937 random(1);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes(random() % 24, ' ');
    for (char& c : bytes) c = static_cast<char>(random());
    const std::string escaped = escape_terminal(bytes);
    for (const char c : escaped) ASSERT_GE(static_cast<uint8_t>(c), 0x20);
    ASSERT_EQ(escape_terminal(escaped), escaped) << "escaping twice must change nothing";
  }
}

TEST(EscapeHtml, LeavesNothingThatHtmlUnderstands) {
  EXPECT_EQ(escape_html("<script a=\"1\" b='2'>&"),
            "&lt;script a=&quot;1&quot; b=&#39;2&#39;&gt;&amp;");
}

TEST(JsonQuote, EscapesAsRfc8259Asks) {
  EXPECT_EQ(json_quote("a\"b\\c\n\x01"), "\"a\\\"b\\\\c\\n\\u0001\"");
  EXPECT_EQ(json_quote("日本"), "\"日本\"");
  EXPECT_EQ(json_quote("\xff"), "\"\xef\xbf\xbd\"");
}

TEST(CsvField, QuotesAndDisarmsFormulas) {
  EXPECT_EQ(csv_field("plain"), "plain");
  EXPECT_EQ(csv_field("a,b"), "\"a,b\"");
  EXPECT_EQ(csv_field("say \"x\""), "\"say \"\"x\"\"\"");
  EXPECT_EQ(csv_field("=HYPERLINK(\"x\")"), "\"'=HYPERLINK(\"\"x\"\")\"");
}

TEST(CsvField, IsALineThatDoesNothingToATerminal) {
  EXPECT_EQ(csv_field("\x1b[31mred\nsecond line"), "\\x1b[31mred\\nsecond line");
}

TEST(CsvFields, ReadsWhatCsvFieldWrites) {
  for (const std::vector<std::string>& fields :
       {std::vector<std::string>{"plain", "", "a,b"}, {"say \"x\"", "日本"}, {""}}) {
    std::string line;
    for (const std::string& field : fields)
      line += (&field == &fields[0] ? "" : ",") + csv_field(field);
    EXPECT_EQ(csv_fields(line), fields) << line;
  }
  EXPECT_EQ(csv_fields(" a , \"b\" "), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(csv_fields("a,\"b"), std::nullopt);
}

TEST(Shorten, CutsAtCodePoints) {
  EXPECT_EQ(shorten("abcdef", 6), "abcdef");
  EXPECT_EQ(shorten("abcdefg", 6), "abc...");
  EXPECT_EQ(shorten("日本語の文字列", 5), "日本...");
  EXPECT_EQ(shorten("abcdef", 2), "..");
}

TEST(Wrap, BreaksAtSpacesOnly) {
  EXPECT_EQ(wrap("one two three", 8), "one two\nthree\n");
  EXPECT_EQ(wrap("one incomprehensible", 5, "  "), "  one\n  incomprehensible\n");
  EXPECT_EQ(wrap("", 10), "");
}

TEST(Nearest, FindsWhatWasMeant) {
  constexpr std::array<std::string_view, 4> verbs = {"read", "report", "capture", "sources"};
  EXPECT_EQ(nearest("raed", verbs), "read");
  EXPECT_EQ(nearest("souces", verbs), "sources");
  EXPECT_EQ(nearest("cap", verbs), "capture");
  EXPECT_EQ(nearest("xyzzy", verbs), "");
  EXPECT_EQ(nearest(std::string(1000, 'r'), verbs), "");
}

}  // namespace
}  // namespace yagura
