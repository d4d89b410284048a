// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "warning/exchange_formats.h"
#include "warning/notices_for_tests.h"
#include "warning/wording.h"

namespace yagura::warning {
namespace {

using model::Language;
using nlohmann::json;
using testing::AllOf;
using testing::MatchesRegex;
using testing::Ne;
using testing::SizeIs;

std::vector<json> events(const Notice& notice, Language language = Language::english) {
  std::vector<json> all;
  std::istringstream in(intelmq_json_lines(notice, language));
  for (std::string line; std::getline(in, line);) all.push_back(json::parse(line));
  return all;
}

TEST(IntelmqJsonLines, TellsTheSourceOfAScan) {
  EXPECT_EQ(events(notice_of({infected()}))[0], json::parse(R"({
    "time.source": "2026-01-01T12:31:01+00:00",
    "source.ip": "198.51.100.7",
    "source.asn": 64500,
    "source.geolocation.cc": "JP",
    "destination.port": 23,
    "protocol.transport": "tcp",
    "classification.taxonomy": "malicious-code",
    "classification.type": "infected-system",
    "classification.identifier": "mirai",
    "malware.name": "mirai",
    "event_description.text": ")" + explanation_of(infected().episode, Language::english) +
                                                            R"(",
    "feed.provider": "Yagura",
    "feed.name": "Early Warning",
    "extra.notice": "20260101-7.1",
    "extra.member": "City of A",
    "extra.warning": 17,
    "extra.change": "new",
    "extra.kind": "external",
    "extra.severity": "high",
    "extra.first_seen": "2026-01-01T12:00:01+00:00",
    "extra.last_seen": "2026-01-01T12:31:01+00:00",
    "extra.packets": 1240,
    "extra.bytes": 49600,
    "extra.dark_addresses": 256,
    "extra.services": ["23/tcp", "2323/tcp", "other"],
    "extra.tool": "mirai"})"));
}

TEST(IntelmqJsonLines, TellsAVictimAsTheDestination) {
  EXPECT_EQ(events(notice_of({flooded()}), Language::japanese)[0], json::parse(R"({
    "time.source": "2026-01-01T12:00:01+00:00",
    "destination.ip": "203.0.113.80",
    "destination.port": 443,
    "protocol.transport": "tcp",
    "classification.taxonomy": "availability",
    "classification.type": "ddos",
    "classification.identifier": "backscatter",
    "event_description.text": ")" + explanation_of(flooded().episode, Language::japanese) +
                                                                               R"(",
    "feed.provider": "Yagura",
    "feed.name": "Early Warning",
    "extra.notice": "20260101-7.1",
    "extra.member": "City of A",
    "extra.warning": 19,
    "extra.change": "new",
    "extra.kind": "under_attack",
    "extra.severity": "high",
    "extra.first_seen": "2026-01-01T12:00:01+00:00",
    "extra.last_seen": "2026-01-01T12:31:01+00:00",
    "extra.packets": 25000,
    "extra.bytes": 1000000,
    "extra.dark_addresses": 4000,
    "extra.services": ["443/tcp"]})"));
}

// Types and taxonomies as the taxonomy expert of IntelMQ pairs them.
TEST(IntelmqJsonLines, ClassifiesEachKind) {
  Told mapped = infected();
  mapped.episode.tool = model::Tool::zmap;
  const std::vector<json> all = events(notice_of({mapped, spreading(), misled()}));
  ASSERT_THAT(all, SizeIs(3));
  const auto classification = [](const json& event) {
    return std::array<std::string, 3>{event["classification.taxonomy"],
                                      event["classification.type"],
                                      event["classification.identifier"]};
  };
  using Three = std::array<std::string, 3>;
  EXPECT_EQ(classification(all[0]),
            (Three{"information-gathering", "scanner", "darknet-external"}));
  EXPECT_EQ(all[0]["extra.tool"], "zmap");
  EXPECT_FALSE(all[0].contains("malware.name"));
  EXPECT_EQ(classification(all[1]),
            (Three{"information-gathering", "scanner", "darknet-internal"}));
  EXPECT_EQ(all[1]["source.ip"], "2001:db8:1234:5678:9abc:def0:1234:5678");
  EXPECT_EQ(classification(all[2]),
            (Three{"availability", "misconfiguration", "darknet-misconfiguration"}));
  EXPECT_EQ(all[2]["extra.change"], "resolved");
}

// The form that IntelMQ demands of the names of fields (HARMONIZATION_KEY_FORMAT).
TEST(IntelmqJsonLines, NamesFieldsAsIntelmqWantsThem) {
  for (const json& event : events(notice_of({infected(), spreading(), flooded(), misled()}))) {
    for (const auto& [name, field] : event.items()) {
      EXPECT_THAT(name, MatchesRegex("[a-z_][a-z_0-9]+(\\.[a-z_0-9]+)*"));
      EXPECT_THAT(field.dump(), AllOf(Ne("null"), Ne("\"\""), Ne("[]"))) << name;
    }
  }
}

TEST(IntelmqJsonLines, LeavesOutWhatIsNotKnown) {
  Told bare = spreading();
  bare.episode.services.clear();
  bare.asn = 0;
  bare.country = "";
  const json event = events(notice_of({bare}))[0];
  for (const char* name : {"source.asn", "source.geolocation.cc", "destination.port",
                           "protocol.transport", "extra.services", "extra.tool"})
    EXPECT_FALSE(event.contains(name)) << name;
  bare.episode.services = {{1, 0, 3}};
  const json ping = events(notice_of({bare}))[0];
  EXPECT_EQ(ping["protocol.transport"], "icmp");
  EXPECT_FALSE(ping.contains("destination.port"));
}

TEST(IntelmqJsonLines, IsAnEventOfItsOwnTypeWhereItIsATest) {
  EXPECT_EQ(events(test_notice()), std::vector{json::parse(R"({
    "time.source": "2026-01-01T13:00:00+00:00",
    "classification.taxonomy": "test",
    "classification.type": "test",
    "classification.identifier": "delivery",
    "feed.provider": "Yagura",
    "feed.name": "Early Warning",
    "extra.notice": "20260101-7.1",
    "extra.member": "City of A"})")});
}

TEST(IntelmqJsonLines, EscapesNames) {
  Notice notice = notice_of({misled()});
  notice.member = "<A> & \"B\" 'C' | D=\\ 市";
  EXPECT_EQ(events(notice)[0]["extra.member"], notice.member);
}

}  // namespace
}  // namespace yagura::warning
