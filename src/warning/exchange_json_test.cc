// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "warning/exchange_formats.h"
#include "warning/notices_for_tests.h"
#include "warning/wording.h"

namespace yagura::warning {
namespace {

using model::Language;
using nlohmann::json;

TEST(JsonOf, TellsEverythingOfAWarningButTheDarkAddress) {
  EXPECT_EQ(json_of(notice_of({infected()}), Language::english),
            R"({"format":"urn:yagura:warning:1","id":"20260101-7.1","member":"City of A",)"
            R"("made":"2026-01-01T13:00:00Z","test":false,"language":"en","left_out":0,)"
            "\"warnings\":[\n"
            R"({"number":17,"change":"new","kind":"external","severity":"high",)"
            R"("address":"198.51.100.7","asn":64500,"country":"JP",)"
            R"("first":"2026-01-01T12:00:01Z","last":"2026-01-01T12:31:01Z","packets":1240,)"
            R"("bytes":49600,"dark_addresses":256,)"
            R"("services":[{"protocol":"tcp","port":23,"packets":1100},)"
            R"({"protocol":"tcp","port":2323,"packets":130},{"packets":10}],"tool":"mirai",)"
            R"("explanation":")" +
                explanation_of(infected().episode, Language::english) + "\"}]}\n");
}

TEST(JsonOf, LeavesOutWhatIsNotKnown) {
  Notice notice = notice_of({flooded(), spreading(), misled()});
  notice.left_out = 5;
  const json read = json::parse(json_of(notice, Language::japanese));
  EXPECT_EQ(read["language"], "ja");
  EXPECT_EQ(read["left_out"], 5);
  const json& victim = read["warnings"][0];
  EXPECT_EQ(victim["kind"], "under_attack");
  EXPECT_EQ(victim["explanation"], explanation_of(flooded().episode, Language::japanese));
  for (const char* name : {"asn", "country", "tool", "packets_elsewhere"})
    EXPECT_FALSE(victim.contains(name)) << name;
  const json& spreads = read["warnings"][1];
  EXPECT_EQ(spreads["change"], "continuing");
  EXPECT_EQ(spreads["address"], "2001:db8:1234:5678:9abc:def0:1234:5678");
  EXPECT_EQ(spreads["services"][1], json::parse(R"({"protocol":"icmp","packets":1})"));
  EXPECT_EQ(read["warnings"][2]["change"], "resolved");
}

TEST(JsonOf, TellsEveryServiceThatIsCounted) {
  Told crowded = spreading();
  crowded.episode.services.resize(Story::most_services, {17, 53, 1});
  crowded.episode.packets_elsewhere = 9;
  const json read = json::parse(json_of(notice_of({crowded}), Language::english));
  EXPECT_EQ(read["warnings"][0]["services"].size(), Story::most_services);
  EXPECT_EQ(read["warnings"][0]["packets_elsewhere"], 9);
}

TEST(JsonOf, SaysThatItIsATest) {
  const json read = json::parse(json_of(test_notice(), Language::english));
  EXPECT_EQ(read["test"], true);
  EXPECT_TRUE(read["warnings"].empty());
}

TEST(JsonOf, EscapesNames) {
  Notice notice = test_notice();
  notice.member = "<A> & \"B\" 'C' | D=\\ 市";
  EXPECT_EQ(json::parse(json_of(notice, Language::english))["member"], notice.member);
}

TEST(JsonOf, HoldsTheMostThatANoticeTells) {
  const Notice most = notice_of(std::vector<Told>(Notice::most_told, infected()));
  const json read = json::parse(json_of(most, Language::japanese));
  EXPECT_EQ(read["warnings"].size(), Notice::most_told);
}

}  // namespace
}  // namespace yagura::warning
