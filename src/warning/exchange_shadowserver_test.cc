// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <map>
#include <sstream>

#include "base/text.h"
#include "warning/exchange_formats.h"
#include "warning/notices_for_tests.h"

namespace yagura::warning {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::SizeIs;
using testing::UnorderedElementsAre;

// The fields of a line that are not empty, by their columns.
using Fields = std::map<std::string, std::string>;

struct Report {
  std::vector<std::string> columns;
  std::vector<Fields> lines;
};

Report read(const std::string& csv) {
  Report report;
  std::istringstream in(csv);
  for (std::string line; std::getline(in, line);) {
    const auto fields = csv_fields(line);
    EXPECT_TRUE(fields.has_value()) << line;
    if (report.columns.empty()) {
      report.columns = *fields;
      continue;
    }
    EXPECT_EQ(fields->size(), report.columns.size()) << line;
    Fields& known = report.lines.emplace_back();
    for (size_t i = 0; i < fields->size(); ++i)
      if (!(*fields)[i].empty()) known[report.columns[i]] = (*fields)[i];
  }
  return report;
}

std::vector<Told> all_kinds() { return {infected(), spreading(), flooded(), misled()}; }

TEST(ShadowserverDarknet, IsWrittenAsShadowserverWritesIt) {
  // The columns are those of reports.json at 8e06fb91, the form that of IntelMQ's example.
  EXPECT_EQ(
      shadowserver_darknet_csv(std::vector{misled()}),
      "\"timestamp\",\"protocol\",\"src_ip\",\"src_port\",\"src_asn\",\"src_geo\",\"src_region\","
      "\"src_city\",\"src_hostname\",\"src_naics\",\"src_sector\",\"device_vendor\","
      "\"device_type\",\"device_model\",\"severity\",\"dst_ip\",\"dst_port\",\"dst_asn\","
      "\"dst_geo\",\"dst_region\",\"dst_city\",\"dst_hostname\",\"dst_naics\",\"dst_sector\","
      "\"public_source\",\"infection\",\"family\",\"tag\",\"application\",\"version\","
      "\"event_id\",\"count\"\n"
      "\"2026-01-01 12:31:01\",\"udp\",\"198.51.100.9\",,64500,\"JP\",,,,,,,,,\"low\",,123,,,,,,,,"
      "\"Yagura\",,,\"misconfiguration\",,,\"20-17-123\",60\n");
}

TEST(ShadowserverDarknet, HasALineAServiceAndNoVictims) {
  const Report report = read(shadowserver_darknet_csv(all_kinds()));
  ASSERT_THAT(report.lines, SizeIs(3 + 2 + 1));
  EXPECT_THAT(report.lines[0],
              UnorderedElementsAre(
                  Pair("timestamp", "2026-01-01 12:31:01"), Pair("protocol", "tcp"),
                  Pair("src_ip", "198.51.100.7"), Pair("src_asn", "64500"), Pair("src_geo", "JP"),
                  Pair("severity", "high"), Pair("dst_port", "23"), Pair("public_source", "Yagura"),
                  Pair("infection", "mirai"), Pair("tag", "mirai"), Pair("event_id", "17-6-23"),
                  Pair("count", "1100")));
  EXPECT_THAT(report.lines[2],  // of a class that does not tell the protocol
              UnorderedElementsAre(
                  Pair("timestamp", "2026-01-01 12:31:01"), Pair("src_ip", "198.51.100.7"),
                  Pair("src_asn", "64500"), Pair("src_geo", "JP"), Pair("severity", "high"),
                  Pair("public_source", "Yagura"), Pair("infection", "mirai"), Pair("tag", "mirai"),
                  Pair("event_id", "17-0-0"), Pair("count", "10")));
  EXPECT_THAT(
      report.lines[4],
      UnorderedElementsAre(
          Pair("timestamp", "2026-01-01 12:31:01"), Pair("protocol", "icmp"),
          Pair("src_ip", "2001:db8:1234:5678:9abc:def0:1234:5678"), Pair("src_asn", "64500"),
          Pair("src_geo", "JP"), Pair("severity", "medium"), Pair("public_source", "Yagura"),
          Pair("tag", "internal"), Pair("event_id", "18-1-0"), Pair("count", "1")));
  EXPECT_EQ(report.lines[5].at("src_ip"), "198.51.100.9");
}

TEST(ShadowserverDarknet, CountsWhatIsNotToldByServiceInOneLine) {
  Told crowded = spreading();
  crowded.episode.tool = model::Tool::masscan_2023;
  crowded.episode.packets_elsewhere = 7;
  Told bare = spreading();
  bare.episode.services.clear();
  const Report report = read(shadowserver_darknet_csv(std::vector{crowded, bare}));
  ASSERT_THAT(report.lines, SizeIs(3 + 1));
  EXPECT_EQ(report.lines[2].at("count"), "7");
  EXPECT_EQ(report.lines[2].at("event_id"), "18-other");
  EXPECT_EQ(report.lines[2].count("protocol"), 0u);
  EXPECT_EQ(report.lines[2].at("tag"), "masscan_2023;internal");
  EXPECT_EQ(report.lines[3].at("count"), "3");
}

TEST(ShadowserverDdosTarget, NamesTheVictimAsTheDestination) {
  const std::string csv = shadowserver_ddos_target_csv(all_kinds());
  const Report report = read(csv);
  // The columns in the order of reports.json at 8e06fb91.
  EXPECT_THAT(
      csv, testing::StartsWith(
               "\"timestamp\",\"protocol\",\"dst_ip\",\"dst_port\",\"dst_asn\",\"dst_geo\","
               "\"dst_region\",\"dst_city\",\"dst_hostname\",\"dst_naics\",\"dst_sector\","
               "\"device_vendor\",\"device_type\",\"device_model\",\"severity\",\"src_ip\","
               "\"src_port\",\"src_asn\",\"src_geo\",\"src_region\",\"src_city\",\"src_hostname\","
               "\"src_naics\",\"src_sector\",\"domain_source\",\"public_source\",\"infection\","
               "\"family\",\"tag\",\"application\",\"version\",\"event_id\",\"dst_network\","
               "\"dst_netmask\",\"attack\",\"duration\",\"attack_src_ip\",\"attack_src_port\","
               "\"domain\",\"domain_transaction_id\",\"gcip\",\"http_method\",\"http_path\","
               "\"http_postdata\",\"http_usessl\",\"ip_header_ack\",\"ip_header_acknum\","
               "\"ip_header_dont_fragment\",\"ip_header_fin\",\"ip_header_identity\","
               "\"ip_header_psh\",\"ip_header_rst\",\"ip_header_seqnum\",\"ip_header_syn\","
               "\"ip_header_tos\",\"ip_header_ttl\",\"ip_header_urg\",\"number_of_connections\","
               "\"packet_length\",\"packet_randomized\"\n"
               "\"2026-01-01 12:00:01\",\"tcp\",\"203.0.113.80\",443,,,,,,,,,,,\"high\",,"));
  EXPECT_THAT(report.lines,
              ElementsAre(UnorderedElementsAre(
                  Pair("timestamp", "2026-01-01 12:00:01"), Pair("protocol", "tcp"),
                  Pair("dst_ip", "203.0.113.80"), Pair("dst_port", "443"), Pair("severity", "high"),
                  Pair("public_source", "Yagura"), Pair("tag", "backscatter"),
                  Pair("event_id", "19-6-443"), Pair("duration", "1860"))));
}

TEST(Shadowserver, GivesSpreadsheetsNothingToRun) {
  Told odd = misled();
  odd.country = "=1\",2";
  EXPECT_THAT(shadowserver_darknet_csv(std::vector{odd}), HasSubstr(",64500,\"'=1\"\",2\",,"));
}

TEST(Shadowserver, IsAHeadingAloneWhereThereIsNothingToTell) {
  EXPECT_THAT(read(shadowserver_darknet_csv({})).lines, SizeIs(0));
  EXPECT_THAT(read(shadowserver_darknet_csv({})).columns, SizeIs(32));
  EXPECT_THAT(read(shadowserver_ddos_target_csv({})).lines, SizeIs(0));
  EXPECT_THAT(read(shadowserver_ddos_target_csv({})).columns, SizeIs(60));
}

}  // namespace
}  // namespace yagura::warning
