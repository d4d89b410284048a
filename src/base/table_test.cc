// SPDX-License-Identifier: Apache-2.0
#include "base/table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

namespace yagura {
namespace {

using ::testing::HasSubstr;

Table sample() {
  Table table;
  table.columns = {{"name", "name", CellKind::text, 1, 12},
                   {"packets", "packets", CellKind::count},
                   {"share", "share", CellKind::share},
                   {"seen", "seen", CellKind::time},
                   {"ports", "", CellKind::text}};
  table.add({std::string("telnet"), uint64_t{1'234'567}, 0.5,
             Timestamp::from_seconds(1'000'000'000), std::vector<uint64_t>{23, 2323}});
  table.add(
      {std::string("a very long name"), uint64_t{8}, Cell(), Cell(), std::vector<uint64_t>{}});
  return table;
}

TEST(TableText, AlignsNumbersRightAndShortensNames) {
  EXPECT_EQ(table_text(sample()),
            "name            packets   share  seen\n"
            "------------  ---------  ------  -------------------\n"
            "telnet        1,234,567  50.0 %  2001-09-09 01:46:40\n"
            "a very lo...          8\n");
}

TEST(TableText, TakesWidthFromTheWidestText) {
  Table table = sample();
  table.columns[0].max_width = 24;
  EXPECT_THAT(table_text(table, 54), HasSubstr("\na very long...  "));
  const std::string text = table_text(table, 20);
  EXPECT_THAT(text, HasSubstr("\na very lo...  ")) << "a dozen columns are left to a text";
  EXPECT_THAT(text, HasSubstr("1,234,567")) << "numbers are never cut";
}

TEST(TableText, TellsATextWithoutAWidthWholeBeyondTheLine) {
  Table table;
  table.columns = {{"host", "host"}, {"why", "why", CellKind::text, 1, SIZE_MAX}};
  table.add({std::string("a host with a long name"), std::string("a reason in many words")});
  EXPECT_EQ(table_text(table, 20),
            "host                  why\n"
            "--------------------  ----------------------\n"
            "a host with a lon...  a reason in many words\n");
}

TEST(TableText, PutsUnderTheRowWhatHasNoRoomInIt) {
  Table table;
  table.columns = {{"rule", "rule", CellKind::text, 1, SIZE_MAX},
                   {"says", "says", CellKind::text, 1, 100, true, 20},
                   {"level", "level", CellKind::text, 1, 48, true, 6},
                   {"alerts", "alerts", CellKind::count},
                   {"why", "why", CellKind::text, 1, SIZE_MAX, true, SIZE_MAX}};
  table.add({std::string("suricata 2013504"), std::string("package management in a user agent"),
             std::string("medium"), uint64_t{40}, std::string("never seen before")});
  table.add({std::string("wazuh 5710"), std::string("no such user"), Cell(), uint64_t{7}, Cell()});
  EXPECT_EQ(
      table_text(table, SIZE_MAX),
      "rule              says                                level   alerts  why\n"
      "----------------  ----------------------------------  ------  ------  -----------------\n"
      "suricata 2013504  package management in a user agent  medium      40  never seen before\n"
      "wazuh 5710        no such user                                     7\n");
  EXPECT_EQ(table_text(table, 60),
            "rule              says                        level   alerts\n"
            "    why\n"
            "----------------  --------------------------  ------  ------\n"
            "suricata 2013504  package management in a...  medium      40\n"
            "    never seen before\n"
            "wazuh 5710        no such user                             7\n");
  EXPECT_EQ(table_text(table, 25),
            "rule              alerts\n"
            "    says | level | why\n"
            "----------------  ------\n"
            "suricata 2013504      40\n"
            "    package management in\n"
            "    a user agent | medium\n"
            "    | never seen before\n"
            "wazuh 5710             7\n"
            "    no such user\n");
  EXPECT_THAT(table_text(table, 12), HasSubstr("\nsuricata 2013504  ")) << "never cut";
}

TEST(TableText, FitsWhateverWidthLeavesEachTextADozenColumns) {
  Table table;
  table.columns = {{"a", "a"}, {"b", "b", CellKind::text, 1, 48, true, 16}, {"c", "c"}};
  table.add({std::string(30, 'a'), std::string(26, 'b'), std::string(50, 'c')});
  for (size_t width = 30; width < 130; ++width) {
    std::istringstream lines(table_text(table, width));
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), width) << line;
  }
}

TEST(TableText, CutsAListBehindAnElement) {
  Table table;
  table.columns = {{"ports", "ports", CellKind::text, 1, 16}};
  table.add({std::vector<uint64_t>{8728, 8080, 63209}});
  table.add({std::string("23, 22, 80, 5")});
  table.add({std::string("one-long-element, 7")});
  EXPECT_EQ(table_text(table),
            "ports\n----------------\n8728, 8080 ...\n23, 22, 80, 5\none-long-elem...\n");
}

TEST(TableText, SaysThatThereIsNothing) {
  Table table = sample();
  table.rows.clear();
  EXPECT_EQ(table_text(table, 80, 2), "  (none)\n");
  EXPECT_EQ(table_json(table), "[]");
  EXPECT_EQ(table_csv(table), "name,packets,share,seen,ports\r\n");
}

TEST(TableText, EscapesWhatCameFromOutside) {
  Table table;
  table.columns = {{"text", "text"}};
  table.add({std::string("\x1b]0;owned\x07")});
  EXPECT_EQ(table_text(table).find('\x1b'), std::string::npos);
}

TEST(TableJson, IsJsonWithTheValuesThemselves) {
  const auto json = nlohmann::json::parse(table_json(sample()));
  ASSERT_EQ(json.size(), 2u);
  EXPECT_EQ(json[0]["packets"], 1'234'567);
  EXPECT_EQ(json[0]["share"], 0.5);
  EXPECT_EQ(json[0]["seen"], "2001-09-09T01:46:40Z");
  EXPECT_EQ(json[0]["ports"], nlohmann::json({23, 2323}));
  EXPECT_TRUE(json[1]["share"].is_null());
  EXPECT_EQ(json[1]["ports"], nlohmann::json::array());
}

TEST(TableCsv, HasAHeaderAndEmptyFieldsForTheUnknown) {
  EXPECT_EQ(table_csv(sample()),
            "name,packets,share,seen,ports\r\n"
            "telnet,1234567,0.5,2001-09-09T01:46:40Z,23 2323\r\n"
            "a very long name,8,,,\r\n");
}

TEST(Table, AColumnForPeopleOnlyIsInNeitherJsonNorCsv) {
  Table table = sample();
  table.columns[0].for_programs = false;
  EXPECT_FALSE(nlohmann::json::parse(table_json(table))[0].contains("name"));
  EXPECT_EQ(table_csv(table).substr(0, 28), "packets,share,seen,ports\r\n12");
  EXPECT_NE(table_text(table).find("telnet"), std::string::npos);
}

TEST(CellJson, KeepsWholeNumbersWholeAndTheRestShort) {
  const Column number{"n", "n", CellKind::number};
  EXPECT_EQ(cell_json(number, 3.0), "3");
  EXPECT_EQ(cell_json(number, 1.0 / 3), "0.333333");
  EXPECT_EQ(cell_json(number, std::numeric_limits<double>::infinity()), "null");
  EXPECT_EQ(cell_json(number, uint64_t{18'446'744'073'709'551'615ULL}), "18446744073709551615");
  EXPECT_EQ(cell_json(number, Duration::milliseconds(1500)), "1.5");
}

TEST(FactsText, AlignsNumbersAndLeavesOutTheUnknown) {
  const Facts facts = {{{"packets", "packets", CellKind::count}, uint64_t{3468}},
                       {{"hosts", "hosts", CellKind::count}, uint64_t{1}},
                       {{"dark", "dark addresses", CellKind::count}, Cell()},
                       {{"hidden", "", CellKind::count}, uint64_t{5}},
                       {{"country", "country", CellKind::text}, std::string("JP")}};
  EXPECT_EQ(facts_text(facts, 80, 2),
            "  packets  3,468\n"
            "  hosts        1\n"
            "  country  JP\n");
  const auto json = nlohmann::json::parse(facts_json(facts));
  EXPECT_EQ(json["hidden"], 5);
  EXPECT_TRUE(json["dark"].is_null());
  EXPECT_EQ(facts_csv({facts[0]}), "key,value\r\npackets,3468\r\n");
}

TEST(TableDeathTest, ARowOfTheWrongLengthIsABrokenInvariant) {
  Table table = sample();
  EXPECT_DEATH(table.add({std::string("one")}), "row.size\\(\\) == columns.size\\(\\)");
}

}  // namespace
}  // namespace yagura
