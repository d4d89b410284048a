// SPDX-License-Identifier: Apache-2.0
#include "livenet/alert_formats.h"

#include <gtest/gtest.h>

#include <string>

namespace yagura::livenet {
namespace {

using model::Alert;
using model::Severity;

Line parsed(AlertFormat format, std::string_view line, Alert& alert) {
  return make_parser(format)->parse(line, alert);
}
Line kind(AlertFormat format, std::string_view line) {
  Alert alert;
  return parsed(format, line, alert);
}

// Two lines of fox_alerts.txt of the AIT Alert Data Set.
constexpr std::string_view ait_line =
    "1642213952,Wazuh: ClamAV database update,172.17.131.81,mail,W-Sys-Cav,false_positive,-";

TEST(AitAlertsTest, HoldTimeRuleTextAndHost) {
  Alert alert;
  ASSERT_EQ(parsed(AlertFormat::ait_csv, ait_line, alert), Line::alert);
  EXPECT_EQ(format_time(alert.time), "2022-01-15T02:32:32Z");
  EXPECT_EQ(alert.detector, model::Detector::wazuh);
  EXPECT_EQ(alert.rule, "W-Sys-Cav");
  EXPECT_EQ(alert.text, "Wazuh: ClamAV database update");
  EXPECT_EQ(alert.host, "mail");
}

TEST(AitAlertsTest, AreTheSameWhateverStandsInTheColumnsOfLabels) {
  const std::string start = "1642213952,Wazuh: x,172.17.131.81,mail,W-Sys-Cav";
  for (const std::string_view labels :
       {"", ",false_positive,-", ",dirb,dirb", ",\"", ",,,,,,\"a"}) {
    Alert alert;
    ASSERT_EQ(parsed(AlertFormat::ait_csv, start + std::string(labels), alert), Line::alert);
    EXPECT_EQ(alert.time, Timestamp::from_seconds(1'642'213'952)) << labels;
    EXPECT_EQ(alert.detector, model::Detector::wazuh) << labels;
    EXPECT_EQ(alert.rule, "W-Sys-Cav") << labels;
    EXPECT_EQ(alert.text, "Wazuh: x") << labels;
    EXPECT_EQ(alert.host, "mail") << labels;
    EXPECT_EQ(alert.source, "") << labels;
    EXPECT_EQ(alert.severity, Severity::unknown) << labels;
  }
}

TEST(AitAlertsTest, MayHaveCommasInQuotes) {
  Alert alert;
  ASSERT_EQ(parsed(AlertFormat::ait_csv, R"(1,"AMiner: a, b ""c""",10.0.0.1,,A-x)", alert),
            Line::alert);
  EXPECT_EQ(alert.text, R"(AMiner: a, b ""c"")");
  EXPECT_EQ(alert.host, "10.0.0.1");
  EXPECT_EQ(alert.detector, model::Detector::aminer);
}

TEST(AitAlertsTest, ThatAreBadAreToldApart) {
  EXPECT_EQ(kind(AlertFormat::ait_csv, "time,name,ip,host,short"), Line::other);
  EXPECT_EQ(kind(AlertFormat::ait_csv, "x,n,1.2.3.4,h,W-a"), Line::bad_time);
  EXPECT_EQ(kind(AlertFormat::ait_csv, "-1,n,1.2.3.4,h,W-a"), Line::bad_time);
  EXPECT_EQ(kind(AlertFormat::ait_csv, "1.5,n,1.2.3.4,h,W-a"), Line::bad_time);
  EXPECT_EQ(kind(AlertFormat::ait_csv, "4294967296,n,1.2.3.4,h,W-a"), Line::bad_time);
  EXPECT_EQ(kind(AlertFormat::ait_csv, "1,n,1.2.3.4,h"), Line::no_rule);
  EXPECT_EQ(kind(AlertFormat::ait_csv, "1,n,,,W-a"), Line::no_host);
  EXPECT_EQ(kind(AlertFormat::ait_csv, "1,\"n,1.2.3.4,h,W-a"), Line::malformed);
  const std::string longest(longest_name, 'r');
  EXPECT_EQ(kind(AlertFormat::ait_csv, "1,n,1.2.3.4,h," + longest), Line::alert);
  EXPECT_EQ(kind(AlertFormat::ait_csv, "1,n,1.2.3.4,h," + longest + "r"), Line::malformed);
  EXPECT_EQ(kind(AlertFormat::ait_csv, "1,n,1.2.3.4," + longest + ",W-a"), Line::alert);
  EXPECT_EQ(kind(AlertFormat::ait_csv, "1,n,1.2.3.4," + longest + "r,W-a"), Line::malformed);
}

// The form of the example in Suricata's documentation, "EVE JSON Format".
std::string suricata_line(const std::string& source, const std::string& destination,
                          const std::string& more = "") {
  return R"({"timestamp":"2017-04-07T22:24:37.251547+0100","flow_id":586497171462735,)"
         R"("event_type":"alert","src_ip":")" +
         source + R"(","src_port":44732,"dest_ip":")" + destination +
         R"(","dest_port":80,"proto":"TCP","alert":{"action":"allowed",)"
         R"("gid":1,"signature_id":2024056,"signature":"ET MALWARE x","severity":2)" +
         more + "}}";
}

TEST(SuricataAlertsTest, HoldTimeRuleTextHostAndSource) {
  Alert alert;
  const std::string line = suricata_line("192.168.2.7", "198.51.100.9");
  EXPECT_EQ(recognise_alerts(line), AlertFormat::suricata);
  ASSERT_EQ(parsed(AlertFormat::suricata, line, alert), Line::alert);
  EXPECT_EQ(format_time(alert.time), "2017-04-07T21:24:37.251547Z");
  EXPECT_EQ(alert.rule, "2024056");
  EXPECT_EQ(alert.text, "ET MALWARE x");
  EXPECT_EQ(alert.host, "192.168.2.7");
  EXPECT_EQ(alert.source, "198.51.100.9");
  EXPECT_EQ(alert.severity, Severity::medium);
}

TEST(SuricataAlertsTest, AreAboutTheTargetElseThePrivateAddressElseTheDestination) {
  const auto host = [](const std::string& line) {
    Alert alert;
    EXPECT_EQ(parsed(AlertFormat::suricata, line, alert), Line::alert);
    return alert.host;
  };
  EXPECT_EQ(host(suricata_line("198.51.100.9", "192.168.2.7")), "192.168.2.7");
  EXPECT_EQ(host(suricata_line("10.0.0.1", "192.168.2.7")), "192.168.2.7");
  EXPECT_EQ(host(suricata_line("198.51.100.9", "203.0.113.1")), "203.0.113.1");
  EXPECT_EQ(host(suricata_line("fd00::1", "2001:db8::1")), "fd00::1");
  EXPECT_EQ(host(suricata_line("172.31.255.254", "172.32.0.1")), "172.31.255.254");
  EXPECT_EQ(host(suricata_line("10.0.0.1", "192.168.2.7", R"(,"target":{"ip":"10.0.0.1"})")),
            "10.0.0.1");
}

TEST(SuricataAlertsTest, AreAboutTheSourceWhereThereIsNoDestination) {
  Alert alert;
  ASSERT_EQ(parsed(AlertFormat::suricata,
                   R"({"event_type":"alert","timestamp":"2017-04-07T22:24:37Z",)"
                   R"("src_ip":"198.51.100.9","alert":{"signature_id":1,"severity":1}})",
                   alert),
            Line::alert);
  EXPECT_EQ(alert.host, "198.51.100.9");
  EXPECT_EQ(alert.source, "");
}

TEST(SuricataAlertsTest, AreTheMoreSevereTheLowerTheirNumber) {
  for (const auto& [severity, expected] : {std::pair("1", Severity::high),
                                           {"2", Severity::medium},
                                           {"3", Severity::low},
                                           {"255", Severity::low},
                                           {"0", Severity::unknown},
                                           {"\"1\"", Severity::unknown}}) {
    std::string line = suricata_line("198.51.100.9", "192.168.2.7");
    line.replace(line.rfind(":2}}") + 1, 1, severity);
    Alert alert;
    ASSERT_EQ(parsed(AlertFormat::suricata, line, alert), Line::alert);
    EXPECT_EQ(alert.severity, expected) << severity;
  }
}

TEST(SuricataAlertsTest, ThatAreBadAreToldApart) {
  constexpr auto suricata = AlertFormat::suricata;
  EXPECT_EQ(kind(suricata, R"({"event_type":"dns"})"), Line::other);
  EXPECT_EQ(kind(suricata, R"({"event_type":"alert")"), Line::malformed);
  EXPECT_EQ(kind(suricata, R"([1])"), Line::malformed);
  EXPECT_EQ(kind(suricata, R"({"event_type":"alert"})"), Line::bad_time);
  const std::string time = R"({"event_type":"alert","timestamp":"2017-04-07T22:24:37Z")";
  EXPECT_EQ(kind(suricata, time + "}"), Line::no_rule);
  EXPECT_EQ(kind(suricata, time + R"(,"alert":{"signature_id":-1}})"), Line::no_rule);
  EXPECT_EQ(kind(suricata, time + R"(,"alert":{"signature_id":1}})"), Line::no_host);
}

// The form of the examples in Wazuh's documentation of alerts.json.
TEST(WazuhAlertsTest, HoldTimeRuleTextHostAndSource) {
  const std::string line =
      R"({"timestamp":"2024-01-15T10:15:30.123+0000","rule":{"level":10,"description":"sshd: )"
      R"(brute force","id":"5763","groups":["syslog"]},"agent":{"id":"001","name":"web",)"
      R"("ip":"10.0.0.5"},"manager":{"name":"m"},"id":"1.2","data":{"srcip":"203.0.113.9"}})";
  Alert alert;
  EXPECT_EQ(recognise_alerts(line), AlertFormat::wazuh);
  ASSERT_EQ(parsed(AlertFormat::wazuh, line, alert), Line::alert);
  EXPECT_EQ(format_time(alert.time), "2024-01-15T10:15:30.123Z");
  EXPECT_EQ(alert.rule, "5763");
  EXPECT_EQ(alert.text, "sshd: brute force");
  EXPECT_EQ(alert.host, "web");
  EXPECT_EQ(alert.source, "203.0.113.9");
  EXPECT_EQ(alert.severity, Severity::medium);
}

// Levels 0 to 15: low below 7, high from 12 on (documentation.wazuh.com, "alerts.json").
TEST(WazuhAlertsTest, AreAsSevereAsTheirLevelAndAboutTheFirstNameThatIsKnown) {
  const auto alert = [](const std::string& level, const std::string& who) {
    Alert parsed_alert;
    EXPECT_EQ(parsed(AlertFormat::wazuh,
                     R"({"timestamp":"2024-01-15T10:15:30Z","rule":{"id":"1","level":)" + level +
                         "}," + who + "}",
                     parsed_alert),
              Line::alert);
    return parsed_alert;
  };
  const std::string manager = R"("manager":{"name":"m"})";
  EXPECT_EQ(alert("6", manager).severity, Severity::low);
  EXPECT_EQ(alert("7", manager).severity, Severity::medium);
  EXPECT_EQ(alert("11", manager).severity, Severity::medium);
  EXPECT_EQ(alert("12", manager).severity, Severity::high);
  EXPECT_EQ(alert("null", manager).severity, Severity::unknown);
  EXPECT_EQ(alert("6", manager).host, "m");
  EXPECT_EQ(alert("6", R"("agent":{"ip":"10.0.0.5"},)" + manager).host, "10.0.0.5");
  EXPECT_EQ(alert("6", R"("agent":{"name":"web","ip":"10.0.0.5"},)" + manager).host, "web");
}

TEST(WazuhAlertsTest, ThatAreBadAreToldApart) {
  constexpr auto wazuh = AlertFormat::wazuh;
  EXPECT_EQ(kind(wazuh, "{"), Line::malformed);
  EXPECT_EQ(kind(wazuh, "{}"), Line::bad_time);
  EXPECT_EQ(kind(wazuh, R"({"timestamp":"2024-01-15T10:15:30Z"})"), Line::no_rule);
  EXPECT_EQ(kind(wazuh, R"({"timestamp":"2024-01-15T10:15:30Z","rule":{"id":"1"}})"),
            Line::no_host);
}

TEST(AlertFormatsTest, AreRecognisedByTheirFirstLine) {
  EXPECT_EQ(recognise_alerts("time,name,ip,host,short,time_label,event_label"),
            AlertFormat::ait_csv);
  EXPECT_EQ(recognise_alerts(ait_line), std::nullopt);
  EXPECT_EQ(recognise_alerts("{}"), std::nullopt);
  EXPECT_EQ(recognise_alerts("<xml>"), std::nullopt);
}

TEST(AlertFormatsTest, TimesMayHaveAnOffset) {
  const auto text = [](std::string_view time) {
    const auto parsed = parse_offset_time(time);
    return parsed ? format_time(*parsed) : "none";
  };
  EXPECT_EQ(text("2024-01-15T10:15:30+0900"), "2024-01-15T01:15:30Z");
  EXPECT_EQ(text("2024-01-15T10:15:30.5-03:30"), "2024-01-15T13:45:30.500Z");
  EXPECT_EQ(text("2024-01-15T10:15:30Z"), "2024-01-15T10:15:30Z");
  EXPECT_EQ(text("2024-01-15T10:15:30"), "2024-01-15T10:15:30Z");
  for (const std::string_view bad :
       {"", "T", "2024-01-15T10:15:30+", "2024-01-15T10:15:30+9", "2024-01-15T10:15:30+09000",
        "2024-01-15T10:15:30+09", "2024-01-15T10:15:30+0x00", "1970-01-01T00:00:00+0100",
        "2107-01-01T00:00:00Z"})
    EXPECT_EQ(text(bad), "none") << bad;
}

}  // namespace
}  // namespace yagura::livenet
